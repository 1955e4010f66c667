//! Reads a system out of the bootable file that it was built into.

use std::path::{Path, PathBuf};

use bulkhead_abi::system_table::{
    Channel as ChannelEntry, Header, Image as ImageEntry, MAGIC, Mapping as MappingEntry, PARTITIONS_MAX,
    Partition as PartitionEntry, Port as PortEntry, RESOURCES_MAX, RIGHT_BACKGROUND, RIGHT_EXECUTABLE_HEAP,
    RIGHT_SYSTEM, Region as RegionEntry, Resource as ResourceEntry, SCHEDULES_MAX, Schedule as ScheduleEntry,
    VERSION, Window as WindowEntry,
};
use bulkhead_abi::{ChangeAction, ResourceKind, Response, TickPolicy};
use object::elf::PT_LOAD;

use crate::diagnostics::SourceText;
use crate::elf::Elf;
use crate::image::{BASE, Image, Sizes};
use crate::pack;
use crate::system_file::building::Building;
use crate::system_file::device::DISK_CONTROLLER;
use crate::system_file::health::Health;
use crate::system_file::schedule::Schedule;
use crate::system_file::{MACHINE_MEMORY_DEFAULT, Partition, Program, System, Window, is_name};
use crate::target::Processor;

/// Bytes that a machine's memory is counted in.
const MEMORY_UNIT: u64 = 1 << 20;

/// The system that is in a file: what its system table says. The machine's memory is not in there; it is the usual, or
/// more if the partitions need more.
///
/// # Errors
/// Why there is none in it, to follow "it is not a system that can be run".
pub(crate) fn system(path: &Path, file: &[u8]) -> Result<System, String> {
    let elf = Elf::read(file).map_err(|_| "it is a damaged ELF file".to_owned())?;
    let processor = [Processor::X86_64, Processor::Leon3]
        .into_iter()
        .find(|&processor| pack::is_kernel(processor, &elf))
        .ok_or("it is not for a processor that our kernel runs on")?;
    let board = processor.board();
    let mut loaded = elf.segments.iter().filter(|segment| segment.kind == PT_LOAD);
    let table =
        loaded.find(|segment| segment.physical == board.table).and_then(|segment| segment.bytes(file));
    let table = table.ok_or("it has no system table")?;
    read(path, processor, table)
        .ok_or_else(|| "its system table is damaged, or of another version".to_owned())
}

fn read(path: &Path, processor: Processor, table: &[u8]) -> Option<System> {
    let board = processor.board();
    let header = Header::decode(table, 0, board.order)?;
    if (header.magic, header.version) != (MAGIC, VERSION) {
        return None;
    }
    // As the kernel has it: each partition has its image's bytes.
    let most = [PARTITIONS_MAX, PARTITIONS_MAX, SCHEDULES_MAX];
    let counts = [header.images, header.partitions, header.schedules];
    if counts.iter().zip(most).any(|(count, most)| *count as usize > most) {
        return None;
    }
    let mut offset = Header::SIZE;
    let mut next = |size: usize| {
        let start = offset;
        offset += size;
        start
    };
    let images: Vec<ImageEntry> = (0..header.images)
        .map(|_| ImageEntry::decode(table, next(ImageEntry::SIZE), board.order))
        .collect::<Option<_>>()?;
    let partitions: Vec<Partition> = (0..header.partitions)
        .map(|_| {
            let entry = PartitionEntry::decode(table, next(PartitionEntry::SIZE), board.order)?;
            partition(path, &entry, images.get(entry.image as usize)?, table, board.table)
        })
        .collect::<Option<_>>()?;
    let entries: Vec<ScheduleEntry> = (0..header.schedules)
        .map(|_| ScheduleEntry::decode(table, next(ScheduleEntry::SIZE), board.order))
        .collect::<Option<_>>()?;
    let mut schedules = Vec::new();
    for entry in &entries {
        let windows: Vec<Window> = (0..entry.windows)
            .map(|_| {
                let entry = WindowEntry::decode(table, next(WindowEntry::SIZE), board.order)?;
                let partition = usize::try_from(entry.partition).ok()?;
                let window = Window { partition, start: entry.start, duration: entry.duration };
                (partition < partitions.len()).then_some(window)
            })
            .collect::<Option<_>>()?;
        schedules.push(schedule(entry, windows, partitions.len())?);
    }
    let initial_schedule = usize::try_from(header.initial_schedule).ok()?;
    schedules.get(initial_schedule)?;
    let between = [
        header.channels as usize * ChannelEntry::SIZE,
        header.ports as usize * PortEntry::SIZE,
        header.regions as usize * RegionEntry::SIZE,
        header.mappings as usize * MappingEntry::SIZE,
    ];
    between.into_iter().for_each(|size| _ = next(size));
    if header.resources as usize > RESOURCES_MAX {
        return None;
    }
    let resources: Vec<ResourceEntry> = (0..header.resources)
        .map(|_| ResourceEntry::decode(table, next(ResourceEntry::SIZE), board.order))
        .collect::<Option<_>>()?;
    let is_disk_controller = |resource: &ResourceEntry| {
        resource.kind == ResourceKind::Function as u32 && resource.physical == u64::from(DISK_CONTROLLER)
    };
    let needed = header.memory_end.checked_sub(board.memory_start)?.checked_next_multiple_of(MEMORY_UNIT)?;
    let console_input = usize::try_from(header.console_input).ok();
    Some(System {
        name: name(path, processor),
        processor,
        memory: needed.max(MACHINE_MEMORY_DEFAULT),
        leon3_clock: header.clock,
        console_input: console_input.filter(|&number| number < partitions.len()),
        partitions,
        schedules,
        initial_schedule,
        device_error: Response::decode(header.device_error)?,
        // Whoever runs a built file need not know how its partitions talk, and what they own.
        channels: Vec::new(),
        regions: Vec::new(),
        devices: Vec::new(),
        // But what machine they need.
        owns_disk_controller: resources.iter().any(is_disk_controller),
        left_out: Vec::new(),
        directory: directory(path),
        source: SourceText { name: path.display().to_string(), text: String::new() },
        memory_place: 0..0,
        console_input_place: 0..0,
        own_keys: Vec::new(),
        shortest_window: 0,
    })
}

