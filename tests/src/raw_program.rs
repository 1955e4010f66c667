//! Programs for i386 that a test writes itself, byte by byte: code, data behind it, and an ELF file around them.

use bulkhead_abi::machine::i386::MEMORY_BASE;

/// What the audit calls the code of an image without symbols.
pub const SILENT: &str = "(segment at 0x110000)";

/// Bytes of the code, which begins at the base of the partition's memory.
pub const TEXT_SIZE: u32 = 0x1000;

/// Where the data is, behind the code, and how many bytes it has.
pub const DATA: u32 = MEMORY_BASE + TEXT_SIZE;
/// Bytes of the data.
pub const DATA_SIZE: u32 = 0x1000;

/// A program that executes this code once.
#[must_use]
pub fn program(code: &[u8]) -> Vec<u8> {
    let mut text = Vec::from([0xbc]); // mov esp, …
    text.extend((DATA + DATA_SIZE).to_le_bytes());
    text.extend([0x6a, 0x02, 0x9d]); // push 2; popfd: the audit must have something to allow
    text.extend(code);
    elf(&text)
}

/// An ELF file with this code, and `hlt` for the rest of its room.
///
/// # Panics
/// If there is no room for so much code.
#[must_use]
pub fn elf(code: &[u8]) -> Vec<u8> {
    assert!(code.len() <= TEXT_SIZE as usize, "{} bytes of code", code.len());
    let mut text = code.to_vec();
    text.resize(TEXT_SIZE as usize, 0xf4);
    const HEADER: u32 = 52;
    const OFFSET: u32 = 0x1000;
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([2, 0, 3, 0]);
    for word in [1, MEMORY_BASE, HEADER, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    for half in [HEADER as u16, 32, 2, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    let size = text.len() as u32;
    for header in [
        [1, OFFSET, MEMORY_BASE, MEMORY_BASE, size, size, 5, 0x1000],
        [1, OFFSET + size, DATA, DATA, 0, DATA_SIZE, 6, 0x1000],
    ] {
        for word in header {
            file.extend(u32::to_le_bytes(word));
        }
    }
    file.resize(OFFSET as usize, 0);
    file.extend(text);
    file
}
