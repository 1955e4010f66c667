//! The rules for a partition.

use std::path::Path;

use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, PAGE_SIZE, TickPolicy};

use super::{allowance, program};
use crate::diagnostics::{Problem, known_names};
use crate::system_file::keys::{FAULT_ACTIONS, TICKS};
use crate::system_file::model::Partition;
use crate::system_file::parse::RawPartition;
use crate::system_file::value::Located;
use crate::target::Processor;
use crate::units::size_text;

/// Checks a partition, its name apart; `None` if it cannot be built.
pub(super) fn partition(
    mut raw: RawPartition,
    processor: Processor,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Partition> {
    let command_line = command_line(raw.command_line.as_ref(), problems);
    let tick = choice(raw.tick.as_ref(), "tick", &TICKS, problems)
        .map_or(TickPolicy::CatchUp, |number| [TickPolicy::CatchUp, TickPolicy::Skip][number]);
    choice(raw.on_fault.as_ref(), "on-fault", &FAULT_ACTIONS, problems);
    let memory = raw.memory.as_ref().and_then(|memory| checked_memory(memory, processor, problems));
    let allow_silent = allowance::allowances(std::mem::take(&mut raw.allow_silent), problems);
    let program = program::program(&raw, processor, memory, &allow_silent, directory, problems);
    let (program, program_place) = program?;
    let name = raw.name?;
    Some(Partition {
        name_place: name.place,
        name: name.value,
        memory: memory?,
        program,
        command_line,
        tick,
        allow_silent,
        memory_place: raw.memory?.place,
        program_place,
    })
}

fn checked_memory(memory: &Located<u64>, processor: Processor, problems: &mut Vec<Problem>) -> Option<u64> {
    let size = memory.value;
    let page = PAGE_SIZE as u64;
    let most = processor.board().partition_memory_max;
    let (message, help) = if size < page {
        (
            format!("a partition cannot have {} of memory", size_text(size)),
            format!("give it {} or more", size_text(page)),
        )
    } else if size > most {
        (
            format!("a partition cannot have {} of memory", size_text(size)),
            format!("give it {} or less", size_text(most)),
        )
    } else if !size.is_multiple_of(page) {
        let (below, above) = (size / page * page, size.next_multiple_of(page));
        (
            format!("a partition's memory is whole pages of 4 KiB, which {} is not", size_text(size)),
            format!("write \"{}\" or \"{}\"", size_text(below), size_text(above)),
        )
    } else {
        return Some(size);
    };
    problems.push(Problem::new(memory.place.clone(), message).help(help));
    None
}

fn command_line(given: Option<&Located<String>>, problems: &mut Vec<Problem>) -> String {
    let Some(line) = given else { return String::new() };
    if line.value.contains('\0') {
        problems.push(
            Problem::new(line.place.clone(), "the command line has a NUL character")
                .help("a partition reads its command line up to the first NUL: leave it out"),
        );
    }
    if line.value.len() > COMMAND_LINE_LENGTH_MAX {
        problems.push(
            Problem::new(line.place.clone(), format!("the command line is {} bytes long", line.value.len()))
                .help(format!("it can have {COMMAND_LINE_LENGTH_MAX}")),
        );
    }
    line.value.clone()
}

/// The number of a value that must be one of a few.
pub(super) fn choice(
    given: Option<&Located<String>>,
    key: &str,
    known: &[&str],
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let given = given?;
    let number = known.iter().position(|known| *known == given.value);
    if number.is_none() {
        problems.push(
            Problem::new(given.place.clone(), format!("unknown value `{}` of {key}", given.value))
                .help(known_names(&given.value, "values", known)),
        );
    }
    number
}
