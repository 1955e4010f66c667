//! Partitions of a few instructions, where a program with a guest layer would be too large.

use std::fs;
use std::path::PathBuf;

use bulkhead_abi::machine::{X86_64, sparc};
use bulkhead_tool::system_file::Processor;

use crate::repository;

/// A partition that does nothing but start itself again, warm.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn restarting(processor: Processor) -> PathBuf {
    restarting_with(processor, "restarting", 0)
}

/// The same with an image of at least so many bytes, under this name.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn restarting_with(processor: Processor, name: &str, size: usize) -> PathBuf {
    let mut code: Vec<u8> = match processor {
        // mov $7, %eax; mov $1, %ebx; int $0x80; jmp .
        Processor::X86_64 => {
            vec![0xb8, 7, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xfe]
        }
        // mov 7, %g1; mov 1, %o0; ta 0x20; ba .; nop
        Processor::Leon3 => {
            let words: [u32; 5] = [0x8210_2007, 0x9010_2001, 0x91d0_2020, 0x1080_0000, 0x0100_0000];
            words.into_iter().flat_map(u32::to_be_bytes).collect()
        }
    };
    code.resize(code.len().max(size), 0);
    let folder = repository().join("target/systems").join(processor.name());
    let path = folder.join(format!("{name}.exe"));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, executable(processor, &code)))
        .expect("a file");
    path
}

/// An ELF file of one segment of code, entered where it begins.
fn executable(processor: Processor, code: &[u8]) -> Vec<u8> {
    // Figures 1-3 and 2-1 of the System V ABI: header and program header, 52 and 32 bytes.
    const HEADERS: u32 = 0x1000;
    const I386: u32 = 3;
    const SPARC: u32 = 2;
    let little = processor == Processor::X86_64;
    let (machine, address) = match processor {
        Processor::X86_64 => (I386, X86_64.partition_memory as u32),
        Processor::Leon3 => (SPARC, sparc::MEMORY_BASE),
    };
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, if little { 1 } else { 2 }, 1];
    file.resize(16, 0);
    let mut put = |value: u32, size: usize| {
        let bytes = if little { value.to_le_bytes() } else { value.to_be_bytes() };
        file.extend_from_slice(if little { &bytes[..size] } else { &bytes[4 - size..] });
    };
    for (value, size) in [(2, 2), (machine, 2), (1, 4), (address, 4), (52, 4), (0, 4), (0, 4)] {
        put(value, size);
    }
    for value in [52, 32, 1, 0, 0, 0] {
        put(value, 2);
    }
    let length = code.len() as u32;
    for value in [1, HEADERS, address, address, length, length, 5, HEADERS] {
        put(value, 4);
    }
    file.resize(HEADERS as usize, 0);
    file.extend_from_slice(code);
    file
}
