//! What was built, for people: the memory map, sizes and the schedule.

use std::fmt::Write as _;
use std::ops::Range;

use crate::build::{Built, Hosted};
use crate::channel_tables::tables;
use crate::diagnostics::visible::spelled;
use crate::health_table::{self, Extent};
use crate::image::Image;
use crate::schedules::schedules;
use crate::system_file::System;
use crate::system_file::device::Resource;
use crate::terminal::{Look, heading, partition_style};
use crate::units::{size_rounded, size_text};

/// Everything that `bulkhead build` prints about a system.
#[must_use]
pub fn report(built: &Built, look: Look) -> String {
    let mut out = String::new();
    let title = |out: &mut String, text: &str| {
        let _ = writeln!(out, "{}", look.paint(heading(), text));
    };
    title(
        &mut out,
        &format!("{}: memory of the machine, {}", built.system.name, size_text(built.system.memory)),
    );
    machine(&mut out, built, look);
    out.push('\n');
    title(&mut out, "memory of the partitions");
    partitions(&mut out, built, look);
    out.push('\n');
    out += &tables(&built.system, look);
    out += &health_table::table(&built.system, Extent::Differences, look);
    out += &schedules(&built.system, look);
    let _ =
        writeln!(out, "\n{}: {}", spelled(&built.file.display().to_string()), size_rounded(built.file_size));
    out
}

/// What `bulkhead build` prints about a system for another kernel than ours.
#[must_use]
pub fn hosted(built: &Hosted, look: Look) -> String {
    let title = format!("{} for {}: memory of the partitions", built.system.name, built.host.title());
    let mut out = format!("{}\n", look.paint(heading(), &title));
    let images = built.programs.iter().map(|program| &program.image);
    partition_lines(&mut out, &built.system, images, look);
    out.push('\n');
    out += &tables(&built.system, look);
    out += &health_table::table(&built.system, Extent::Differences, look);
    out += &schedules(&built.system, look);
    let title = format!("{}/", spelled(&built.folder.display().to_string()));
    let _ = writeln!(out, "\n{}", look.paint(heading(), &title));
    let width = built.files.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, what) in &built.files {
        let _ = writeln!(out, "  {name:width$}  {what}");
    }
    out
}

fn line(out: &mut String, range: &Range<u64>, what: &str) {
    let size = size_rounded(range.end - range.start);
    let _ = writeln!(out, "  {:#010x} - {:#010x}  {size:>10}  {what}", range.start, range.end);
}

/// What a part of the machine's memory is for. Partitions are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    /// Firmware and kernel.
    Kernel,
    /// The system table.
    Table,
    /// The image of these partitions.
    Image(Vec<usize>),
    /// A partition's memory.
    Memory(usize),
    /// A partition's page tables.
    PageTables(usize),
    /// The buffers of all channels.
    Buffers,
    /// A region that partitions share.
    Region(usize),
    /// Memory of a device.
    Device(usize),
    /// Nothing.
    Free,
}

/// The machine's memory, and behind it that of devices: every part in the order of the addresses, and what it is for.
#[must_use]
pub fn areas(built: &Built) -> Vec<(Range<u64>, Area)> {
    let layout = &built.layout;
    let board = built.system.processor.board();
    let mut areas =
        vec![(board.memory_start..board.table, Area::Kernel), (layout.table.clone(), Area::Table)];
    for (number, placed) in layout.images.iter().enumerate() {
        let partitions = layout.partitions.iter().enumerate();
        let users = partitions.filter(|(_, partition)| partition.image == number).map(|(user, _)| user);
        areas.push((placed.range.clone(), Area::Image(users.collect())));
    }
    for (number, placed) in layout.partitions.iter().enumerate() {
        areas.push((placed.memory.clone(), Area::Memory(number)));
        areas.push((placed.tables.clone(), Area::PageTables(number)));
    }
    if !layout.channels.is_empty() {
        areas.push((layout.buffers.clone(), Area::Buffers));
    }
    let regions = layout.regions.iter().enumerate();
    areas.extend(regions.map(|(number, memory)| (memory.clone(), Area::Region(number))));
    areas.push((layout.memory.end..board.memory_start + built.system.memory, Area::Free));
    let mut devices: Vec<(Range<u64>, Area)> = Vec::new();
    for (number, device) in built.system.devices.iter().enumerate() {
        let memory = device.resources.iter().filter_map(|resource| match resource {
            Resource::Memory { physical, size, .. } => Some(*physical..physical + size),
            _ => None,
        });
        devices.extend(memory.map(|range| (range, Area::Device(number))));
    }
    devices.sort_by_key(|(range, _)| range.start);
    areas.extend(devices);
    areas
}

