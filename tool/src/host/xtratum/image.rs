//! A partition's image with XtratuM's headers: an ELF file that its own tools turn into the format it loads.

use bulkhead_abi::{INTERFACE_VERSION, START_MAGIC, StartReason};
use bulkhead_xtratum_facts::{
    IMAGE_MAGIC, INTERFACE_VERSION as XTRATUM_INTERFACE, ImageHeader, PARTITION_MAGIC, PartitionHeader,
    block, page_tables_size,
};

use super::Area;
use object::LittleEndian;
use object::elf::EM_386;

use crate::host::elf::{Segment, headers};
use crate::host::ports;
use crate::image::{Image, PAGE};
use crate::system_file::System;

/// The image of a partition: the block below it, its ports if it has any, then the program with its zeroed data, which
/// XtratuM's loader would not clear.
pub(super) fn file(system: &System, number: usize, image: &Image, area: Area) -> Vec<u8> {
    let block = block(system, number, image, area);
    let mut program = image.bytes.clone();
    program.resize((image.data_end - image.base) as usize, 0);
    let ports = ports::table(system, number, area.ports, |_| [0; 3]);
    let mut segments: Vec<(u32, &[u8])> = vec![(area.start as u32, &block)];
    if !ports.is_empty() {
        segments.push((area.ports as u32, &ports));
    }
    segments.push((image.base as u32, &program));
    elf(image.entry as u32, &segments)
}

/// The block's first page: headers and start information. The pages behind it are XtratuM's to fill.
fn block(system: &System, number: usize, image: &Image, area: Area) -> Vec<u8> {
    let start = area.start as u32;
    let header = ImageHeader {
        magic: IMAGE_MAGIC,
        binary_interface: XTRATUM_INTERFACE,
        programming_interface: XTRATUM_INTERFACE,
        identifier: number as u32,
        start,
        end: area.end as u32,
        partition_header: start + block::PARTITION_HEADER,
        ..ImageHeader::default()
    };
    let partition = PartitionHeader {
        magic: PARTITION_MAGIC,
        entry: image.entry as u32,
        image_header: start + block::IMAGE_HEADER,
        control_table: start + block::CONTROL_TABLE,
        information_table: start + block::INFORMATION_TABLE,
        page_tables: start + block::PAGE_TABLES,
        page_tables_size: page_tables_size(area.end - area.start) as u32,
    };
    let mut page = vec![0; PAGE as usize];
    put_words(&mut page, block::IMAGE_HEADER, &header.words());
    put_words(&mut page, block::PARTITION_HEADER, &partition.words());
    let count = ports::of_partition(system, number).len() as u32;
    put_words(&mut page, block::PORTS, &[area.ports as u32, count]);
    let information = start_information(system, number, area);
    let offset = block::START_INFORMATION as usize;
    page[offset..offset + information.len()].copy_from_slice(&information);
    page
}

/// The start information as it lies in memory (`bulkhead_abi::StartInformation`). There are no interface pages: the
/// binding has its own.
fn start_information(system: &System, number: usize, area: Area) -> Vec<u8> {
    let partition = &system.partitions[number];
    let mut bytes = Vec::new();
    for word in [
        START_MAGIC,
        INTERFACE_VERSION,
        number as u32,
        StartReason::SystemStart as u32,
        0,
        partition.tick as u32,
    ] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for value in [area.memory, partition.memory, 0, 0, system.schedule().major_frame] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    for (text, size) in [
        (&partition.name, bulkhead_abi::NAME_SIZE),
        (&partition.command_line, bulkhead_abi::COMMAND_LINE_SIZE),
    ] {
        let end = bytes.len() + size;
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(end, 0);
    }
    bytes
}

fn put_words(page: &mut [u8], offset: u32, words: &[u32]) {
    for (place, word) in page[offset as usize..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// An ELF file for i386 that loads these bytes at these addresses, and nothing else.
fn elf(entry: u32, segments: &[(u32, &[u8])]) -> Vec<u8> {
    let mut offset = PAGE as u32;
    let mut placed = Vec::new();
    for &(address, bytes) in segments {
        let size = bytes.len() as u32;
        placed.push(Segment { offset, address, size, memory_size: size, alignment: PAGE as u32 });
        offset += size.next_multiple_of(PAGE as u32);
    }
    let mut file = headers(LittleEndian, EM_386, entry, &placed);
    for (_, bytes) in segments {
        file.resize(file.len().next_multiple_of(PAGE as usize), 0);
        file.extend_from_slice(bytes);
    }
    file
}
