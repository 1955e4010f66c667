//! Encodes the system table and adds it, with the images, to the kernel: one ELF file that boots.
//!
//! The kernel's file stays as it is, symbols included, but for some fields of its header: the program headers are
//! written again behind its end, with one more for the table and images. Boot loaders for LEON go by sections, so for
//! them the section headers get one more too.

mod devices;
mod elf;

use bulkhead_abi::NAME_SIZE;
use bulkhead_abi::system_table::{
    ByteOrder, Header, Image as ImageEntry, MAGIC, NO_PARTITION, PARTITIONS_MAX, Partition as PartitionEntry,
    Port as PortEntry, RIGHT_BACKGROUND, RIGHT_EXECUTABLE_HEAP, RIGHT_PHYSICAL, RIGHT_SYSTEM,
    Region as RegionEntry, Schedule as ScheduleEntry, VERSION, Window as WindowEntry, Writer, image_checksum,
};
use object::elf::{EM_SPARC, EM_X86_64, PT_LOAD};

use crate::elf::{Elf, ElfError, machine_text};
use crate::error::{Error, Message, Result};
use crate::layout::{Layout, arrays_size};
use crate::system_file::{Partition, System};
use crate::target::Processor;

/// What a kernel's file is: its machine number, and whether it is a file of 64 bits.
const fn format(processor: Processor) -> (u16, bool) {
    match processor {
        Processor::X86_64 => (EM_X86_64.0, true),
        Processor::Leon3 => (EM_SPARC.0, false),
    }
}

/// The one bootable file.
///
/// # Errors
/// If the kernel's file is not a kernel for the processor (with a PVH note on x86-64) that ends below the table.
pub fn pack(system: &System, layout: &Layout, kernel: &[u8]) -> Result<Vec<u8>> {
    checked_kernel(system.processor, kernel)?;
    let table = system.processor.board().table;
    elf::with_contents(system.processor, kernel, table, &contents(system, layout))
        .ok_or_else(|| wrong_kernel("is damaged: its headers are not where it says"))
}

fn wrong_kernel(why: &str) -> Error {
    Error::Environment(
        Message::new(format!("the kernel's file {why}")).help("build the kernel again; `make` does"),
    )
}

/// Whether a file's header is that of a kernel for the processor.
pub(crate) fn is_kernel(processor: Processor, elf: &Elf) -> bool {
    let little = processor.board().order == ByteOrder::Little;
    (elf.machine, elf.is_64) == format(processor) && elf.little == little
}

fn checked_kernel(processor: Processor, kernel: &[u8]) -> Result<()> {
    let board = processor.board();
    let wrong = |why: String| Err(wrong_kernel(&why));
    let elf = match Elf::read(kernel) {
        Ok(elf) => elf,
        Err(ElfError::NotElf) => return wrong("is not an ELF file".to_owned()),
        Err(ElfError::Damaged(message)) => return wrong(format!("is damaged: {message}")),
    };
    if !is_kernel(processor, &elf) {
        let (found, wanted) = (machine_text(elf.machine), machine_text(format(processor).0));
        return wrong(format!("is for {found}, not for {wanted}"));
    }
    if processor == Processor::X86_64 && !elf.pvh_entry {
        return wrong("has no PVH note, so nothing could boot it".to_owned());
    }
    if elf.segments.len() >= usize::from(u16::MAX) - 1 {
        return wrong("has too many program headers".to_owned());
    }
    for segment in elf.segments.iter().filter(|segment| segment.kind == PT_LOAD) {
        let end = segment.physical.checked_add(segment.memory_size);
        if end.is_none_or(|end| end > board.table) {
            return wrong(format!(
                "loads something at {:#x} that reaches the system table's place at {:#x}",
                segment.physical, board.table
            ));
        }
    }
    Ok(())
}

/// The table and the images as they lie in physical memory from the table's address on.
fn contents(system: &System, layout: &Layout) -> Vec<u8> {
    let mut bytes = table(system, layout);
    for placed in &layout.images {
        bytes.resize((placed.range.start - layout.table.start) as usize, 0);
        bytes.extend_from_slice(&placed.image.bytes);
    }
    bytes.resize((layout.images_end - layout.table.start) as usize, 0);
    bytes
}

