//! Where everything lies in physical memory.
//!
//! From the system table's address on: the table, the images (each kind once), then, from a 2 MiB boundary, each
//! partition's memory and the room for its page tables; behind them the buffers of the channels
//! and the regions of shared memory.

use std::ops::Range;

use bulkhead_abi::system_table::{
    Channel as ChannelEntry, Header, Image as ImageEntry, Mapping as MappingEntry,
    Partition as PartitionEntry, Port as PortEntry, Region as RegionEntry, Resource as ResourceEntry,
    Rule as RuleEntry, SIZE_MAX, Schedule as ScheduleEntry, Window as WindowEntry,
};

use crate::diagnostics::Problem;
use crate::error::{Error, Message, Result};
use crate::image::{Image, PAGE};
use crate::system_file::System;
use crate::system_file::channel::BUFFERS_ALIGNMENT;
use crate::units::{size_rounded, size_text};

/// Partition memory begins at a multiple of this, in bytes: the size of a large page.
const LARGE_PAGE: u64 = 2 << 20;

/// Where everything lies in physical memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The system table, command lines included.
    pub table: Range<u64>,
    /// The different images, in the order in which partitions first name them.
    pub images: Vec<PlacedImage>,
    /// First address after the images, page-aligned.
    pub images_end: u64,
    /// What the partitions, their page tables, the buffers of the channels and the regions occupy.
    pub memory: Range<u64>,
    /// What the buffers of all channels occupy, in whole pages; empty without channels.
    pub buffers: Range<u64>,
    /// The buffers of each channel, in the order of the system file.
    pub channels: Vec<Range<u64>>,
    /// The regions of shared memory, in the order of the system file.
    pub regions: Vec<Range<u64>>,
    /// The partitions, in the order of the system file.
    pub partitions: Vec<PlacedPartition>,
}

/// An image in physical memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedImage {
    /// The image.
    pub image: Image,
    /// The range of its copy.
    pub range: Range<u64>,
}

/// A partition in physical memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedPartition {
    /// Number of its image.
    pub image: usize,
    /// Its memory.
    pub memory: Range<u64>,
    /// The room for its page tables and interface pages.
    pub tables: Range<u64>,
}

/// Places a system whose partitions have these images, one for each partition in order.
///
/// # Errors
/// If the table is longer than a kernel accepts, or the system takes more memory than the machine has.
pub fn layout(system: &System, images: Vec<Image>) -> Result<Layout> {
    let (kinds, numbers) = different(images);
    let table_size = table_size(system, kinds.len());
    if table_size > SIZE_MAX as u64 {
        return Err(Error::Build(
            Message::new(format!("the system table takes {}", size_rounded(table_size)))
                .help(format!("a kernel reads {}: shorten command lines", size_text(SIZE_MAX as u64))),
        ));
    }
    let board = system.processor.board();
    let table = board.table..board.table + table_size;
    let mut cursor = table.end;
    let images: Vec<PlacedImage> = kinds
        .into_iter()
        .map(|image| PlacedImage { range: take(&mut cursor, image.bytes.len() as u64), image })
        .collect();
    let images_end = cursor.next_multiple_of(PAGE);
    let memory_start = images_end.next_multiple_of(LARGE_PAGE);
    cursor = memory_start;
    let partitions: Vec<PlacedPartition> = system
        .partitions
        .iter()
        .zip(numbers)
        .enumerate()
        .map(|(number, (partition, image))| PlacedPartition {
            image,
            memory: take(&mut cursor, partition.memory),
            tables: take(&mut cursor, system.tables_size(number)),
        })
        .collect();
    let buffers_start = cursor.next_multiple_of(PAGE);
    let mut buffer = buffers_start;
    let channels: Vec<Range<u64>> = system
        .channels
        .iter()
        .map(|channel| take_aligned(&mut buffer, channel.memory(), BUFFERS_ALIGNMENT))
        .collect();
    let buffers = buffers_start..buffer.next_multiple_of(PAGE);
    cursor = buffers.end;
    let regions = system.regions.iter().map(|region| take(&mut cursor, region.size)).collect();
    let memory = memory_start..cursor.next_multiple_of(PAGE);
    let needed = memory.end - board.memory_start;
    if needed > system.memory {
        return Err(machine_too_small(system, needed));
    }
    Ok(Layout { table, images, images_end, memory, buffers, channels, regions, partitions })
}

/// The next page-aligned range of this size.
fn take(cursor: &mut u64, size: u64) -> Range<u64> {
    take_aligned(cursor, size, PAGE)
}

/// The next range of this size that begins at a multiple of `alignment`.
fn take_aligned(cursor: &mut u64, size: u64, alignment: u64) -> Range<u64> {
    let start = cursor.next_multiple_of(alignment);
    *cursor = start + size;
    start..*cursor
}

/// The different images, and for each given one which of them it is.
fn different(images: Vec<Image>) -> (Vec<Image>, Vec<usize>) {
    let mut kinds: Vec<Image> = Vec::new();
    let mut numbers = Vec::new();
    for image in images {
        let number = kinds.iter().position(|kind| *kind == image).unwrap_or_else(|| {
            kinds.push(image);
            kinds.len() - 1
        });
        numbers.push(number);
    }
    (kinds, numbers)
}

fn table_size(system: &System, images: usize) -> u64 {
    let command_lines: usize = system.partitions.iter().map(|partition| partition.command_line.len()).sum();
    (arrays_size(system, images) + command_lines) as u64
}

