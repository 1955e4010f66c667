//! The command line: what is asked, and how results and failures are shown.

mod arguments;
mod colour;
mod kit;
mod progress;
mod run;
mod signals;
mod test_rtems;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::build::{self, Options};
use crate::error::{Error, Message, Result};
use crate::host::Host;
use crate::kit::Kit;
use crate::memory_map;
use crate::new_system;
use crate::system_file::Program;
use crate::terminal::Look;
use crate::units::{duration_text, size_text};
use arguments::{Arguments, BuildArguments, CheckArguments, Command};
use progress::TerminalProgress;

/// Exit status of wrong usage (`sysexits.h`, `EX_USAGE`).
const USAGE: u8 = 64;

/// Does what the command line asks; returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    colour::asked().choose();
    let status = match Arguments::try_parse() {
        Ok(arguments) => execute(arguments.command),
        Err(error) => return usage(&error),
    };
    status.unwrap_or_else(|error| failed(&error))
}

/// Shows what is wrong with the command line, or the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    match error.print().and_then(|()| io::stdout().flush()) {
        Err(failure) if asked => failed(&Error::output(&failure)),
        _ => ExitCode::from(if asked { 0 } else { USAGE }),
    }
}

/// Shows a failure; the exit status that stands for it.
fn failed(error: &Error) -> ExitCode {
    show(error);
    ExitCode::from(error.exit_status())
}

fn execute(command: Command) -> Result<ExitCode> {
    match command {
        Command::Check(arguments) => check(&arguments),
        Command::Build(BuildArguments { target, file, output, kit }) => {
            let colour = Look::of(&io::stderr()).colour;
            let host = target.host;
            let options = Options { output, colour, host, kit: kit.selection(), ..Options::default() };
            let system = build::check_for(target.processor, &file)?;
            for warning in host.check(&system)? {
                warn(&warning);
            }
            let mut progress = TerminalProgress::new();
            if host != Host::Bulkhead {
                let built = build::build_for_host(system, &options, &mut progress)?;
                progress.finish();
                print(&memory_map::hosted(&built, Look::of(&io::stdout())))?;
                return Ok(ExitCode::SUCCESS);
            }
            let built = build::build_system(system, &options, &mut progress)?;
            progress.finish();
            print(&memory_map::report(&built, Look::of(&io::stdout())))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(arguments) => run::run(arguments).map(ExitCode::from),
        Command::Kit { command } => kit::kit(command).map(ExitCode::from),
        Command::TestRtems(arguments) => test_rtems::test_rtems(arguments).map(ExitCode::from),
        Command::Audit(arguments) => Ok(bulkhead_audit::run(&arguments)),
        Command::New { directory } => {
            print(&new_system::write(&directory)?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(arguments: &CheckArguments) -> Result<ExitCode> {
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    for warning in arguments.target.host.check(&system)? {
        warn(&warning);
    }
    let compiles = system.partitions.iter().any(|partition| matches!(partition.program, Program::Sources(_)));
    if let Some(selection) = arguments.kit.selection().filter(|_| compiles) {
        Kit::find_for(system.processor, &selection)?.usable()?;
    }
    let partitions = system.partitions.len();
    print(&format!(
        "{}: no problems: {} partition{} in {} of memory, major frame {}\n{}",
        system.name,
        partitions,
        if partitions == 1 { "" } else { "s" },
        size_text(system.memory),
        duration_text(system.major_frame),
        memory_map::schedule(&system, Look::of(&io::stdout()))
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to the standard output.
///
/// # Errors
/// If it cannot be written, or its reader has gone.
fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| Error::output(&error))
}

/// Shows on the standard error what the user is to know.
fn warn(message: &Message) {
    let text = message.to_string().replacen("error:", "warning:", 1);
    let _ = writeln!(io::stderr(), "{text}");
}

/// Shows a failure on the standard error.
fn show(error: &Error) {
    let fancy = Look::of(&io::stderr()).colour;
    let text = match error {
        // There is nobody to show it to, and nothing is wrong.
        Error::ReaderGone => return,
        Error::SystemFile(report) if fancy => report.fancy(),
        other => format!("{}\n", other.to_string().trim_end()),
    };
    let _ = io::stderr().write_all(text.as_bytes());
}