/// The system table, encoded for the system's processor.
#[must_use]
pub fn table(system: &System, layout: &Layout) -> Vec<u8> {
    let mut out = Encoder { bytes: Vec::new(), order: system.processor.board().order };
    header(system, layout).encode(&mut out);
    for placed in &layout.images {
        ImageEntry {
            physical: placed.range.start,
            file_size: placed.image.bytes.len() as u64,
            entry: placed.image.entry,
            text_end: placed.image.text_end,
            read_only_end: placed.image.read_only_end,
            data_end: placed.image.data_end,
            checksum: image_checksum(&placed.image.bytes, out.order),
            reserved: 0,
        }
        .encode(&mut out);
    }
    partitions(system, layout, &mut out);
    schedules(system, &mut out);
    for (channel, buffers) in system.channels.iter().zip(&layout.channels) {
        channel.entry(buffers.start).encode(&mut out);
    }
    for placed in system.ports() {
        PortEntry {
            name: padded(&placed.port.name),
            partition: placed.port.partition as u32,
            channel: placed.channel as u32,
            direction: placed.direction as u32,
            reserved: 0,
        }
        .encode(&mut out);
    }
    for (region, memory) in system.regions.iter().zip(&layout.regions) {
        RegionEntry { name: padded(&region.name), memory: memory.start, size: region.size }.encode(&mut out);
    }
    for (number, region) in system.regions.iter().enumerate() {
        for mapping in &region.mappings {
            mapping.entry(number).encode(&mut out);
        }
    }
    devices::devices(system, &mut out);
    for partition in &system.partitions {
        out.put(partition.command_line.as_bytes());
    }
    out.bytes
}

/// A name as the table has it. The check has seen that it fits.
pub(crate) fn padded(name: &str) -> [u8; NAME_SIZE] {
    let mut padded = [0; NAME_SIZE];
    for (place, byte) in padded.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    padded
}

fn header(system: &System, layout: &Layout) -> Header {
    Header {
        magic: MAGIC,
        version: VERSION,
        size: (layout.table.end - layout.table.start) as u32,
        images: layout.images.len() as u32,
        partitions: system.partitions.len() as u32,
        schedules: system.schedules.len() as u32,
        windows: system.windows().count() as u32,
        channels: system.channels.len() as u32,
        ports: system.ports().len() as u32,
        regions: system.regions.len() as u32,
        mappings: system.mappings() as u32,
        console_input: system.console_input.map_or(NO_PARTITION, |number| number as u32),
        clock: system.leon3_clock,
        initial_schedule: system.initial_schedule as u32,
        device_error: system.device_error.encode(),
        resources: system.resources().len() as u32,
        rules: system.rules() as u32,
        reserved: 0,
        images_end: layout.images_end,
        memory_start: layout.memory.start,
        memory_end: layout.memory.end,
        buffers_start: layout.buffers.start,
        buffers_end: layout.buffers.end,
    }
}

fn partitions(system: &System, layout: &Layout, out: &mut Encoder) {
    let mut command_line_offset = arrays_size(system, layout.images.len()) as u32;
    for (number, (partition, placed)) in system.partitions.iter().zip(&layout.partitions).enumerate() {
        let command_line_length = partition.command_line.len() as u32;
        PartitionEntry {
            name: padded(&partition.name),
            image: placed.image as u32,
            tick_policy: partition.tick as u32,
            rights: rights(system, number, partition),
            command_line_offset,
            command_line_length,
            restarts: partition.health.restarts,
            memory: placed.memory.start,
            memory_size: partition.memory,
            tables: placed.tables.start,
            tables_size: placed.tables.end - placed.tables.start,
            restart_period: partition.health.restart_period,
            watchdog: partition.watchdog,
            lateness: partition.max_lateness,
            calls: partition.max_calls,
            restarts_exceeded: partition.health.restarts_exceeded.encode(),
            responses: partition.health.encoded(),
        }
        .encode(out);
        command_line_offset += command_line_length;
    }
}

/// The rights of a partition, as bits.
fn rights(system: &System, number: usize, partition: &Partition) -> u32 {
    let mut owner_of_dma = system.unprotected().map(|device| device.owner);
    let system_right = if partition.system { RIGHT_SYSTEM } else { 0 };
    let background = if partition.background { RIGHT_BACKGROUND } else { 0 };
    let physical = if owner_of_dma.any(|owner| owner == number) { RIGHT_PHYSICAL } else { 0 };
    let executable_heap = if partition.executable_heap { RIGHT_EXECUTABLE_HEAP } else { 0 };
    system_right | background | physical | executable_heap
}

/// All schedules, and behind them their windows.
fn schedules(system: &System, out: &mut Encoder) {
    for schedule in &system.schedules {
        let mut actions = [0; PARTITIONS_MAX];
        for (place, action) in actions.iter_mut().zip(&schedule.at_change) {
            *place = *action as u8;
        }
        ScheduleEntry {
            name: padded(&schedule.name),
            major_frame: schedule.major_frame,
            windows: schedule.windows.len() as u32,
            reserved: 0,
            actions,
        }
        .encode(out);
    }
    for (_, window) in system.windows() {
        WindowEntry {
            partition: window.partition as u32,
            reserved: 0,
            start: window.start,
            duration: window.duration,
        }
        .encode(out);
    }
}

/// Collects encoded fields.
pub(crate) struct Encoder {
    pub(crate) order: ByteOrder,
    pub(crate) bytes: Vec<u8>,
}

impl Writer for Encoder {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn order(&self) -> ByteOrder {
        self.order
    }
}
