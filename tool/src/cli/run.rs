//! `bulkhead run`.

use std::io::{self, Write};

use crate::build::{self, Options};
use crate::error::{Error, Message, Result};
use crate::run::{ConsolePrinter, Expectation, Finished, Input, RunOptions, Session, summary};
use crate::system_file::System;
use crate::terminal::Look;

use super::arguments::RunArguments;
use super::progress::TerminalProgress;
use super::warn;

/// Exit status when a partition did not end as expected.
const UNEXPECTED: u8 = 4;

/// Builds and runs a system; returns the exit status.
pub(super) fn run(arguments: RunArguments) -> Result<u8> {
    let host = arguments.target.host;
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    known(&arguments.expect, &system)?;
    for warning in host.check(&system)? {
        warn(&warning);
    }
    host.can_be_run()?;
    let mut progress = TerminalProgress::new();
    let options = Options {
        colour: Look::of(&io::stderr()).colour,
        host,
        kit: arguments.kit.selection(),
        ..Options::default()
    };
    let built = build::build_system(system, &options, &mut progress)?;
    progress.finish();

    let session = Session::new();
    let interrupter = session.interrupter();
    // Fails only if there is a handler already, and then that one decides.
    let _ = ctrlc::set_handler(move || interrupter.interrupt());
    let options = RunOptions {
        time_limit: arguments.time_limit,
        realtime: arguments.realtime,
        timeout: arguments.timeout,
        qemu_arguments: arguments.qemu_arguments,
        input: if built.system.console_input.is_some() { Input::Standard } else { Input::None },
    };
    let look = Look::of(&io::stdout());
    let mut printer = ConsolePrinter::new(io::stdout(), look, &built.system, arguments.verbose);
    let finished = session.run(&built, &options, &mut printer)?;
    let _ = io::stdout().write_all(summary(&built.system, &finished, look).as_bytes());
    Ok(status(&arguments.expect, &finished))
}

/// Complains about a partition that is expected to end and does not exist.
fn known(expectations: &[Expectation], system: &System) -> Result<()> {
    for expectation in expectations {
        if system.partition_number(&expectation.partition).is_none() {
            let names: Vec<&str> =
                system.partitions.iter().map(|partition| partition.name.as_str()).collect();
            let text = format!("--expect names no partition: `{}`", expectation.partition);
            let help = crate::diagnostics::known_names(&expectation.partition, "partitions", &names);
            return Err(Error::Usage(Message::new(text).help(help)));
        }
    }
    Ok(())
}

/// The exit status: that of the ending, unless the user has said what to expect.
fn status(expectations: &[Expectation], finished: &Finished) -> u8 {
    let natural = finished.ending.exit_status();
    if expectations.is_empty() || !finished.ending.is_orderly() {
        return natural;
    }
    let differences: Vec<String> =
        expectations.iter().filter_map(|expectation| expectation.difference(&finished.facts)).collect();
    for difference in &differences {
        let _ = writeln!(io::stderr(), "error: {difference}");
    }
    if differences.is_empty() { 0 } else { UNEXPECTED }
}
