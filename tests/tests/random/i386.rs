//! Random instructions for i386: bytes, and among them the instructions that a kernel has most to do with, with
//! operands that come near to something.
//!
//! Each partition has an image of its own, which is one region behind a fault entry. That goes on one instruction after
//! the fault, so that a partition gets through all of its image, or is stopped for what cannot be continued.

use std::fs;

use bulkhead_abi::machine::i386::{
    CODE_SELECTOR, DATA_SELECTOR, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE, TLS_SELECTOR,
};
use bulkhead_tests::raw_program::{self, DATA, DATA_SIZE, SILENT, TEXT_SIZE};
use bulkhead_tests::witnesses::MIDDLE;
use bulkhead_tests::{MICROSECOND, System, repository};

use super::generator::Generator;
use super::{MARK, Mix};

const PARTITIONS: u64 = 25;

/// 100 images in all.
pub(super) const MIX: Mix = Mix {
    partitions,
    regions: PARTITIONS as usize,
    size: (TEXT_SIZE - RANDOM) as usize,
    code,
    systems: 4,
    windows: 5,
};

fn partitions(system: System, name: &str) -> System {
    let folder = repository().join("target/systems").join(format!("{name}-i386"));
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let duration = 60 * MICROSECOND;
    (0..PARTITIONS).fold(system, |system, place| {
        let name = format!("random-{place}");
        let image = folder.join(format!("{name}.exe"));
        // Another one in each image, which would be stored once otherwise.
        let text = [&start()[..], MARK, &[place as u8]].concat();
        fs::write(&image, raw_program::elf(&text))
            .unwrap_or_else(|error| panic!("{}: {error}", image.display()));
        system.silent_partition(&name, &image, SILENT, &[(MIDDLE.0 + place * duration, duration)])
    })
}

/// The fault record in the shared page: whether it is in use, and where the fault was.
const FAULT_BUSY: u32 = SHARED_PAGE + 0x20;
const FAULT_PROGRAM_COUNTER: u32 = SHARED_PAGE + 0x40;

/// Where the random part begins, behind what registers the fault entry and that entry.
const RANDOM: u32 = 80;

/// The call that registers entries.
const SET_UPCALLS: u32 = 9;

/// Code of so many bytes.
fn code(generator: &mut Generator, size: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < size - 16 {
        instruction(generator, &mut text);
    }
    text.resize(size, 0x90);
    without_holes(&mut text);
    text
}

/// Takes out what ends a version of QEMU itself (`emulators/holes.rs`): `lock` before an instruction that it does not
/// fit, and loads of what is no segment register.
fn without_holes(text: &mut [u8]) {
    for place in 0..text.len() {
        let next = text.get(place + 1).copied().unwrap_or(0);
        if text[place] == 0xf0 || text[place] == 0x8e && next >> 3 & 7 > 5 {
            text[place] = 0x90;
        }
    }
}

/// Registers the fault entry, and is the fault entry.
fn start() -> Vec<u8> {
    let mut text = Vec::new();
    let stack = DATA + DATA_SIZE - 0x100;
    let put = |text: &mut Vec<u8>, opcode: &[u8], value: u32| {
        text.extend(opcode);
        text.extend(value.to_le_bytes());
    };
    put(&mut text, &[0xbc], stack); // mov esp, stack
    text.push(0x9d); // popfd: the audit must have something to allow
    put(&mut text, &[0xb8], SET_UPCALLS); // mov eax, …
    put(&mut text, &[0xbb], 0); // mov ebx, 0
    put(&mut text, &[0xb9], MEMORY_BASE + 30); // mov ecx, the fault entry
    text.extend([0xcd, 0x80]); // int 0x80
    text.extend([0xe9, RANDOM as u8 - 28, 0, 0, 0]); // jmp to the random part
    text.resize(30, 0x90);
    // The fault entry: segments and stack again, one byte further, from the start again at the end.
    text.extend([0x66, 0xb8, DATA_SELECTOR as u8, 0, 0x8e, 0xd8, 0x8e, 0xc0]); // mov ax, …; mov ds, ax; mov es, ax
    put(&mut text, &[0xbc], stack);
    put(&mut text, &[0xa1], FAULT_PROGRAM_COUNTER); // mov eax, […]
    text.push(0x40); // inc eax
    put(&mut text, &[0x3d], MEMORY_BASE + RANDOM); // cmp eax, the random part
    text.extend([0x72, 7]); // jb
    put(&mut text, &[0x3d], DATA); // cmp eax, its end
    text.extend([0x72, 5]); // jb
    put(&mut text, &[0xb8], MEMORY_BASE + RANDOM); // mov eax, the random part
    put(&mut text, &[0xc7, 0x05], FAULT_BUSY); // mov dword ptr […], 0
    text.extend([0, 0, 0, 0, 0xff, 0xe0]); // jmp eax
    assert_eq!(text.len(), RANDOM as usize);
    text
}

