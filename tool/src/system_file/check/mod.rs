//! The rules that a system file must keep, once its shape is right.

mod address;
mod allowance;
mod building;
mod channel;
mod demand;
mod device;
mod flags;
mod function;
mod health;
mod interrupt;
pub(super) mod name;
mod own_keys;
mod partition;
mod port;
mod program;
mod region;
mod registers;
mod schedules;
mod shortest;
mod windows;

use std::ops::Range;
use std::path::Path;

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{HealthError, Response};

use self::address::Spaces;
use self::shortest::Shortest;
use super::Purpose;
use super::channel::BUFFERS_ALIGNMENT;
use super::device::DISK_CONTROLLER;
use super::health::Health;
use super::limits::{
    INSTRUCTION_TIME_MAX, INSTRUCTION_TIME_MIN, LEON3_CLOCK_MAX, LEON3_CLOCK_MIN, MACHINE_MEMORY_DEFAULT,
    MACHINE_MEMORY_MIN, MACHINE_MEMORY_UNIT, MAJOR_FRAME_MAX,
};
use super::model::System;
use super::parse::{Raw, RawSystem};
use super::region::mapped;
use super::value::Located;
use crate::diagnostics::{Problem, Report, SourceText, known_names};
use crate::target::Processor;
use crate::units::{duration_text, size_rounded, size_text};

/// Checks every rule and makes the system out of the file.
pub(super) fn check(
    mut raw: Raw,
    source: SourceText,
    directory: &Path,
    chosen: Option<Processor>,
    purpose: Purpose,
) -> Result<System, Report> {
    let mut problems = std::mem::take(&mut raw.problems);
    presence(&raw, purpose, &mut problems);
    let names = name::names(&raw.partitions, &mut problems);
    partition::one_background(&raw.partitions, &mut problems);
    let name = system_name(&raw.system, directory, &mut problems);
    let named = processor(&raw.system, &mut problems);
    let processor = chosen.unwrap_or(named);
    let memory = machine_memory(&raw.system, processor, &mut problems);
    let leon3_clock = leon3_clock(&raw.system, &mut problems);
    let instruction_time = instruction_time(&raw.system, &mut problems);
    let shortest = Shortest::new(processor, leon3_clock, instruction_time);
    let console_input = console_input(&raw.system, &names, &mut problems);
    let (schedules, initial_schedule) = match purpose {
        Purpose::Run => schedules::schedules(&raw, &names, &shortest, &mut problems),
        Purpose::Propose => (vec![schedules::to_be_proposed(&raw, &names, &shortest, &mut problems)], 0),
    };
    let schedule_names: Vec<&str> =
        raw.schedules.iter().map(|it| it.name.as_ref().map_or("", |it| &it.value)).collect();
    let module = health::changes(&raw.health, &schedule_names, &mut problems);
    health::idle_keys_of_module(&raw.health, &mut problems);
    let device = module.responses.iter().find(|(error, _)| *error == HealthError::Device);
    let device_error = device.map_or(Response::standard(HealthError::Device), |(_, response)| *response);
    let channels = channel::channels(std::mem::take(&mut raw.channels), &names, &mut problems);
    let memories =
        raw.partitions.iter().map(|partition| partition.memory.as_ref().map(|memory| memory.value));
    let mut seen = region::Seen::new(&names, Spaces::new(processor, memories.collect()));
    let regions = region::regions(std::mem::take(&mut raw.regions), &mut seen, &mut problems);
    let mut machine = device::Machine::new(processor, memory, seen);
    let left_out = device::left_out(&raw.devices, processor);
    let devices = device::devices(std::mem::take(&mut raw.devices), &mut machine, &mut problems);
    let mut partitions = Vec::new();
    if let Some(extra) = raw.partitions.get(PARTITIONS_MAX) {
        problems.push(
            Problem::new(extra.place.clone(), format!("{} partitions are too many", raw.partitions.len()))
                .help(format!("a system can have {PARTITIONS_MAX}")),
        );
        raw.partitions.clear();
    }
    let mut own_keys = own_keys::of_health(&raw.health, &module);
    let surroundings = partition::Surroundings {
        processor,
        directory,
        shortest: &shortest,
        schedules: &schedule_names,
        module: &raw.health,
        health: Health::default().with(&module),
        building: building::building(&raw.building, processor, directory, &mut problems),
    };
    for partition in raw.partitions {
        partitions.push(partition::partition(partition, &surroundings, &mut own_keys, &mut problems));
    }
    if let Some(schedule) = schedules.get(initial_schedule).filter(|schedule| !schedule.windows.is_empty()) {
        demand::fulfilled(&partitions, schedule, &mut problems);
    }
    let mut memory_place = raw.system.memory.map_or(0..0, |memory| memory.place);
    if let Some(memory) = memory {
        let mut sum = Sum::new(processor, memory);
        for (number, partition) in partitions.iter().enumerate() {
            let Some(partition) = partition else { continue };
            let mapped =
                mapped((&regions, &devices), number, partition.memory, processor.board().partition_memory);
            let tables = (processor.board().tables_size)(mapped);
            let memory = partition.memory.saturating_add(tables);
            sum.add(memory, partition.memory_place.clone(), "partition", &mut problems);
        }
        for channel in &channels {
            let memory = channel.memory().next_multiple_of(BUFFERS_ALIGNMENT);
            sum.add(memory, channel.message_size_place.clone(), "channel", &mut problems);
        }
        for region in &regions {
            sum.add(region.size, region.size_place.clone(), "region", &mut problems);
        }
    }
    if !raw.system.memory_given {
        memory_place =
            partitions.first().and_then(Option::as_ref).map_or(0..0, |first| first.memory_place.clone());
    }
    let parts = partitions.into_iter().collect::<Option<Vec<_>>>();
    match (problems.is_empty() && initial_schedule < schedules.len(), memory, parts) {
        (true, Some(memory), Some(partitions)) => Ok(System {
            name,
            processor,
            memory,
            own_keys,
            shortest_window: shortest.duration,
            console_input_place: raw.system.console_input.map_or(0..0, |name| name.place),
            leon3_clock,
            console_input,
            partitions,
            schedules,
            initial_schedule,
            device_error,
            channels,
            regions,
            owns_disk_controller: devices.iter().any(|device| device.has_function(DISK_CONTROLLER)),
            devices,
            left_out,
            directory: directory.to_owned(),
            source,
            memory_place,
        }),
        _ => Err(Report::new(source, problems)),
    }
}

