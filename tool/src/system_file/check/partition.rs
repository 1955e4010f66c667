//! The rules for a partition.

use std::path::Path;

use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, TickPolicy};

use super::address::{PAGE, pages_beside};
use super::health::{changes, idle_keys, time};
use super::shortest::Shortest;
use super::{allowance, building, demand, own_keys, program};
use crate::diagnostics::{Problem, known_names};
use crate::system_file::building::Building;
use crate::system_file::health::Health;
use crate::system_file::keys::{CALLS_MAX, TICKS};
use crate::system_file::model::{OwnKey, Partition};
use crate::system_file::parse::{RawHealth, RawPartition};
use crate::system_file::value::Located;
use crate::target::Processor;
use crate::units::size_text;

/// What a partition is checked against.
pub(super) struct Surroundings<'a> {
    pub(super) processor: Processor,
    pub(super) directory: &'a Path,
    pub(super) shortest: &'a Shortest,
    /// The names of the schedules.
    pub(super) schedules: &'a [&'a str],
    /// The health monitor's table of the module, as the file has it.
    pub(super) module: &'a RawHealth,
    /// What holds for every partition that says nothing else.
    pub(super) health: Health,
    /// What the sources of every partition are built with.
    pub(super) building: Building,
}

/// Checks a partition, its name apart; `None` if it cannot be built.
pub(super) fn partition(
    mut raw: RawPartition,
    surroundings: &Surroundings<'_>,
    own_keys: &mut Vec<OwnKey>,
    problems: &mut Vec<Problem>,
) -> Option<Partition> {
    let Surroundings { processor, directory, shortest, schedules, module, health, building: all } =
        surroundings;
    let command_line = command_line(raw.command_line.as_ref(), problems);
    let tick = choice(raw.tick.as_ref(), "tick", &TICKS, problems)
        .map_or(TickPolicy::CatchUp, |number| [TickPolicy::CatchUp, TickPolicy::Skip][number]);
    let memory = raw.memory.as_ref().and_then(|memory| checked_memory(memory, *processor, problems));
    let allow_silent = allowance::allowances(std::mem::take(&mut raw.allow_silent), problems);
    let demand = demand::demand(&raw, shortest, problems);
    let limit = |given: Option<&Located<u64>>, what: &str, problems: &mut Vec<Problem>| {
        given.and_then(|given| time(given, what, problems)).unwrap_or_default()
    };
    let watchdog = limit(raw.watchdog.as_ref(), "a watchdog", problems);
    let max_lateness = limit(raw.max_lateness.as_ref(), "a lateness", problems);
    let max_calls = raw.max_calls.as_ref().map_or(0, |calls| checked_calls(calls, problems));
    let changes = changes(&raw.health, schedules, problems);
    own_keys.extend(own_keys::of_partition(&raw, &changes));
    idle_keys(&raw, module, problems);
    let own = building::building(&raw.building, *processor, directory, problems);
    let program = program::program(&raw, *processor, memory, &allow_silent, directory, problems);
    let (program, program_place) = program?;
    let name = raw.name?;
    Some(Partition {
        name_place: name.place,
        name: name.value,
        memory: memory?,
        program,
        building: all.with(own),
        command_line,
        tick,
        system: raw.system.is_some_and(|given| given.value),
        background: raw.background.is_some_and(|given| given.value),
        executable_heap: raw.executable_heap.is_some_and(|given| given.value),
        watchdog,
        max_lateness,
        max_calls,
        demand,
        health: health.clone().with(&changes),
        allow_silent,
        memory_place: raw.memory?.place,
        program_place,
    })
}

/// Complains about every partition but one that is to have the time that nobody uses.
pub(super) fn one_background(partitions: &[RawPartition], problems: &mut Vec<Problem>) {
    let mut given = partitions.iter().filter_map(|raw| raw.background.as_ref()).filter(|given| given.value);
    let Some(first) = given.next() else { return };
    problems.extend(given.map(|given| {
        Problem::new(given.place.clone(), "more than one partition is to have the time that nobody uses")
            .related(first.place.clone(), "the first is here")
            .help("leave it out, or there: one partition of a system can have background = true")
    }));
}

fn checked_calls(given: &Located<i64>, problems: &mut Vec<Problem>) -> u32 {
    let calls = u32::try_from(given.value).ok().filter(|calls| (1..=CALLS_MAX).contains(calls));
    if calls.is_none() {
        let text = format!("a limit of {} calls cannot be kept", given.value);
        problems.push(Problem::new(given.place.clone(), text).help(format!("write 1 to {CALLS_MAX}")));
    }
    calls.unwrap_or_default()
}

fn checked_memory(memory: &Located<u64>, processor: Processor, problems: &mut Vec<Problem>) -> Option<u64> {
    let size = memory.value;
    let most = processor.board().partition_memory_max;
    let (message, help) = if size < PAGE {
        (
            format!("a partition cannot have {} of memory", size_text(size)),
            format!("give it {} or more", size_text(PAGE)),
        )
    } else if size > most {
        (
            format!("a partition cannot have {} of memory", size_text(size)),
            format!("give it {} or less", size_text(most)),
        )
    } else if !size.is_multiple_of(PAGE) {
        (
            format!("a partition's memory is whole pages of 4 KiB, which {} is not", size_text(size)),
            pages_beside(size),
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