/// A number that means something to the kernel, or any.
fn number(generator: &mut Generator) -> u32 {
    let any = generator.next();
    match generator.below(8) {
        0 => {
            generator.one_of(&[MEMORY_BASE, INFORMATION_PAGE, SHARED_PAGE, DATA, 0, 0xffff_f000])
                + (any & 0xfff)
        }
        1 => DATA + (any & 0xffc),
        2 => MEMORY_BASE + (any & 0xfff),
        3 => selector(generator),
        // Flags: reserved ones, virtual-8086 mode, IOPL, the nested task among them.
        4 => any & 0x003f_7fff | 2,
        5 => 0x0002_0002 | any & 0x3300,
        6 => any & 0x1f,
        _ => any,
    }
}

fn selector(generator: &mut Generator) -> u32 {
    let any = generator.next() & 0xffff;
    let known =
        [CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR, 0x08, 0x0b, 0x10, 0x20, 0x38, 0x3b, 0].map(u32::from);
    if any & 3 == 0 { any } else { generator.one_of(&known) }
}

/// Appends one instruction, or several that belong together.
fn instruction(generator: &mut Generator, text: &mut Vec<u8>) {
    let value = number(generator).to_le_bytes();
    match generator.below(20) {
        0..=5 => text.push(generator.next() as u8),
        6 => text.extend([&[0xb8 | generator.below(8) as u8][..], &value].concat()), // mov register, …
        7 => text.extend([&[0x68][..], &value].concat()),                            // push …
        8 => text.extend([&[0x68][..], &value, &[0x9d]].concat()),                   // push …; popfd
        9 => {
            // A whole frame on a good stack, and the way by it.
            text.extend([&[0xbc][..], &(DATA + 0x800).to_le_bytes()].concat());
            for place in 0..9 {
                let part = match place {
                    8 => MEMORY_BASE + RANDOM + generator.below(0xf00),
                    7 | 4 => selector(generator),
                    _ => number(generator),
                };
                text.extend([&[0x68][..], &part.to_le_bytes()].concat());
            }
            text.extend_from_slice(generator.one_of(&[&[0xcf][..], &[0x66, 0xcf], &[0xcb], &[0x66, 0xcb]]));
        }
        10 => text.extend_from_slice(generator.one_of(&[
            &[0xcf][..],
            &[0xcb],
            &[0xc3],
            &[0x9d],
            &[0x9c],
            &[0x61],
            &[0x60],
        ])),
        11 => {
            // Far jump or call.
            text.push(generator.one_of(&[0xea, 0x9a]));
            text.extend(value);
            text.extend((selector(generator) as u16).to_le_bytes());
        }
        12 => text.extend([0xcd, if generator.below(2) == 0 { 0x80 } else { generator.next() as u8 }]), // int …
        // A call: any number, arguments that come near to something.
        13 => {
            text.extend([0xb8, generator.below(12) as u8, 0, 0, 0, 0xbb]);
            text.extend(value);
            text.push(0xb9);
            text.extend(number(generator).to_le_bytes());
            text.extend([0xcd, 0x80]);
        }
        14 => text.extend([0x8e, 0xc0 | generator.next() as u8]), // mov segment, register
        15 => {
            text.push(generator.one_of(&[0x07, 0x17, 0x1f, 0xfa, 0xfb, 0xf4, 0xec, 0xee, 0xce, 0xcc, 0xf1]))
        }
        16 => text.extend([0x0f, generator.next() as u8, generator.next() as u8]),
        17 => text
            .extend([0x0f, generator.one_of(&[0x05, 0x34, 0x35, 0x07, 0x0b, 0x06, 0x08, 0x30, 0x32, 0xa2])]),
        18 => {
            text.extend([0xdb | generator.below(8) as u8 & 4, generator.next() as u8, generator.next() as u8])
        }
        _ => text.extend([&[generator.one_of(&[0xa1, 0xa3])][..], &value].concat()), // mov eax, […] and back
    }
}