fn presence(raw: &Raw, purpose: Purpose, problems: &mut Vec<Problem>) {
    if !raw.has_partitions {
        problems.push(
            Problem::new(0..0, "the system has no partitions")
                .help("add a [[partition]] with name, memory and sources or image"),
        );
    }
    if !raw.has_windows && !raw.has_schedules && purpose == Purpose::Run {
        let demands = raw.partitions.iter().any(|partition| partition.period.is_some());
        problems.push(Problem::new(0..0, "the system has no windows").help(if demands {
            "`bulkhead schedule` proposes windows that fulfil period and budget of each partition"
        } else {
            "add a [[window]] with partition, start and duration for every time that a partition is to run"
        }));
    }
}

fn system_name(raw: &RawSystem, directory: &Path, problems: &mut Vec<Problem>) -> String {
    if let Some(name) = &raw.name {
        if let Some(problem) = name::name_problem(name, "system") {
            problems.push(problem);
        }
        return name.value.clone();
    }
    // The folder may be given as `.` or not at all: its name is what the file system calls it.
    let given = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let folder = given.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let folder = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(problem) = name::folder_problem(&folder, raw.place.clone()) {
        problems.push(problem);
    }
    folder
}

fn processor(raw: &RawSystem, problems: &mut Vec<Problem>) -> Processor {
    let Some(name) = &raw.processor else { return Processor::X86_64 };
    Processor::from_name(&name.value).unwrap_or_else(|| {
        problems.push(
            Problem::new(name.place.clone(), format!("unknown processor `{}`", name.value))
                .help(known_names(&name.value, "processors", &Processor::NAMES)),
        );
        Processor::X86_64
    })
}

