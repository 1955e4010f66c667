//! Partitions of a few instructions, where a program with a guest layer would be too large.

use std::fs;
use std::path::PathBuf;

use bulkhead_abi::machine::{X86_64, i386, sparc};
use bulkhead_abi::{Hypercall, InformationPage, Mode, StartInformation};
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
    calling(processor, name, (Hypercall::Restart, [1, 0, 0]), size)
}

/// The same, after another number of instructions with each start, so that it happens at every moment of a window.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub(crate) fn restarting_at_any_moment(processor: Processor, name: &str) -> PathBuf {
    let mut code = wait_by_restarts(processor);
    code.extend(instructions(processor, Hypercall::Restart, [1, 0, 0]));
    go_on(processor, &mut code);
    written(processor, name, &code)
}

/// Counts down from the number of starts, modulo 256.
fn wait_by_restarts(processor: Processor) -> Vec<u8> {
    let place =
        core::mem::offset_of!(InformationPage, start) + core::mem::offset_of!(StartInformation, restarts);
    match processor {
        Processor::X86_64 => {
            let address = i386::INFORMATION_PAGE + place as u32;
            // mov (address), %eax; and $255, %eax; 1: dec %eax; jns 1b
            let [load, and, count] = [&[0xa1][..], &[0x25, 0xff, 0, 0, 0], &[0x48, 0x79, 0xfd]];
            [load, &address.to_le_bytes(), and, count].concat()
        }
        Processor::Leon3 => {
            let address = sparc::INFORMATION_PAGE + place as u32;
            // sethi and ld of the address; and %g1, 255, %g1; 1: subcc %g1, 1, %g1; bpos 1b; nop
            let (high, low) = (0x0300_0000 | address >> 10, 0xc200_6000 | address & 0x3ff);
            let words = [high, low, 0x8208_60ff, 0x82a0_6001, 0x1cbf_ffff, 0x0100_0000];
            words.into_iter().flat_map(u32::to_be_bytes).collect()
        }
    }
}

/// A partition that does nothing but make a call, again if that returns, with an image of at least so many bytes.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn calling(
    processor: Processor,
    name: &str,
    (call, arguments): (Hypercall, [u32; 3]),
    size: usize,
) -> PathBuf {
    let mut code = instructions(processor, call, arguments);
    go_on(processor, &mut code);
    code.resize(code.len().max(size), 0);
    written(processor, name, &code)
}

/// The same behind a call that says that its start is done.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn calling_normally(processor: Processor, name: &str, call: Hypercall, arguments: [u32; 3]) -> PathBuf {
    let mut code = instructions(processor, Hypercall::SetMode, [Mode::Normal as u32, 0, 0]);
    code.extend(instructions(processor, call, arguments));
    go_on(processor, &mut code);
    written(processor, name, &code)
}

/// The instructions of one call.
fn instructions(processor: Processor, call: Hypercall, arguments: [u32; 3]) -> Vec<u8> {
    let mut code: Vec<u8> = Vec::new();
    match processor {
        // mov $call, %eax; the same with the arguments, %ebx, %ecx, %edx; int $0x80
        Processor::X86_64 => {
            let [first, second, third] = arguments;
            for (instruction, value) in [(0xb8, call as u32), (0xbb, first), (0xb9, second), (0xba, third)] {
                code.push(instruction);
                code.extend(value.to_le_bytes());
            }
            code.extend([0xcd, 0x80]);
        }
        // mov call, %g1; sethi and or of each argument, %o0 to %o2; ta 0x20
        Processor::Leon3 => {
            let mut words = vec![0x8210_2000 | call as u32];
            for (register, value) in (8..).zip(arguments) {
                words.push(register << 25 | 4 << 22 | value >> 10);
                words.push(2 << 30 | register << 25 | 2 << 19 | register << 14 | 1 << 13 | value & 0x3ff);
            }
            words.push(0x91d0_2020);
            code.extend(words.into_iter().flat_map(u32::to_be_bytes));
        }
    }
    code
}

/// Has the last call made again.
fn go_on(processor: Processor, code: &mut Vec<u8>) {
    match processor {
        // jmp
        Processor::X86_64 => code.extend([0xeb, 0xe8]),
        // ba; nop
        Processor::Leon3 => {
            code.extend([0x10bf_fff8_u32, 0x0100_0000].into_iter().flat_map(u32::to_be_bytes))
        }
    }
}

/// Where a partition's memory begins.
#[must_use]
pub const fn memory_base(processor: Processor) -> u32 {
    match processor {
        Processor::X86_64 => X86_64.partition_memory as u32,
        Processor::Leon3 => sparc::MEMORY_BASE,
    }
}

/// A partition that does nothing but write where it has no memory.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn faulting(processor: Processor, name: &str) -> PathBuf {
    let code = match processor {
        // mov %eax, 0x90000000
        Processor::X86_64 => vec![0xa3, 0, 0, 0, 0x90],
        // sethi %hi(0x90000000), %g1; st %g0, [%g1]
        Processor::Leon3 => [0x0324_0000_u32, 0xc020_4000].into_iter().flat_map(u32::to_be_bytes).collect(),
    };
    written(processor, name, &code)
}

fn written(processor: Processor, name: &str, code: &[u8]) -> PathBuf {
    let folder = repository().join("target/systems").join(processor.name());
    let path = folder.join(format!("{name}.exe"));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&path, executable(processor, code))).expect("a file");
    path
}

/// An ELF file of one segment of code, entered where it begins.
fn executable(processor: Processor, code: &[u8]) -> Vec<u8> {
    // Figures 1-3 and 2-1 of the System V ABI: header and program header, 52 and 32 bytes.
    const HEADERS: u32 = 0x1000;
    const I386: u32 = 3;
    const SPARC: u32 = 2;
    let little = processor == Processor::X86_64;
    let (machine, address) = (if little { I386 } else { SPARC }, memory_base(processor));
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
