//! What the tool wants to know of an ELF file (System V ABI, chapters 4 and 5).

use object::elf::{FileHeader32, FileHeader64, PT_NOTE, ProgramType};
use object::endian::Endianness;
use object::read::elf::{FileHeader, ProgramHeader};

/// "Executable, may be written": bits of `p_flags`.
pub(crate) const PF_X: u32 = object::elf::PF_X.0;
pub(crate) const PF_W: u32 = object::elf::PF_W.0;

/// The name and type of the note that says where a kernel is entered by PVH (Xen's `elfnote.h`,
/// `XEN_ELFNOTE_PHYS32_ENTRY`).
const PVH_NOTE: (&[u8], u32) = (b"Xen", 18);

/// An ELF file's headers.
#[derive(Clone, Debug)]
pub(crate) struct Elf {
    pub(crate) is_64: bool,
    pub(crate) little: bool,
    pub(crate) machine: u16,
    pub(crate) file_type: u16,
    pub(crate) entry: u64,
    pub(crate) segments: Vec<Segment>,
    /// Whether there is a note with the address where PVH enters.
    pub(crate) pvh_entry: bool,
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: ProgramType,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) physical: u64,
    pub(crate) file_size: u64,
    pub(crate) memory_size: u64,
}

impl Segment {
    /// The bytes of the file that the segment is filled with; `None` if the file does not have them.
    pub(crate) fn bytes<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        let start = usize::try_from(self.offset).ok()?;
        let end = start.checked_add(usize::try_from(self.file_size).ok()?)?;
        file.get(start..end)
    }

    /// The first address after it; `None` if that is past the end of the address space.
    pub(crate) fn end(&self) -> Option<u64> {
        self.address.checked_add(self.memory_size)
    }
}

/// Why a file cannot be read as ELF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ElfError {
    /// It does not begin with the four bytes that every ELF file begins with.
    NotElf,
    /// Its headers are not right.
    Damaged(String),
}

impl Elf {
    /// The segment that has an address in memory, and how far behind its beginning that is.
    fn segment_at(&self, address: u64) -> Option<(&Segment, u64)> {
        let has = |it: &&Segment| it.address <= address && it.end().is_some_and(|end| address < end);
        self.segments.iter().find(has).map(|segment| (segment, address - segment.address))
    }

    /// The physical address of what has an address; nothing if no segment has it, or there is no such address.
    pub(crate) fn physical(&self, address: u64) -> Option<u64> {
        let (segment, behind) = self.segment_at(address)?;
        segment.physical.checked_add(behind)
    }

    /// Where in the file that is what has an address.
    pub(crate) fn place_in_file(&self, address: u64) -> Option<usize> {
        let (segment, behind) = self.segment_at(address)?;
        usize::try_from(segment.offset.checked_add(behind)?).ok()
    }

    pub(crate) fn read(file: &[u8]) -> Result<Self, ElfError> {
        if !file.starts_with(b"\x7fELF") {
            return Err(ElfError::NotElf);
        }
        // e_ident[EI_CLASS]: 1 is 32 bits, 2 is 64.
        match file.get(4) {
            Some(1) => read::<FileHeader32<Endianness>>(file),
            Some(2) => read::<FileHeader64<Endianness>>(file),
            _ => Err(ElfError::Damaged("its class is neither 32 nor 64 bits".to_owned())),
        }
    }
}

fn read<Header: FileHeader<Endian = Endianness>>(file: &[u8]) -> Result<Elf, ElfError> {
    let damaged = |error: object::read::Error| ElfError::Damaged(error.to_string());
    let header = Header::parse(file).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let headers = header.program_headers(endian, file).map_err(damaged)?;
    let segments = headers
        .iter()
        .map(|segment| Segment {
            kind: segment.p_type(endian),
            flags: segment.p_flags(endian).0,
            offset: segment.p_offset(endian).into(),
            address: segment.p_vaddr(endian).into(),
            physical: segment.p_paddr(endian).into(),
            file_size: segment.p_filesz(endian).into(),
            memory_size: segment.p_memsz(endian).into(),
        })
        .collect();
    Ok(Elf {
        is_64: header.is_type_64(),
        little: header.is_little_endian(),
        machine: header.e_machine(endian).0,
        file_type: header.e_type(endian).0,
        entry: header.e_entry(endian).into(),
        segments,
        pvh_entry: headers.iter().any(|segment| has_pvh_note::<Header>(segment, endian, file)),
    })
}

fn has_pvh_note<Header: FileHeader<Endian = Endianness>>(
    segment: &Header::ProgramHeader,
    endian: Endianness,
    file: &[u8],
) -> bool {
    if segment.p_type(endian) != PT_NOTE {
        return false;
    }
    let Ok(Some(mut notes)) = segment.notes(endian, file) else { return false };
    while let Ok(Some(note)) = notes.next() {
        if (note.name(), note.n_type(endian).0) == PVH_NOTE {
            return true;
        }
    }
    false
}

/// What a machine number of an ELF header stands for, as far as a user may meet it here.
pub(crate) fn machine_text(machine: u16) -> String {
    // System V ABI, registry of e_machine values.
    match machine {
        2 => "SPARC".to_owned(),
        3 => "i386".to_owned(),
        8 => "MIPS".to_owned(),
        20 => "PowerPC".to_owned(),
        40 => "Arm".to_owned(),
        62 => "x86-64".to_owned(),
        183 => "AArch64".to_owned(),
        243 => "RISC-V".to_owned(),
        other => format!("machine number {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that somebody else has made can say anything of where its segments are.
    #[test]
    fn addresses_are_in_segments_or_nowhere() {
        let segment = |address, physical, offset, memory_size| Segment {
            kind: object::elf::PT_LOAD,
            flags: 0,
            offset,
            address,
            physical,
            file_size: memory_size,
            memory_size,
        };
        let segments = vec![
            segment(0x1000, 0x8000, 0x40, 0x100),
            segment(0x2000, u64::MAX, u64::MAX, 0x100),
            segment(u64::MAX, 0, 0, 2),
        ];
        let elf = Elf {
            is_64: true,
            little: true,
            machine: 62,
            file_type: 2,
            entry: 0,
            segments,
            pvh_entry: false,
        };
        let found = |address| (elf.physical(address), elf.place_in_file(address));
        assert_eq!(found(0x10ff), (Some(0x80ff), Some(0x13f)));
        for nowhere in [0, 0x1100, 0x2001, u64::MAX] {
            assert_eq!(found(nowhere), (None, None), "{nowhere:#x}");
        }
    }
}
