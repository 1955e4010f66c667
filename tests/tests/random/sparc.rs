//! Random SPARC instructions: some of any bits, most of a known form, and pairs that have made trouble.
//!
//! The probe has one region of sixteen pieces. Sixteen partitions execute a piece each, and begin again somewhere in it
//! at every fault and every interrupt.

use bulkhead_tests::witnesses::MIDDLE;
use bulkhead_tests::{MICROSECOND, System};

use super::Mix;
use super::generator::Generator;

const PIECES: u64 = 16;
const PIECE: usize = 1024;

/// 112 pieces in all.
pub(super) const MIX: Mix =
    Mix { partitions, regions: 1, size: PIECES as usize * PIECE, code, systems: 7, windows: 6 };

fn partitions(system: System, _name: &str) -> System {
    let duration = 110 * MICROSECOND;
    (0..PIECES).fold(system, |system, piece| {
        let attack = format!("adversary random piece={piece} seed={}", 0x9e37_79b9 ^ (piece * 7919 + 1));
        system.probe(&format!("random-{piece}"), &attack, &[(MIDDLE.0 + piece * duration, duration)])
    })
}

/// Code of so many bytes, a multiple of four.
fn code(generator: &mut Generator, size: usize) -> Vec<u8> {
    let mut words = Vec::new();
    while words.len() < size / 4 {
        instructions(generator, &mut words);
    }
    words.into_iter().take(size / 4).flat_map(u32::to_be_bytes).collect()
}

/// A format-3 instruction: `op` 2 or 3, the operation, two registers and a third or a constant.
fn format_3(generator: &mut Generator, op: u32, operation: u32) -> u32 {
    let registers = generator.next() & 0x3e07_c000;
    let second = generator.next() & if generator.below(2) == 0 { 0x1f } else { 0x3fff };
    op << 30 | operation << 19 | registers & !(63 << 19) | second
}

/// `mov value, register` with a small value.
fn set(register: u32, value: u32) -> u32 {
    2 << 30 | register << 25 | 2 << 19 | 1 << 13 | value & 0x1fff
}

/// A trap instruction, always or on a condition.
fn trap(generator: &mut Generator) -> u32 {
    let condition = if generator.below(3) == 0 { generator.below(16) } else { 8 };
    let number = match generator.below(8) {
        0 => generator.below(128),
        _ => generator.one_of(&[3, 9, 9, 10, 10, 0x20, 0x20, 0x21, 0x22, 0x23]),
    };
    2 << 30 | condition << 25 | 0x3a << 19 | 1 << 13 | number
}

/// A branch of the processor (2), the floating-point unit (6) or the coprocessor (7), not far.
fn branch(generator: &mut Generator, kind: u32, condition: u32) -> u32 {
    let distance = generator.below(33).wrapping_sub(16) & 0x3f_ffff;
    generator.below(2) << 29 | condition << 25 | kind << 22 | distance
}

/// `jmp` to a register's address, mostly one that leads into the piece: i5 or l1.
fn jump(generator: &mut Generator) -> u32 {
    let register = generator.one_of(&[29, 29, 29, 17, 18, 15, 31, 9, 12]);
    let offset = generator.below(64) * 4 + if generator.below(16) == 0 { generator.below(4) } else { 0 };
    let link = generator.one_of(&[0, 0, 15, 8]);
    2 << 30 | link << 25 | 0x38 << 19 | register << 14 | 1 << 13 | offset
}

/// `rett` to such an address.
fn trap_return(generator: &mut Generator) -> u32 {
    jump(generator) & !(63 << 19) & !(31 << 25) | 0x39 << 19
}

/// One instruction, or some that belong together.
fn instructions(generator: &mut Generator, words: &mut Vec<u32>) {
    let word = match generator.below(24) {
        0 | 1 => generator.next(),
        2..=5 => {
            let operation = generator.below(0x28);
            format_3(generator, 2, operation)
        }
        // State registers, windows, jumps, the floating-point unit.
        6 => {
            let operation = 0x28 + generator.below(0x18);
            format_3(generator, 2, operation)
        }
        7 => {
            let operation = generator.one_of(&[0x3c, 0x3c, 0x3d]);
            format_3(generator, 2, operation)
        }
        8 | 9 => {
            let operation = generator.below(0x10);
            format_3(generator, 3, operation)
        }
        10 => {
            let operation = generator.below(0x40);
            format_3(generator, 3, operation)
        }
        // Floating point: operations that there are, and some that are not.
        11 => {
            let operation = generator.one_of(&[
                0x01, 0x05, 0x09, 0x29, 0x2a, 0x41, 0x42, 0x45, 0x46, 0x49, 0x4a, 0x4d, 0x4e, 0x69, 0xc4,
                0xc6, 0xc8, 0xc9, 0xcb, 0xd1, 0xd2, 0x51, 0x52, 0x55, 0x56,
            ]);
            let registers = generator.next() & 0x3e07_c01f;
            2 << 30 | generator.one_of(&[0x34, 0x34, 0x35]) << 19 | operation << 5 | registers & !(63 << 19)
        }
        12 => {
            let (kind, condition) = (generator.one_of(&[2, 2, 6, 7]), generator.below(16));
            branch(generator, kind, condition)
        }
        13 => generator.below(32) << 25 | 4 << 22 | generator.next() & 0x3f_ffff,
        14 | 15 => trap(generator),
        16 => {
            // A call with a number that it has; `halt` seldom.
            let number = generator.one_of(&[0, 1, 2, 3, 4, 4, 5, 7, 8, 9, 11]);
            words.push(set(1, if generator.below(64) == 0 { 6 } else { number }));
            2 << 30 | 8 << 25 | 0x3a << 19 | 1 << 13 | 0x20
        }
        17 => jump(generator),
        // A delay slot with a jump, a branch that is never taken, a trap or a return in it.
        18 | 19 => {
            words.push(jump(generator));
            match generator.below(6) {
                0 | 1 => branch(generator, 2, 0),
                2 | 3 => branch(generator, 6, 0),
                4 => trap(generator),
                _ => trap_return(generator),
            }
        }
        20 => {
            let condition = generator.below(16);
            words.push(branch(generator, 2, condition));
            match generator.below(4) {
                0 => branch(generator, 2, 0),
                1 => trap(generator),
                2 => jump(generator),
                _ => branch(generator, 6, 0),
            }
        }
        // PSR with traps off, and a return from a trap that was none.
        21 => {
            words.push(set(9, generator.one_of(&[0x80, 0x1080, 0x10a0, 0x1f80, 0xa0])));
            words.push(2 << 30 | 0x31 << 19 | 9 << 14);
            words.push(jump(generator));
            trap_return(generator)
        }
        // Windows with any stack.
        22 => {
            words.push(format_3(generator, 2, 0x3c));
            words.push(format_3(generator, 2, 0x3c));
            2 << 30 | 8 << 25 | 0x3a << 19 | 1 << 13 | 3
        }
        _ => 1 << 30 | generator.below(65).wrapping_sub(32) & 0x3fff_ffff,
    };
    words.push(word);
}
