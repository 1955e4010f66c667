//! The `bulkhead audit` command by itself: `cargo run --example audit -- libfoo.a`.

use bulkhead_audit::AuditArguments;
use clap::Parser;
use std::process::ExitCode;

/// Reads programs for the instructions that need privilege.
#[derive(Parser)]
#[command(name = "audit")]
struct Command {
    #[command(flatten)]
    arguments: AuditArguments,
}

fn main() -> ExitCode {
    bulkhead_audit::run(&Command::parse().arguments)
}
