//! A partition's image as POK's loader wants it: an ELF file whose segments go where their addresses say, counted from
//! the start of the partition.

use bulkhead_abi::{
    COMMAND_LINE_SIZE, INTERFACE_VERSION, InformationPage, NAME_SIZE, PAGE_SIZE, START_MAGIC,
    StartInformation,
};
use bulkhead_pok_facts::{DATA, Data, INFORMATION_PAGE, PORTS, SHARED_PAGE};
use core::mem::offset_of;

use super::kernel_ports;
use super::ports::binding_words;
use object::LittleEndian;
use object::elf::EM_386;

use crate::host::elf::{Segment, headers, headers_size};
use crate::host::ports;
use crate::image::{BASE, Image};
use crate::system_file::System;

/// The image of time that is nobody's: POK loads it and our file in its kernel never runs it. A header of a file
/// without segments.
#[must_use]
pub fn idle_image() -> Vec<u8> {
    headers(LittleEndian, EM_386, 0, &[])
}

/// The memory that POK gives a partition, in bytes: addresses below the program's, the partition's memory, and above it
/// the copy of its data.
pub(super) fn size(memory: u64, image: &Image) -> u64 {
    BASE + memory + (data(image).len() as u64).next_multiple_of(PAGE_SIZE as u64)
}

/// The program's data that are not zero at its start.
fn data(image: &Image) -> &[u8] {
    image.bytes.get((image.read_only_end - BASE) as usize..).unwrap_or_default()
}

/// Where a partition's ports are described: below its pages, with room for their records.
fn ports_address(system: &System, number: usize) -> u64 {
    u64::from(INFORMATION_PAGE) - ports::size(system, number).next_multiple_of(PAGE_SIZE as u64)
}

/// The image of a partition.
#[must_use]
pub fn image(system: &System, number: usize, image: &Image) -> Vec<u8> {
    let memory = system.partitions[number].memory;
    let information = information_page(system, number, image);
    let (kernel, address) = (kernel_ports(system), ports_address(system, number));
    let ports = ports::table(system, number, address, |port| binding_words(&kernel, number, port));
    // Address, contents, size in memory. POK leaves the rest of a partition's memory as it finds it.
    let mut segments = vec![
        (INFORMATION_PAGE, information.as_slice(), 2 * PAGE_SIZE as u32),
        (BASE as u32, &image.bytes, memory as u32),
        ((BASE + memory) as u32, data(image), data(image).len() as u32),
    ];
    if !ports.is_empty() {
        segments.push((address as u32, ports.as_slice(), ports.len() as u32));
    }
    let mut offset = headers_size(segments.len());
    let place = |&(address, contents, memory_size): &(u32, &[u8], u32)| {
        let size = contents.len() as u32;
        offset += size;
        Segment { offset: offset - size, address, size, memory_size, alignment: 1 }
    };
    let placed: Vec<Segment> = segments.iter().map(place).collect();
    let mut file = headers(LittleEndian, EM_386, image.entry as u32, &placed);
    for (_, contents, _) in segments {
        file.extend_from_slice(contents);
    }
    file.resize(file.len().next_multiple_of(4), 0);
    file
}

/// The information page as a partition finds it, up to its last word that is not zero.
fn information_page(system: &System, number: usize, image: &Image) -> Vec<u8> {
    let partition = &system.partitions[number];
    let mut page = vec![0; PORTS as usize + 8];
    let mut put = |offset: usize, bytes: &[u8]| page[offset..offset + bytes.len()].copy_from_slice(bytes);
    let start = offset_of!(InformationPage, start);
    let words = [START_MAGIC, INTERFACE_VERSION, number as u32, 0, 0, partition.tick as u32];
    for (place, word) in words.into_iter().enumerate() {
        put(start + 4 * place, &word.to_le_bytes());
    }
    for (offset, value) in [
        (offset_of!(StartInformation, memory_base), BASE),
        (offset_of!(StartInformation, memory_size), partition.memory),
        (offset_of!(StartInformation, information_page), u64::from(INFORMATION_PAGE)),
        (offset_of!(StartInformation, shared_page), u64::from(SHARED_PAGE)),
        (offset_of!(StartInformation, major_frame), system.schedule().major_frame),
    ] {
        put(start + offset, &value.to_le_bytes());
    }
    // One zero at least stays at the end of both.
    let text = |text: &str, size: usize| text.bytes().take(size - 1).collect::<Vec<_>>();
    put(start + offset_of!(StartInformation, name), &text(&partition.name, NAME_SIZE));
    put(
        start + offset_of!(StartInformation, command_line),
        &text(&partition.command_line, COMMAND_LINE_SIZE),
    );
    let data = Data {
        begin: image.read_only_end as u32,
        zeroed: BASE as u32 + image.bytes.len() as u32,
        end: image.data_end as u32,
        copy: (BASE + partition.memory) as u32,
    };
    for (place, word) in data.words().into_iter().enumerate() {
        put(DATA as usize + 4 * place, &word.to_le_bytes());
    }
    let ports = [ports_address(system, number) as u32, ports::of_partition(system, number).len() as u32];
    for (place, word) in ports.into_iter().enumerate() {
        put(PORTS as usize + 4 * place, &word.to_le_bytes());
    }
    page
}
