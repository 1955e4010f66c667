//! Encodes the system table and adds it, with the images, to the kernel: one ELF file that boots.
//!
//! The kernel's file stays as it is, symbols included, but for some fields of its header: the program headers are
//! written again behind its end, with one more for the table and images. Boot loaders for LEON go by sections, so for
//! them the section headers get one more too.

use bulkhead_abi::system_table::{
    ByteOrder, Header, Image as ImageEntry, MAGIC, NO_PARTITION, Partition as PartitionEntry, VERSION,
    Window as WindowEntry, Writer,
};
use object::elf::{PT_LOAD, SHF_ALLOC, SHT_PROGBITS};

use crate::elf::{Elf, ElfError, PF_R, machine_text};
use crate::error::{Error, Message, Result};
use crate::image::PAGE;
use crate::layout::Layout;
use crate::system_file::System;
use crate::target::Processor;

/// What a kernel's file is, and where its header has the fields that change (System V ABI, chapter 4).
struct Format {
    /// Machine number: `EM_X86_64` or `EM_SPARC`.
    machine: u16,
    is_64: bool,
    /// Offset of the field that says where the program headers lie.
    headers: usize,
    /// Offset of the field that says how many there are.
    count: usize,
    /// Size of a program header.
    header_size: usize,
}

const fn format(processor: Processor) -> Format {
    match processor {
        Processor::X86_64 => Format { machine: 62, is_64: true, headers: 0x20, count: 0x38, header_size: 56 },
        Processor::Leon3 => Format { machine: 2, is_64: false, headers: 0x1c, count: 0x2c, header_size: 32 },
    }
}

/// The one bootable file.
///
/// # Errors
/// If the kernel's file is not a kernel for the processor (with a PVH note on x86-64) that ends below the table.
pub fn pack(system: &System, layout: &Layout, kernel: &[u8]) -> Result<Vec<u8>> {
    let (format, order) = (format(system.processor), system.processor.board().order);
    let elf = checked_kernel(system.processor, kernel)?;
    let contents = contents(system, layout);
    let mut file = kernel.to_vec();
    pad(&mut file, PAGE as usize);
    let offset = file.len() as u64;
    file.extend_from_slice(&contents);
    pad(&mut file, 8);
    let headers = file.len() as u64;
    let count = (elf.segments.len() + 1) as u16;
    let (old, place, count) = match order {
        ByteOrder::Little => {
            let old = u64::from_le_bytes(field(kernel, format.headers)) as usize;
            (old, headers.to_le_bytes().to_vec(), count.to_le_bytes())
        }
        ByteOrder::Big => {
            let old = u32::from_be_bytes(field(kernel, format.headers)) as usize;
            (old, (headers as u32).to_be_bytes().to_vec(), count.to_be_bytes())
        }
    };
    file.extend_from_slice(&kernel[old..old + elf.segments.len() * format.header_size]);
    program_header(system.processor, &mut file, offset, contents.len() as u64);
    file[format.headers..format.headers + place.len()].copy_from_slice(&place);
    file[format.count..format.count + 2].copy_from_slice(&count);
    if system.processor == Processor::Leon3 {
        let address = system.processor.board().table;
        add_section(&mut file, [address, offset, contents.len() as u64].map(|word| word as u32));
    }
    Ok(file)
}

/// The name of the section that the table and the images are.
const SECTION_NAME: &[u8] = b".bulkhead\0";

/// Writes the section headers and their names again behind the file's end, with one more for what lies at an address,
/// an offset in the file, and has a size. A file of 32 bits, most significant byte first (System V ABI, chapter 4,
/// "Sections").
fn add_section(file: &mut Vec<u8>, [address, offset, size]: [u32; 3]) {
    const HEADER_SIZE: usize = 40;
    let half = |file: &[u8], place: usize| usize::from(u16::from_be_bytes(field(file, place)));
    let word = |file: &[u8], place: usize| u32::from_be_bytes(field(file, place));
    let (first, count, names) = (word(file, 0x20) as usize, half(file, 0x30), half(file, 0x32));
    let end = first + count * HEADER_SIZE;
    if first == 0 || names >= count || file.len() < end {
        return;
    }
    let mut headers = file[first..end].to_vec();
    // Its fields are name, type, flags, address, offset, size, link, information, alignment and size of an entry.
    let of_names = names * HEADER_SIZE;
    let (start, length) = (word(&headers, of_names + 16) as usize, word(&headers, of_names + 20) as usize);
    let Some(old_names) = file.get(start..start + length).map(<[u8]>::to_vec) else { return };
    let new_names = file.len() as u32;
    file.extend_from_slice(&old_names);
    file.extend_from_slice(SECTION_NAME);
    let new_length = (length + SECTION_NAME.len()) as u32;
    headers[of_names + 16..of_names + 20].copy_from_slice(&new_names.to_be_bytes());
    headers[of_names + 20..of_names + 24].copy_from_slice(&new_length.to_be_bytes());
    let (bits, loaded) = (SHT_PROGBITS.0, SHF_ALLOC.0 as u32);
    for value in [length as u32, bits, loaded, address, offset, size, 0, 0, PAGE as u32, 0] {
        headers.extend_from_slice(&value.to_be_bytes());
    }
    pad(file, 8);
    let place = file.len() as u32;
    file.extend_from_slice(&headers);
    file[0x20..0x24].copy_from_slice(&place.to_be_bytes());
    file[0x30..0x32].copy_from_slice(&(count as u16 + 1).to_be_bytes());
}

/// Whether a file's header is that of a kernel for the processor.
pub(crate) fn is_kernel(processor: Processor, elf: &Elf) -> bool {
    let format = format(processor);
    let little = processor.board().order == ByteOrder::Little;
    elf.machine == format.machine && elf.is_64 == format.is_64 && elf.little == little
}

fn checked_kernel(processor: Processor, kernel: &[u8]) -> Result<Elf> {
    let (format, board) = (format(processor), processor.board());
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
    if !is_kernel(processor, &elf) {
        let (found, wanted) = (machine_text(elf.machine), machine_text(format.machine));
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
    Ok(elf)
}

fn field<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

/// A program header for the table and the images.
fn program_header(processor: Processor, file: &mut Vec<u8>, offset: u64, size: u64) {
    let address = processor.board().table;
    match processor {
        Processor::X86_64 => {
            file.extend_from_slice(&PT_LOAD.0.to_le_bytes());
            file.extend_from_slice(&PF_R.to_le_bytes());
            for word in [offset, address, address, size, size, PAGE] {
                file.extend_from_slice(&word.to_le_bytes());
            }
        }
        Processor::Leon3 => {
            let [offset, address, size] = [offset, address, size].map(|word| word as u32);
            for word in [PT_LOAD.0, offset, address, address, size, size, PF_R, PAGE as u32] {
                file.extend_from_slice(&word.to_be_bytes());
            }
        }
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
        clock: system.leon3_clock,
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

/// Collects encoded fields.
struct Encoder {
    order: ByteOrder,
    bytes: Vec<u8>,
}

impl Writer for Encoder {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn order(&self) -> ByteOrder {
        self.order
    }
}