/// Bytes of the system table before the command lines, with so many images.
pub(crate) fn arrays_size(system: &System, images: usize) -> usize {
    Header::SIZE
        + images * ImageEntry::SIZE
        + system.partitions.len() * PartitionEntry::SIZE
        + system.schedules.len() * ScheduleEntry::SIZE
        + system.windows().count() * WindowEntry::SIZE
        + system.channels.len() * ChannelEntry::SIZE
        + system.ports().len() * PortEntry::SIZE
        + system.regions.len() * RegionEntry::SIZE
        + system.mappings() * MappingEntry::SIZE
        + system.resources().len() * ResourceEntry::SIZE
        + system.rules() * RuleEntry::SIZE
}

fn machine_too_small(system: &System, needed: u64) -> Error {
    let message = format!(
        "the system takes {} of memory with its programs, but the machine has {}",
        size_rounded(needed),
        size_text(system.memory)
    );
    let help = format!(
        "write memory = \"{}\" in [system], or give partitions less",
        size_text(needed.next_multiple_of(1 << 20))
    );
    system.report(vec![Problem::new(system.memory_place.clone(), message).help(help)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{BASE, Sizes};
    use proptest::prelude::*;
    use std::path::Path;

    fn system(memory: u64, pages: &[u64], messages: &[u64], regions: &[u64]) -> Option<System> {
        let mut text = format!("[system]\nmemory = \"{memory} MiB\"\nmajor-frame = \"1 s\"\n");
        for (number, pages) in pages.iter().enumerate() {
            let size = pages * 4;
            text += &format!(
                "[[partition]]\nname = \"p{number}\"\nmemory = \"{size} KiB\"\nsources = [\"templates/hello.c\"]\n\
                 [[window]]\npartition = \"p{number}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
            );
        }
        for (number, size) in messages.iter().enumerate() {
            text += &format!(
                "[[channel]]\nname = \"c{number}\"\nkind = \"queuing\"\nmessage-size = \"{size} B\"\ndepth = 3\n\
                 source = {{ partition = \"p0\", port = \"s{number}\" }}\n\
                 destinations = [{{ partition = \"p1\", port = \"d{number}\" }}]\n"
            );
        }
        for (number, pages) in regions.iter().enumerate() {
            let size = pages * 4;
            text += &format!(
                "[[region]]\nname = \"r{number}\"\nsize = \"{size} KiB\"\n\
                 partitions = [{{ partition = \"p0\", access = \"read-write\" }}]\n"
            );
        }
        crate::system_file::from_text(&text, "test", Path::new(env!("CARGO_MANIFEST_DIR"))).ok()
    }

    fn image(length: usize) -> Image {
        let bytes = vec![length as u8; length];
        Image {
            base: BASE,
            entry: 0,
            text_end: 0,
            read_only_end: 0,
            data_end: 0,
            end: 0,
            bytes,
            sizes: Sizes::default(),
        }
    }

    proptest! {
        #[test]
        fn nothing_overlaps(
            memory in 4_u64..256,
            parts in proptest::collection::vec((1_u64..5000, 0_usize..20_000), 2..10),
            messages in proptest::collection::vec(1_u64..5000, 0..5),
            regions in proptest::collection::vec(1_u64..50, 0..5),
        ) {
            let pages: Vec<u64> = parts.iter().map(|part| part.0).collect();
            let Some(system) = system(memory, &pages, &messages, &regions) else { return Ok(()) };
            let images: Vec<Image> = parts.iter().map(|part| image(part.1)).collect();
            let Ok(layout) = layout(&system, images.clone()) else { return Ok(()) };
            let mut ranges = vec![layout.table.clone()];
            ranges.extend(layout.images.iter().map(|placed| placed.range.clone()));
            let first = ranges.len();
            ranges.extend(layout.partitions.iter().flat_map(|it| [it.memory.clone(), it.tables.clone()]));
            ranges.push(layout.buffers.clone());
            ranges.extend(layout.regions.iter().cloned());
            prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(ranges.iter().all(|range| range.start % PAGE == 0));
            let mut buffers = layout.channels.clone();
            prop_assert!(buffers.first().is_none_or(|first| first.start == layout.buffers.start));
            buffers.push(layout.buffers.end..layout.buffers.end);
            prop_assert!(buffers.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(buffers.iter().all(|range| range.start % BUFFERS_ALIGNMENT == 0));
            for (size, buffers) in messages.iter().zip(&layout.channels) {
                prop_assert_eq!(buffers.end - buffers.start, 3 * size.next_multiple_of(8));
            }
            prop_assert_eq!(layout.channels.len(), messages.len());
            let sizes: Vec<u64> = layout.regions.iter().map(|range| (range.end - range.start) / PAGE).collect();
            prop_assert_eq!(sizes, regions);
            prop_assert!(ranges[first - 1].end <= layout.images_end && layout.images_end <= layout.memory.start);
            prop_assert!(layout.memory.start <= ranges[first].start && layout.memory.end <= system.memory);
            for ((placed, partition), image) in layout.partitions.iter().zip(&system.partitions).zip(&images) {
                prop_assert_eq!(placed.memory.end - placed.memory.start, partition.memory);
                prop_assert_eq!(&layout.images[placed.image].image, image);
            }
        }
    }
}
