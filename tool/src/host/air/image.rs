//! A partition's image as AIR's `partition_assembler` takes it: an ELF file whose segments are loaded as they are, with
//! the block for the binding in front of the program.

use core::mem::offset_of;

use bulkhead_abi::machine::sparc::SHARED_PAGE;
use bulkhead_abi::{
    COMMAND_LINE_SIZE, INTERFACE_VERSION, NAME_SIZE, START_MAGIC, StartInformation, StartReason,
};
use bulkhead_air_facts::{Block, MEMORY, PROGRAM, Window};
use bulkhead_ports::Port;
use object::BigEndian;
use object::elf::EM_SPARC;

use crate::host::elf::{Segment, headers};
use crate::host::ports;
use crate::image::{Image, PAGE};
use crate::system_file::System;

use super::tick::tick;

/// The windows of a partition: from when to when in the major frame.
fn windows(system: &System, number: usize) -> impl Iterator<Item = (u64, u64)> {
    let windows = system.schedule().windows.iter().filter(move |window| window.partition == number);
    windows.map(|window| (window.start, window.end()))
}

/// Where a partition's windows are described, and where its ports.
fn tables(system: &System, number: usize) -> (u64, u64) {
    let first = u64::from(MEMORY) + (Block::SIZE as u64).next_multiple_of(16);
    let size = (windows(system, number).count() * size_of::<Window>()) as u64;
    (first, (first + size).next_multiple_of(16))
}

/// Where the program's memory begins: behind the block and its tables, and where linked programs are for if it can.
pub(super) fn base(system: &System, number: usize) -> u64 {
    (tables(system, number).1 + ports::size(system, number)).next_multiple_of(PAGE).max(u64::from(PROGRAM))
}

/// The image of a partition.
pub(super) fn file(system: &System, number: usize, image: &Image) -> Vec<u8> {
    let block = block(system, number, image);
    let sizes = [block.len() as u32, image.bytes.len() as u32];
    let mut offset = PAGE as u32;
    let block_segment =
        Segment { offset, address: MEMORY, size: sizes[0], memory_size: sizes[0], alignment: PAGE as u32 };
    offset += sizes[0].next_multiple_of(PAGE as u32);
    let program = Segment {
        offset,
        address: image.base as u32,
        size: sizes[1],
        memory_size: (image.data_end - image.base) as u32,
        alignment: PAGE as u32,
    };
    let mut file = headers(BigEndian, EM_SPARC, image.entry as u32, &[block_segment, program]);
    file.resize(PAGE as usize, 0);
    file.extend_from_slice(&block);
    file.resize(offset as usize, 0);
    file.extend_from_slice(&image.bytes);
    file
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}

/// A value of 64 bits as it lies in memory: its low word first.
fn word64(value: u64) -> [u8; 8] {
    let (low, high) = ((value as u32).to_be_bytes(), ((value >> 32) as u32).to_be_bytes());
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&low);
    bytes[4..].copy_from_slice(&high);
    bytes
}

/// The block with its tables.
fn block(system: &System, number: usize, image: &Image) -> Vec<u8> {
    let (windows_address, ports_address) = tables(system, number);
    let table = ports::table(system, number, ports_address, |_| [0; 3]);
    let ports_offset = (ports_address - u64::from(MEMORY)) as usize;
    let mut bytes = vec![0; ports_offset + table.len()];
    put(&mut bytes, 0, &start_information(system, number, image.base));
    let ports = ports::of_partition(system, number).len() as u32;
    let words = [
        tick(system).unwrap_or_default() as u32,
        image.data_end as u32,
        windows_address as u32,
        windows(system, number).count() as u32,
        ports_address as u32,
        ports,
    ];
    for (place, word) in words.into_iter().enumerate() {
        put(&mut bytes, Block::WORDS + 4 * place, &word.to_be_bytes());
    }
    let mut at = (windows_address - u64::from(MEMORY)) as usize;
    for (start, end) in windows(system, number) {
        put(&mut bytes, at + offset_of!(Window, start), &word64(start));
        put(&mut bytes, at + offset_of!(Window, end), &word64(end));
        at += size_of::<Window>();
    }
    put(&mut bytes, ports_offset, &in_order_of_sparc(table));
    bytes
}

/// A table of ports in the order of bytes that the processor has: all is words but the names.
fn in_order_of_sparc(mut table: Vec<u8>) -> Vec<u8> {
    for port in table.chunks_exact_mut(Port::SIZE) {
        for word in port[NAME_SIZE..].chunks_exact_mut(4) {
            word.reverse();
        }
    }
    table
}

/// The start information as it lies in memory.
fn start_information(system: &System, number: usize, base: u64) -> Vec<u8> {
    let partition = &system.partitions[number];
    let mut bytes = vec![0; size_of::<StartInformation>()];
    let words = [
        START_MAGIC,
        INTERFACE_VERSION,
        number as u32,
        StartReason::SystemStart as u32,
        0,
        partition.tick as u32,
    ];
    for (place, word) in words.into_iter().enumerate() {
        put(&mut bytes, 4 * place, &word.to_be_bytes());
    }
    for (offset, value) in [
        (offset_of!(StartInformation, memory_base), base),
        (offset_of!(StartInformation, memory_size), partition.memory),
        (offset_of!(StartInformation, shared_page), u64::from(SHARED_PAGE)),
        (offset_of!(StartInformation, major_frame), system.schedule().major_frame),
    ] {
        put(&mut bytes, offset, &word64(value));
    }
    // One zero at least stays at the end of both.
    let text = |text: &str, size: usize| text.bytes().take(size - 1).collect::<Vec<_>>();
    put(&mut bytes, offset_of!(StartInformation, name), &text(&partition.name, NAME_SIZE));
    let command_line = text(&partition.command_line, COMMAND_LINE_SIZE);
    put(&mut bytes, offset_of!(StartInformation, command_line), &command_line);
    bytes
}