fn machine(out: &mut String, built: &Built, look: Look) {
    let names: Vec<String> = named(built, look).collect();
    let name = |number: usize| names.get(number).cloned().unwrap_or_default();
    for (range, area) in areas(built) {
        let what = match area {
            Area::Kernel => "firmware and kernel".to_owned(),
            Area::Table => "system table".to_owned(),
            Area::Image(users) => {
                format!("image of {}", users.into_iter().map(name).collect::<Vec<_>>().join(", "))
            }
            Area::Memory(partition) => format!("memory of {}", name(partition)),
            Area::PageTables(partition) => format!("page tables of {}", name(partition)),
            Area::Buffers => "buffers of the channels".to_owned(),
            Area::Region(number) => region_text(&built.system, number, name),
            Area::Device(number) => {
                let device = built.system.devices.get(number);
                device.map_or_else(String::new, |it| format!("device {} of {}", it.name, name(it.owner)))
            }
            Area::Free => "free".to_owned(),
        };
        line(out, &range, &what);
    }
}

/// A region and whose it is.
fn region_text(system: &System, number: usize, name: impl Fn(usize) -> String) -> String {
    let Some(region) = system.regions.get(number) else { return String::new() };
    let users: Vec<String> = region.mappings.iter().map(|mapping| name(mapping.partition)).collect();
    format!("region {} of {}", region.name, users.join(", "))
}

/// The partitions' names in their colours.
fn named(built: &Built, look: Look) -> impl Iterator<Item = String> {
    let partitions = built.system.partitions.iter().enumerate();
    partitions.map(move |(number, partition)| look.paint(partition_style(number), &partition.name))
}

fn partitions(out: &mut String, built: &Built, look: Look) {
    let layout = &built.layout;
    let image = |number: usize| layout.images.get(number).map(|placed| &placed.image);
    let images = layout.partitions.iter().filter_map(|placed| image(placed.image));
    partition_lines(out, &built.system, images, look);
    let base = built.system.processor.board().partition_memory;
    let _ = writeln!(out, "  each from {base:#010x} on in its own addresses");
}

fn partition_lines<'a>(
    out: &mut String,
    system: &System,
    images: impl Iterator<Item = &'a Image>,
    look: Look,
) {
    let width = system.partitions.iter().map(|partition| partition.name.len()).max().unwrap_or(0).max(9);
    let _ = writeln!(
        out,
        "  {:width$}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}",
        "partition", "text", "rodata", "data", "bss", "free", "memory"
    );
    let executable = system.partitions.iter().any(|partition| partition.executable_heap);
    for (number, (partition, image)) in system.partitions.iter().zip(images).enumerate() {
        let name = look.paint(partition_style(number), &format!("{:width$}", partition.name));
        let [text, constants, data, zeroed, free] = sizes(image, partition.memory);
        let memory = size_text(partition.memory);
        let _ = writeln!(
            out,
            "  {name}  {text:>10}  {constants:>10}  {data:>10}  {zeroed:>10}  {free:>10}  {memory:>10}{}",
            if partition.executable_heap { "  *" } else { "" }
        );
    }
    if executable {
        let _ = writeln!(out, "  * free memory can be executed");
    }
}

fn sizes(image: &Image, memory: u64) -> [String; 5] {
    let sizes = image.sizes;
    [sizes.text, sizes.constants, sizes.data, sizes.zeroed, image.free(memory)].map(size_rounded)
}
