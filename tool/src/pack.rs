//! Encodes the system table and adds it, with the images, to the kernel: one ELF file that boots.
//!
//! The kernel's file stays as it is, symbols included, but for two fields of its header: the program headers are
//! written again behind its end, with one more for the table and images.

use bulkhead_abi::system_table::{
    ByteOrder, Header, Image as ImageEntry, MAGIC, NO_PARTITION, PHYSICAL_ADDRESS_X86_64,
    Partition as PartitionEntry, VERSION, Window as WindowEntry, Writer,
};
use object::elf::PT_LOAD;

use crate::elf::{Elf, ElfError, PF_R, machine_text};
use crate::error::{Error, Message, Result};
use crate::image::PAGE;
use crate::layout::Layout;
use crate::system_file::System;

/// Machine number of x86-64 in an ELF header (System V ABI, `EM_X86_64`).
const EM_X86_64: u16 = 62;

/// Offsets in an ELF64 header of the fields that change, and the size of a program header (System V ABI, chapter 4).
const E_PHOFF: usize = 0x20;
const E_PHNUM: usize = 0x38;
const PROGRAM_HEADER_SIZE: usize = 56;

/// The one bootable file.
///
/// # Errors
/// If the kernel's file is not an x86-64 kernel with a PVH note that ends below the table.
pub fn pack(system: &System, layout: &Layout, kernel: &[u8]) -> Result<Vec<u8>> {
    let elf = checked_kernel(kernel)?;
    let contents = contents(system, layout);
    let mut file = kernel.to_vec();
    pad(&mut file, PAGE as usize);
    let offset = file.len() as u64;
    file.extend_from_slice(&contents);
    pad(&mut file, 8);
    let headers = file.len() as u64;
    let old = u64::from_le_bytes(field(kernel, E_PHOFF)) as usize;
    file.extend_from_slice(&kernel[old..old + elf.segments.len() * PROGRAM_HEADER_SIZE]);
    program_header(&mut file, offset, contents.len() as u64);
    file[E_PHOFF..E_PHOFF + 8].copy_from_slice(&headers.to_le_bytes());
    let count = (elf.segments.len() + 1) as u16;
    file[E_PHNUM..E_PHNUM + 2].copy_from_slice(&count.to_le_bytes());
    Ok(file)
}

fn checked_kernel(kernel: &[u8]) -> Result<Elf> {
    let wrong = |why: String| {
        Err(Error::Environment(
            Message::new(format!("the kernel's file {why}")).help("build the kernel again; `make` does"),
        ))
    };
    let elf = match Elf::read(kernel) {
        Ok(elf) => elf,
        Err(ElfError::NotElf) => return wrong("is not an ELF file".to_owned()),
        Err(ElfError::Damaged(message)) => return wrong(format!("is damaged: {message}")),
    };
    if elf.machine != EM_X86_64 || !elf.is_64 || !elf.little {
        return wrong(format!("is for {}, not for x86-64", machine_text(elf.machine)));
    }
    if !elf.pvh_entry {
        return wrong("has no PVH note, so nothing could boot it".to_owned());
    }
    if elf.segments.len() >= usize::from(u16::MAX) - 1 {
        return wrong("has too many program headers".to_owned());
    }
    for segment in elf.segments.iter().filter(|segment| segment.kind == PT_LOAD) {
        let end = segment.physical.checked_add(segment.memory_size);
        if end.is_none_or(|end| end > PHYSICAL_ADDRESS_X86_64) {
            return wrong(format!(
                "loads something at {:#x} that reaches the system table's place at {PHYSICAL_ADDRESS_X86_64:#x}",
                segment.physical
            ));
        }
    }
    Ok(elf)
}

fn field<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

/// An ELF64 program header for the table and the images.
fn program_header(file: &mut Vec<u8>, offset: u64, size: u64) {
    let address = PHYSICAL_ADDRESS_X86_64;
    file.extend_from_slice(&PT_LOAD.0.to_le_bytes());
    file.extend_from_slice(&PF_R.to_le_bytes());
    for word in [offset, address, address, size, size, PAGE] {
        file.extend_from_slice(&word.to_le_bytes());
    }
}

fn pad(bytes: &mut Vec<u8>, alignment: usize) {
    bytes.resize(bytes.len().next_multiple_of(alignment), 0);
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

/// The system table, encoded for x86-64.
#[must_use]
pub fn table(system: &System, layout: &Layout) -> Vec<u8> {
    let mut out = Encoder::default();
    header(system, layout).encode(&mut out);
    for placed in &layout.images {
        ImageEntry {
            physical: placed.range.start,
            file_size: placed.image.bytes.len() as u64,
            entry: placed.image.entry,
            text_end: placed.image.text_end,
            read_only_end: placed.image.read_only_end,
            data_end: placed.image.data_end,
        }
        .encode(&mut out);
    }
    partitions(system, layout, &mut out);
    for window in &system.windows {
        WindowEntry {
            partition: window.partition as u32,
            reserved: 0,
            start: window.start,
            duration: window.duration,
        }
        .encode(&mut out);
    }
    for partition in &system.partitions {
        out.put(partition.command_line.as_bytes());
    }
    out.bytes
}

fn header(system: &System, layout: &Layout) -> Header {
    Header {
        magic: MAGIC,
        version: VERSION,
        size: (layout.table.end - layout.table.start) as u32,
        images: layout.images.len() as u32,
        partitions: system.partitions.len() as u32,
        windows: system.windows.len() as u32,
        console_input: system.console_input.map_or(NO_PARTITION, |number| number as u32),
        reserved: 0,
        major_frame: system.major_frame,
        images_end: layout.images_end,
        memory_start: layout.memory.start,
        memory_end: layout.memory.end,
    }
}

fn partitions(system: &System, layout: &Layout, out: &mut Encoder) {
    let arrays = Header::SIZE
        + layout.images.len() * ImageEntry::SIZE
        + system.partitions.len() * PartitionEntry::SIZE
        + system.windows.len() * WindowEntry::SIZE;
    let mut command_line_offset = arrays as u32;
    for (partition, placed) in system.partitions.iter().zip(&layout.partitions) {
        let mut name = [0; 32];
        name[..partition.name.len()].copy_from_slice(partition.name.as_bytes());
        let command_line_length = partition.command_line.len() as u32;
        PartitionEntry {
            name,
            image: placed.image as u32,
            tick_policy: partition.tick as u32,
            fault_action: partition.on_fault as u32,
            command_line_offset,
            command_line_length,
            reserved: 0,
            memory: placed.memory.start,
            memory_size: partition.memory,
            tables: placed.tables.start,
            tables_size: placed.tables.end - placed.tables.start,
        }
        .encode(out);
        command_line_offset += command_line_length;
    }
}

/// Collects encoded fields in x86-64's byte order.
#[derive(Default)]
struct Encoder {
    bytes: Vec<u8>,
}

impl Writer for Encoder {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn order(&self) -> ByteOrder {
        ByteOrder::Little
    }
}
