//! Prints what things cost: `make bench`, `make bench ARCH=sparc`.

use std::process::ExitCode;

use bulkhead_tests::costs::{Cost, Table, measure};
use bulkhead_tool::system_file::Processor;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_else(|| Processor::X86_64.name().to_owned());
    let processor = if name == "sparc" { Some(Processor::Leon3) } else { Processor::from_name(&name) };
    let Some(processor) = processor else {
        eprintln!(
            "bench: there is no processor {name:?}: x86_64 or leon3 (also called sparc) would be right"
        );
        return ExitCode::from(64);
    };
    let costs = measure(processor);
    print!("{}", Table(&costs));
    if costs.iter().all(Cost::is_within) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