fn schedule(entry: &ScheduleEntry, windows: Vec<Window>, partitions: usize) -> Option<Schedule> {
    // Sums of times are made of it.
    if !(1..=u64::MAX / 2).contains(&entry.major_frame) {
        return None;
    }
    let actions = entry.actions.iter().take(partitions);
    Some(Schedule {
        name: name_in(&entry.name)?,
        major_frame: entry.major_frame,
        at_change: actions.map(|&action| ChangeAction::from_number(action)).collect::<Option<_>>()?,
        place: 0..0,
        major_frame_place: 0..0,
        window_places: vec![(0..0, 0..0); windows.len()],
        windows,
    })
}

/// A name, which the table has padded with zeros. It is shown as it is, so it is one that a system file can give.
fn name_in(padded: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(padded).ok()?.trim_end_matches('\0');
    is_name(name).then(|| name.to_owned())
}

/// `table` is the system table with all that is behind it, `place` its physical address.
fn partition(
    path: &Path,
    entry: &PartitionEntry,
    image: &ImageEntry,
    table: &[u8],
    place: u64,
) -> Option<Partition> {
    let start = usize::try_from(entry.command_line_offset).ok()?;
    let end = start.checked_add(usize::try_from(entry.command_line_length).ok()?)?;
    let first = usize::try_from(image.physical.checked_sub(place)?).ok()?;
    let behind = first.checked_add(usize::try_from(image.file_size).ok()?)?;
    let image = Image {
        base: BASE,
        entry: image.entry,
        text_end: image.text_end,
        read_only_end: image.read_only_end,
        data_end: image.data_end,
        end: image.data_end,
        bytes: table.get(first..behind)?.to_vec(),
        sizes: Sizes::default(),
    };
    Some(Partition {
        name: name_in(&entry.name)?,
        memory: entry.memory_size,
        program: Program::Image { path: path.to_owned(), image },
        building: Building::default(),
        command_line: String::from_utf8_lossy(table.get(start..end)?).into_owned(),
        tick: if entry.tick_policy == TickPolicy::Skip as u32 {
            TickPolicy::Skip
        } else {
            TickPolicy::CatchUp
        },
        system: entry.rights & RIGHT_SYSTEM != 0,
        background: entry.rights & RIGHT_BACKGROUND != 0,
        executable_heap: entry.rights & RIGHT_EXECUTABLE_HEAP != 0,
        watchdog: entry.watchdog,
        max_lateness: entry.lateness,
        max_calls: entry.calls,
        demand: None,
        health: Health::decode(
            &entry.responses,
            (entry.restarts, entry.restart_period, entry.restarts_exceeded),
        )?,
        name_place: 0..0,
        allow_silent: Vec::new(),
        memory_place: 0..0,
        program_place: 0..0,
    })
}