fn machine_memory(raw: &RawSystem, processor: Processor, problems: &mut Vec<Problem>) -> Option<u64> {
    let Some(memory) = &raw.memory else {
        return (!raw.memory_given).then_some(MACHINE_MEMORY_DEFAULT);
    };
    let size = memory.value;
    let most = processor.board().memory_max;
    if (MACHINE_MEMORY_MIN..=most).contains(&size) && size.is_multiple_of(MACHINE_MEMORY_UNIT) {
        return Some(size);
    }
    let board = if processor == Processor::X86_64 { "a machine" } else { "a LEON3 machine" };
    let wrong = format!("{board} cannot have {} of memory", size_text(size));
    problems.push(Problem::new(memory.place.clone(), wrong).help(format!(
        "write a multiple of 1 MiB from {} to {}",
        size_text(MACHINE_MEMORY_MIN),
        size_text(most)
    )));
    None
}

fn leon3_clock(raw: &RawSystem, problems: &mut Vec<Problem>) -> u32 {
    let Some(clock) = &raw.leon3_clock else { return 0 };
    match u32::try_from(clock.value) {
        Ok(hertz) if (LEON3_CLOCK_MIN..=LEON3_CLOCK_MAX).contains(&hertz) => hertz,
        _ => {
            let (least, most) = (LEON3_CLOCK_MIN / 1_000_000, LEON3_CLOCK_MAX / 1_000_000);
            problems.push(
                Problem::new(
                    clock.place.clone(),
                    format!("a board cannot have a clock of {} Hz", clock.value),
                )
                .help(format!("write a frequency from {least} MHz to {most} MHz")),
            );
            0
        }
    }
}

fn instruction_time(raw: &RawSystem, problems: &mut Vec<Problem>) -> Option<u64> {
    let time = raw.instruction_time.as_ref()?;
    if shortest::is_instruction_time(time.value) {
        return Some(time.value);
    }
    let wrong = format!("an instruction cannot take {}", duration_text(time.value));
    problems.push(Problem::new(time.place.clone(), wrong).help(format!(
        "write what the kernel's instructions take on average, from {} to {}",
        duration_text(INSTRUCTION_TIME_MIN),
        duration_text(INSTRUCTION_TIME_MAX)
    )));
    None
}

fn major_frame(
    raw: Option<&Located<u64>>,
    shortest: &Shortest,
    problems: &mut Vec<Problem>,
) -> Option<Located<u64>> {
    let frame = raw?.clone();
    let wrong = match frame.value {
        0 => "the major frame has no length".to_owned(),
        length if length < shortest.duration => {
            format!("the major frame is too short: {}", duration_text(length))
        }
        length if length > MAJOR_FRAME_MAX => {
            format!("the major frame is too long: {}", duration_text(length))
        }
        _ => return Some(frame),
    };
    problems.push(Problem::new(frame.place, wrong).help(format!(
        "write a duration from {} to {}",
        duration_text(shortest.duration),
        duration_text(MAJOR_FRAME_MAX)
    )));
    None
}

fn console_input(raw: &RawSystem, names: &[&str], problems: &mut Vec<Problem>) -> Option<usize> {
    let wanted = raw.console_input.as_ref()?;
    let number = names.iter().position(|name| *name == wanted.value);
    if number.is_none() {
        problems.push(
            Problem::new(
                wanted.place.clone(),
                format!("console-input names no partition: `{}`", wanted.value),
            )
            .help(known_names(&wanted.value, "partitions", names)),
        );
    }
    number
}

/// Adds up what partitions take of the machine's memory.
struct Sum {
    processor: Processor,
    machine: u64,
    used: u64,
    told: bool,
}

impl Sum {
    const fn new(processor: Processor, machine: u64) -> Self {
        let board = processor.board();
        Self { processor, machine, used: board.table - board.memory_start, told: false }
    }

    fn add(&mut self, memory: u64, place: Range<usize>, noun: &str, problems: &mut Vec<Problem>) {
        let board = self.processor.board();
        self.used = self.used.saturating_add(memory);
        if self.used > self.machine && !self.told {
            self.told = true;
            problems.push(
                Problem::new(
                    place,
                    format!(
                        "up to this {noun} the system takes {} of memory, but the machine has {}",
                        size_rounded(self.used),
                        size_text(self.machine)
                    ),
                )
                .help(format!(
                    "give {noun}s less, or the machine more (memory in [system]); kernel and table take the first {}",
                    size_text(board.table - board.memory_start)
                )),
            );
        }
    }
}
