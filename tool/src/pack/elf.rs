//! Adds what boots with the kernel to its ELF file: a segment, and for boot loaders that go by sections a section.

use object::elf::{
    FileHeader32, FileHeader64, PF_R, PT_LOAD, ProgramHeader32, ProgramHeader64, SHF_ALLOC, SHT_PROGBITS,
    SectionHeader32,
};
use object::endian::{BigEndian as BE, LittleEndian as LE, U32, U64};
use object::pod::{Pod, bytes_of, bytes_of_slice, from_bytes, from_bytes_mut, slice_from_bytes};

use crate::image::PAGE;
use crate::target::Processor;

/// The name of the section that the table and the images are.
const SECTION_NAME: &[u8] = b".bulkhead\0";

/// A kernel's file, whose headers have been read without complaint, with `contents` to be loaded at an address. `None`
/// if the headers are not those of the processor.
pub(super) fn with_contents(
    processor: Processor,
    kernel: &[u8],
    address: u64,
    contents: &[u8],
) -> Option<Vec<u8>> {
    let mut file = kernel.to_vec();
    pad(&mut file, PAGE as usize);
    let offset = file.len();
    file.extend_from_slice(contents);
    pad(&mut file, 8);
    match processor {
        Processor::X86_64 => {
            let segment = segment_64(address, offset, contents.len());
            let place = file.len() as u64;
            let header: &mut FileHeader64<LE> = from_bytes_mut(&mut file).ok()?.0;
            let (old, count) = (header.e_phoff.get(LE), header.e_phnum.get(LE));
            header.e_phoff.set(LE, place);
            header.e_phnum.set(LE, count.checked_add(1)?);
            append(&mut file, kernel, (old as usize, count), segment)?;
        }
        Processor::Leon3 => {
            let segment = segment_32(address, offset, contents.len());
            let place = file.len() as u32;
            let header: &mut FileHeader32<BE> = from_bytes_mut(&mut file).ok()?.0;
            let (old, count) = (header.e_phoff.get(BE), header.e_phnum.get(BE));
            header.e_phoff.set(BE, place);
            header.e_phnum.set(BE, count.checked_add(1)?);
            append(&mut file, kernel, (old as usize, count), segment)?;
            // A file without sections is loaded by its segments.
            let _ = add_section(&mut file, [address, offset as u64, contents.len() as u64]);
        }
    }
    Some(file)
}

/// Writes the kernel's program headers, which lie at an offset, behind the file's end, and one more.
fn append<Header: Pod>(
    file: &mut Vec<u8>,
    kernel: &[u8],
    (old, count): (usize, u16),
    added: Header,
) -> Option<()> {
    let (headers, _) = slice_from_bytes::<Header>(kernel.get(old..)?, count.into()).ok()?;
    file.extend_from_slice(bytes_of_slice(headers));
    file.extend_from_slice(bytes_of(&added));
    Some(())
}

fn segment_64(address: u64, offset: usize, size: usize) -> ProgramHeader64<LE> {
    let word = |value: u64| U64::new(LE, value);
    ProgramHeader64 {
        p_type: U32::new(LE, PT_LOAD),
        p_flags: U32::new(LE, PF_R),
        p_offset: word(offset as u64),
        p_vaddr: word(address),
        p_paddr: word(address),
        p_filesz: word(size as u64),
        p_memsz: word(size as u64),
        p_align: word(PAGE),
    }
}

fn segment_32(address: u64, offset: usize, size: usize) -> ProgramHeader32<BE> {
    let word = |value: u64| U32::new(BE, value as u32);
    ProgramHeader32 {
        p_type: U32::new(BE, PT_LOAD),
        p_offset: word(offset as u64),
        p_vaddr: word(address),
        p_paddr: word(address),
        p_filesz: word(size as u64),
        p_memsz: word(size as u64),
        p_flags: U32::new(BE, PF_R),
        p_align: word(PAGE),
    }
}

/// Writes the section headers and their names again behind the file's end, with one more for what lies at an address,
/// an offset in the file, and has a size. `None` if the file has no sections.
fn add_section(file: &mut Vec<u8>, place: [u64; 3]) -> Option<()> {
    let [address, offset, size] = place.map(|word| U32::new(BE, word as u32));
    let header: &FileHeader32<BE> = from_bytes(file).ok()?.0;
    let (first, count) = (header.e_shoff.get(BE) as usize, header.e_shnum.get(BE));
    let names = usize::from(header.e_shstrndx.get(BE).0);
    if first == 0 {
        return None;
    }
    let (sections, _) = slice_from_bytes::<SectionHeader32<BE>>(file.get(first..)?, count.into()).ok()?;
    let mut sections = sections.to_vec();
    let of_names = sections.get_mut(names)?;
    let (start, length) = (of_names.sh_offset.get(BE) as usize, of_names.sh_size.get(BE));
    let mut texts = file.get(start..start.checked_add(length as usize)?)?.to_vec();
    texts.extend_from_slice(SECTION_NAME);
    of_names.sh_offset.set(BE, file.len() as u32);
    of_names.sh_size.set(BE, texts.len() as u32);
    file.extend_from_slice(&texts);
    let none = U32::new(BE, 0);
    sections.push(SectionHeader32 {
        sh_name: U32::new(BE, length),
        sh_type: U32::new(BE, SHT_PROGBITS),
        sh_flags: U32::new_u64_truncate(BE, SHF_ALLOC),
        sh_addr: address,
        sh_offset: offset,
        sh_size: size,
        sh_link: none,
        sh_info: none,
        sh_addralign: U32::new(BE, PAGE as u32),
        sh_entsize: none,
    });
    pad(file, 8);
    let place = file.len() as u32;
    file.extend_from_slice(bytes_of_slice(&sections));
    let header: &mut FileHeader32<BE> = from_bytes_mut(file).ok()?.0;
    header.e_shoff.set(BE, place);
    header.e_shnum.set(BE, count.checked_add(1)?);
    Some(())
}

fn pad(bytes: &mut Vec<u8>, alignment: usize) {
    bytes.resize(bytes.len().next_multiple_of(alignment), 0);
}