/// The system's folder: the one that has the folder of what is built, if the file is in that, or else the file's.
fn directory(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new(""));
    let above = folder.parent().filter(|_| folder.ends_with("build"));
    above.unwrap_or(folder).to_owned()
}

/// The system's name: the file's, without what the tool adds to it.
fn name(path: &Path, processor: Processor) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.strip_suffix(processor.name()).and_then(|name| name.strip_suffix('-'));
    name.unwrap_or(&stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{Encoder, padded};

    /// A table of one image, so many partitions that have it, and a schedule without windows, with something changed.
    fn table(change: impl Fn(&mut Header, &mut PartitionEntry, &mut ScheduleEntry)) -> Vec<u8> {
        let board = Processor::X86_64.board();
        let (magic, version) = (MAGIC, VERSION);
        let (images, partitions, schedules) = (1, 1, 1);
        let memory_end = board.memory_start + MEMORY_UNIT;
        let mut header =
            Header { magic, version, images, partitions, schedules, memory_end, ..Header::default() };
        let mut partition = PartitionEntry { name: padded("control"), ..PartitionEntry::default() };
        let mut schedule =
            ScheduleEntry { name: padded("main"), major_frame: 1_000_000, ..ScheduleEntry::default() };
        change(&mut header, &mut partition, &mut schedule);
        let mut out = Encoder { order: board.order, bytes: Vec::new() };
        header.encode(&mut out);
        (0..header.images)
            .for_each(|_| ImageEntry { physical: board.table, ..ImageEntry::default() }.encode(&mut out));
        (0..header.partitions).for_each(|_| partition.encode(&mut out));
        (0..header.schedules).for_each(|_| schedule.encode(&mut out));
        out.bytes
    }

    #[test]
    fn who_owns_the_disk_controller_is_in_the_table() {
        let owns = |channels: u32, resources: u32, number: u64| {
            let mut table = table(|header, _, _| {
                header.channels = channels;
                header.resources = resources;
            });
            // Those that are said to be more than can be are not there.
            table.resize(table.len() + channels.min(3) as usize * ChannelEntry::SIZE, 0);
            let kind = ResourceKind::Function as u32;
            let mut out = Encoder { order: Processor::X86_64.board().order, bytes: table };
            ResourceEntry { kind, physical: number, ..ResourceEntry::default() }.encode(&mut out);
            read(Path::new("x.elf"), Processor::X86_64, &out.bytes).map(|system| system.owns_disk_controller)
        };
        assert_eq!(owns(0, 0, 0xfa), Some(false));
        assert_eq!(owns(0, 1, 0xfa), Some(true));
        assert_eq!(owns(3, 1, 0xfa), Some(true));
        assert_eq!(owns(0, 1, 0x20), Some(false));
        assert_eq!(owns(0, 2, 0xfa), None);
        assert_eq!(owns(u32::MAX, 1, 0xfa), None);
    }

    /// A file from somebody else: what its table says is bounded, and is shown on a terminal.
    #[test]
    fn a_table_that_cannot_be_is_none() {
        let is_system = |change: fn(&mut Header, &mut PartitionEntry, &mut ScheduleEntry)| {
            read(Path::new("x.elf"), Processor::X86_64, &table(change)).is_some()
        };
        assert!(is_system(|_, _, _| {}));
        assert!(is_system(|header, _, _| header.partitions = PARTITIONS_MAX as u32));
        assert!(!is_system(|header, _, _| header.partitions = PARTITIONS_MAX as u32 + 1));
        assert!(!is_system(|header, _, _| header.images = 1000));
        assert!(!is_system(|header, _, _| header.schedules = 1000));
        assert!(!is_system(|header, _, _| header.memory_end = u64::MAX));
        assert!(!is_system(|_, partition, _| partition.name = padded("\u{1b}[31m")));
        assert!(!is_system(|_, _, schedule| schedule.name = padded("\u{9b}2J")));
        assert!(!is_system(|_, _, schedule| schedule.major_frame = 0));
        assert!(!is_system(|_, _, schedule| schedule.major_frame = u64::MAX));
    }
}
