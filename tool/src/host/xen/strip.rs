//! An image without what only a debugger reads: what is loaded, and nothing behind it.

use object::elf::{FileHeader32, SHN_UNDEF};
use object::endian::{Endianness, LittleEndian as LE};
use object::pod::from_bytes_mut;
use object::read::elf::{FileHeader, ProgramHeader};

/// The file up to the end of its last segment, with a header that tells of no sections. A file that is no ELF file of
/// 32 bits stays as it is.
pub(super) fn without_sections(mut file: Vec<u8>) -> Vec<u8> {
    let possible = size_of::<FileHeader32<LE>>()..=file.len();
    let Some(end) = end_of_segments(&file).filter(|end| possible.contains(end)) else { return file };
    let Ok((header, _)) = from_bytes_mut::<FileHeader32<LE>>(&mut file) else { return file };
    // Zeros are the same in either byte order.
    header.e_shoff.set(LE, 0);
    for field in [&mut header.e_shentsize, &mut header.e_shnum] {
        field.set(LE, 0);
    }
    header.e_shstrndx.set(LE, SHN_UNDEF);
    file.truncate(end);
    file
}

/// The first byte of the file behind its headers and all segments.
fn end_of_segments(file: &[u8]) -> Option<usize> {
    let header = FileHeader32::<Endianness>::parse(file).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, file).ok()?;
    let headers = usize::try_from(header.e_phoff(endian)).ok()? + size_of_val(segments);
    segments.iter().try_fold(headers, |end, segment| {
        let (offset, size) = (segment.p_offset(endian), segment.p_filesz(endian));
        Some(end.max(usize::try_from(offset.checked_add(size)?).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::without_sections;
    use crate::elf::Elf;

    /// A header, one segment of 8 bytes behind it, and 100 bytes of something else.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x5c + 100];
        file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        for (place, value) in
            [(0x10, 2_u16), (0x12, 3), (0x28, 0x34), (0x2a, 0x20), (0x2c, 1), (0x2e, 0x28), (0x30, 2)]
        {
            file[place..place + 2].copy_from_slice(&value.to_le_bytes());
        }
        for (place, value) in
            [(0x14, 1_u32), (0x1c, 0x34), (0x20, 0x60), (0x34, 1), (0x38, 0x54), (0x44, 8), (0x48, 8)]
        {
            file[place..place + 4].copy_from_slice(&value.to_le_bytes());
        }
        file[0x54..0x5c].copy_from_slice(b"program.");
        file
    }

    #[test]
    fn segments_stay_and_nothing_else() {
        let stripped = without_sections(file());
        assert_eq!(stripped.len(), 0x5c);
        let elf = Elf::read(&stripped).expect("an ELF file");
        assert_eq!(elf.segments.len(), 1);
        assert_eq!(elf.segments[0].bytes(&stripped), Some(&b"program."[..]));
        assert_eq!((&stripped[0x20..0x24], &stripped[0x2e..0x34]), (&[0; 4][..], &[0; 6][..]));
    }

    #[test]
    fn what_is_no_program_stays() {
        assert_eq!(without_sections(b"text".to_vec()), b"text");
        let mut wrong = file();
        wrong[0x44] = 0xff;
        wrong[0x45] = 0xff;
        assert_eq!(without_sections(wrong.clone()), wrong);
    }
}
