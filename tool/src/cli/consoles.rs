//! `bulkhead run --console`: where partitions' consoles are, and who gets what is typed.

use std::io::{self, IsTerminal as _};

use crate::error::{Error, Message, Result};
use crate::run::{ConsolePlace, Consoles, Input, Place, RunOptions, Terminal};
use crate::system_file::System;

use super::arguments::RunArguments;
use super::output_file::OutputFile;
use super::reporter::Reporter;
use super::unknown_partition;

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
    let number = |console: &ConsolePlace| {
        let name = &console.name;
        let unknown = || unknown_partition(format!("--console names no partition: `{name}`"), name, system);
        system.partition_number(name).ok_or_else(unknown)
    };
    // All of them before the first place is made: who has misspelt one loses no file for it.
    let partitions: Vec<usize> = arguments.console.iter().map(number).collect::<Result<_>>()?;
    let mut consoles = Consoles::default();
    for (partition, ConsolePlace { name, place }) in partitions.into_iter().zip(&arguments.console) {
        match place {
            Place::Output => consoles.show(partition),
            Place::File(path) => {
                consoles.add_file(partition, path.clone(), OutputFile::create(path)?.into_file());
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
    // Where idling takes no time nobody types, and every run is the same.
    if (options.realtime || arguments.record.is_some()) && io::stdin().is_terminal() {
        let names = system.partitions.iter().map(|partition| partition.name.clone());
        options.input = Input::Keys(names.collect());
    }
    options.consoles = consoles;
    Ok(())
}

/// The failure to write a console's file, if one could not be written.
pub(super) fn failure(consoles: &Consoles) -> Result<()> {
    let failed = consoles.failure();
    failed.map_or(Ok(()), |(path, error)| Err(crate::files::cannot("written", path, &error)))
}
