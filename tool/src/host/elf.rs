//! ELF files of nothing but segments, as the loaders of other kernels take them.

use object::LittleEndian;
use object::elf::{
    ELFCLASS32, ELFDATA2LSB, ELFDATA2MSB, ELFMAG, ET_EXEC, EV_CURRENT, FileFlags, FileHeader32, Ident,
    Machine, PF_R, PF_W, PF_X, PT_LOAD, ProgramHeader32, SHN_UNDEF, SectionHeader32,
};
use object::endian::{Endian, U16, U32};
use object::pod::bytes_of;

/// A segment with every right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Where its bytes are in the file.
    pub(super) offset: u32,
    /// Where they are loaded.
    pub(super) address: u32,
    /// How many there are.
    pub(super) size: u32,
    /// How much memory it takes.
    pub(super) memory_size: u32,
    /// What its place is a multiple of.
    pub(super) alignment: u32,
}

/// How long the headers of a file with so many segments are.
pub(super) const fn headers_size(segments: usize) -> u32 {
    (size_of::<FileHeader32<LittleEndian>>() + segments * size_of::<ProgramHeader32<LittleEndian>>()) as u32
}

/// The headers of a program for a machine, in its order of bytes.
pub(super) fn headers<E: Endian>(order: E, machine: Machine, entry: u32, segments: &[Segment]) -> Vec<u8> {
    let word = |value: u32| U32::new(order, value);
    let half = |value: usize| U16::new(order, value as u16);
    let header = FileHeader32 {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS32,
            data: if order.is_big_endian() { ELFDATA2MSB } else { ELFDATA2LSB },
            version: EV_CURRENT,
            os_abi: Default::default(),
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(order, ET_EXEC),
        e_machine: U16::new(order, machine),
        e_version: word(EV_CURRENT.0.into()),
        e_entry: word(entry),
        e_phoff: word(headers_size(0)),
        e_shoff: word(0),
        e_flags: U32::new(order, FileFlags(0)),
        e_ehsize: half(size_of::<FileHeader32<E>>()),
        e_phentsize: half(size_of::<ProgramHeader32<E>>()),
        e_phnum: half(segments.len()),
        e_shentsize: half(size_of::<SectionHeader32<E>>()),
        e_shnum: half(0),
        e_shstrndx: U16::new(order, SHN_UNDEF),
    };
    let mut bytes = bytes_of(&header).to_vec();
    for segment in segments {
        let header = ProgramHeader32 {
            p_type: U32::new(order, PT_LOAD),
            p_offset: word(segment.offset),
            p_vaddr: word(segment.address),
            p_paddr: word(segment.address),
            p_filesz: word(segment.size),
            p_memsz: word(segment.memory_size),
            p_flags: U32::new(order, PF_R | PF_W | PF_X),
            p_align: word(segment.alignment),
        };
        bytes.extend_from_slice(bytes_of(&header));
    }
    bytes
}
