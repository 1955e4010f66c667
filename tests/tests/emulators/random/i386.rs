//! Random instructions for i386: bytes, and among them the instructions that a kernel has most to do with, with
//! operands that come near to something.

use bulkhead_abi::machine::i386::{
    CODE_SELECTOR, DATA_SELECTOR, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE, TLS_SELECTOR,
};

use super::Random;

/// What the audit calls the code of an image without symbols.
pub(crate) const SILENT: &str = "(segment at 0x110000)";

/// Bytes of the code, and of the whole image with the data behind it.
const TEXT_SIZE: u32 = 0x1000;
const DATA: u32 = MEMORY_BASE + TEXT_SIZE;
const DATA_SIZE: u32 = 0x1000;

/// The fault record in the shared page: whether it is in use, and where the fault was.
const FAULT_BUSY: u32 = SHARED_PAGE + 0x20;
const FAULT_PROGRAM_COUNTER: u32 = SHARED_PAGE + 0x40;

/// Where the random part begins, behind what registers the fault entry and that entry.
const RANDOM: u32 = 80;

/// The call that registers entries.
const SET_UPCALLS: u32 = 9;

/// A program of random instructions, as an ELF file.
pub(super) fn image(seed: u64) -> Vec<u8> {
    let random = &mut Random::new(seed);
    let mut text = start();
    let first = text.len() as u32;
    while text.len() < TEXT_SIZE as usize - 16 {
        instruction(random, &mut text);
    }
    text.resize(TEXT_SIZE as usize, 0x90);
    without_holes(&mut text[first as usize..]);
    elf(&text)
}

/// Takes out what ends a version of QEMU itself (`holes.rs`): `lock` before an instruction that it does not fit, and
/// loads of what is no segment register.
fn without_holes(text: &mut [u8]) {
    for place in 0..text.len() {
        let next = text.get(place + 1).copied().unwrap_or(0);
        if text[place] == 0xf0 || text[place] == 0x8e && next >> 3 & 7 > 5 {
            text[place] = 0x90;
        }
    }
}

/// A program that executes this code once.
pub(crate) fn program(code: &[u8]) -> Vec<u8> {
    let mut text = Vec::from([0xbc]); // mov esp, …
    text.extend((DATA + DATA_SIZE).to_le_bytes());
    text.extend([0x6a, 0x02, 0x9d]); // push 2; popfd: the audit must have something to allow
    text.extend(code);
    text.resize(TEXT_SIZE as usize, 0xf4);
    elf(&text)
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
fn number(random: &mut Random) -> u32 {
    let any = random.next() as u32;
    match random.below(8) {
        0 => {
            random.one_of(&[MEMORY_BASE, INFORMATION_PAGE, SHARED_PAGE, DATA, 0, 0xffff_f000]) + (any & 0xfff)
        }
        1 => DATA + (any & 0xffc),
        2 => MEMORY_BASE + (any & 0xfff),
        3 => selector(random),
        // Flags: reserved ones, virtual-8086 mode, IOPL, the nested task among them.
        4 => any & 0x003f_7fff | 2,
        5 => 0x0002_0002 | any & 0x3300,
        6 => any & 0x1f,
        _ => any,
    }
}

fn selector(random: &mut Random) -> u32 {
    let any = random.next() as u32 & 0xffff;
    let known =
        [CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR, 0x08, 0x0b, 0x10, 0x20, 0x38, 0x3b, 0].map(u32::from);
    if any & 3 == 0 { any } else { random.one_of(&known) }
}

/// Appends one instruction, or several that belong together.
fn instruction(random: &mut Random, text: &mut Vec<u8>) {
    let value = number(random).to_le_bytes();
    match random.below(20) {
        0..=5 => text.push(random.next() as u8),
        6 => text.extend([&[0xb8 | random.below(8) as u8][..], &value].concat()), // mov register, …
        7 => text.extend([&[0x68][..], &value].concat()),                         // push …
        8 => text.extend([&[0x68][..], &value, &[0x9d]].concat()),                // push …; popfd
        9 => {
            // A whole frame on a good stack, and the way by it.
            text.extend([&[0xbc][..], &(DATA + 0x800).to_le_bytes()].concat());
            for place in 0..9 {
                let part = match place {
                    8 => MEMORY_BASE + RANDOM + random.below(0xf00) as u32,
                    7 | 4 => selector(random),
                    _ => number(random),
                };
                text.extend([&[0x68][..], &part.to_le_bytes()].concat());
            }
            text.extend_from_slice(random.one_of(&[&[0xcf][..], &[0x66, 0xcf], &[0xcb], &[0x66, 0xcb]]));
        }
        10 => text.extend_from_slice(random.one_of(&[
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
            text.push(random.one_of(&[0xea, 0x9a]));
            text.extend(value);
            text.extend((selector(random) as u16).to_le_bytes());
        }
        12 => text.extend([0xcd, if random.below(2) == 0 { 0x80 } else { random.next() as u8 }]), // int …
        // A call: any number, arguments that come near to something.
        13 => {
            text.extend([0xb8, random.below(12) as u8, 0, 0, 0, 0xbb]);
            text.extend(value);
            text.push(0xb9);
            text.extend(number(random).to_le_bytes());
            text.extend([0xcd, 0x80]);
        }
        14 => text.extend([0x8e, 0xc0 | random.next() as u8]), // mov segment, register
        15 => text.push(random.one_of(&[0x07, 0x17, 0x1f, 0xfa, 0xfb, 0xf4, 0xec, 0xee, 0xce, 0xcc, 0xf1])),
        16 => text.extend([0x0f, random.next() as u8, random.next() as u8]),
        17 => {
            text.extend([0x0f, random.one_of(&[0x05, 0x34, 0x35, 0x07, 0x0b, 0x06, 0x08, 0x30, 0x32, 0xa2])])
        }
        18 => text.extend([0xdb | random.below(8) as u8 & 4, random.next() as u8, random.next() as u8]),
        _ => text.extend([&[random.one_of(&[0xa1, 0xa3])][..], &value].concat()), // mov eax, […] and back
    }
}

/// An ELF file with code at the base of the partition's memory and data behind it.
fn elf(text: &[u8]) -> Vec<u8> {
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
