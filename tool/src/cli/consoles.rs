//! `bulkhead run --console`: where partitions' consoles are, and who gets what is typed.

use std::io::{self, IsTerminal as _};

use crate::error::{Error, Message, Result};
use crate::host::Host;
use crate::run::{ConsolePlace, Consoles, Input, Place, RunOptions, Terminal};
use crate::system_file::System;

use super::arguments::RunArguments;
use super::output_file::{OutputFile, are_one, refuse_inputs};
use super::reporter::Reporter;

/// Opens the places that are asked for, and says how to reach them.
///
/// # Errors
/// If there is no such partition, or a place cannot be had.
pub(super) fn open(
    arguments: &RunArguments,
    system: &System,
    options: &mut RunOptions,
    reporter: &mut Reporter,
) -> Result<()> {
    if arguments.target.host != Host::Bulkhead {
        return match arguments.console.first() {
            None => Ok(()),
            Some(console) => Err(Error::Usage(
                Message::new(format!("--console {}=... is for our own kernel", console.name))
                    .help("leave it out, or take --host bulkhead"),
            )),
        };
    }
    let mut consoles = Consoles::default();
    for (number, ConsolePlace { name, place }) in arguments.console.iter().enumerate() {
        let partition = system.partition_number(name).ok_or_else(|| unknown(name, system))?;
        match place {
            Place::Output => consoles.show(partition),
            Place::File(path) => {
                refuse_inputs("--console", path, &arguments.file, arguments.target.processor)?;
                let before =
                    arguments.console.iter().take(number).filter_map(|console| match &console.place {
                        Place::File(path) => Some(path.as_path()),
                        _ => None,
                    });
                let reports = arguments.junit.as_deref().into_iter().chain(arguments.transcript.as_deref());
                if before.chain(reports).any(|other| are_one(other, path)) {
                    let text = format!("{} is to be two things", path.display());
                    return Err(Error::Usage(Message::new(text).help("name a file for each")));
                }
                consoles.add_file(partition, OutputFile::create(path)?.into_file());
            }
            Place::Terminal => {
                let terminal = Terminal::open().map_err(|error| {
                    Error::Environment(Message::new(format!("there is no pseudo-terminal: {error}")))
                })?;
                reporter.tell(&format!("the console of {name} is {}", terminal.path))?;
                consoles.add_terminal(partition, terminal);
            }
        }
    }
    options.input_to = system.console_input;
    // Where instructions are counted nobody types, and every run is the same.
    let has_keys = options.realtime && io::stdin().is_terminal();
    if has_keys {
        let names = system.partitions.iter().map(|partition| partition.name.clone());
        options.input = Input::Keys(names.collect());
    }
    options.choose_input = has_keys || consoles.have_input();
    options.consoles = consoles;
    Ok(())
}

fn unknown(name: &str, system: &System) -> Error {
    let names: Vec<&str> = system.partitions.iter().map(|partition| partition.name.as_str()).collect();
    let text = format!("--console names no partition: `{name}`");
    let help = crate::diagnostics::known_names(name, "partitions", &names);
    Error::Usage(Message::new(text).help(help))
}

/// The failure to write a console's file, if one could not be written.
pub(super) fn failure(arguments: &RunArguments, system: &System, consoles: &Consoles) -> Result<()> {
    let Some((partition, error)) = consoles.failure() else { return Ok(()) };
    let name = system.partition_name(partition);
    let path = arguments.console.iter().find_map(|console| match &console.place {
        Place::File(path) if console.name == name => Some(path),
        _ => None,
    });
    path.map_or(Ok(()), |path| Err(crate::files::cannot("written", path, &error)))
}
