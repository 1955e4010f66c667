//! What an interrupt and a fault leave of the registers.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_guest::FaultKind;

use crate::faults;
use crate::report::check_equal;

global_asm!(include_str!("registers.S"));

/// An addition, and the condition codes (negative, zero, overflow, carry) that it sets.
const ADDITIONS: [(u32, u32, u32); 9] = [
    (0, 1, 0b0000),
    (u32::MAX, 2, 0b0001),
    (1 << 31, u32::MAX, 0b0011),
    (0, 0, 0b0100),
    (u32::MAX, 1, 0b0101),
    (1 << 31, 1 << 31, 0b0111),
    (0, u32::MAX, 0b1000),
    (u32::MAX, u32::MAX, 0b1001),
    (0x7fff_ffff, 1, 0b1010),
];

/// What `spin_with_all_registers` found: the condition codes, Y, FSR, then registers by number, of which some are its
/// own; then f0 to f31.
type Found = [u32; 3 + 32 + 32];

unsafe extern "C" {
    fn spin_with_all_registers(word: *const u32, found: *mut Found, addends: *const [u32; 2]);
    fn trap_in_registers(unused: u32, found: *mut Found, addends: *const [u32; 2]);
    fn fault_in_registers(address: u32, found: *mut Found, addends: *const [u32; 2]);
    safe fn frame_by_flush(value: u32) -> u32;
    safe fn frame_by_older_flush(value: u32) -> u32;
}

/// Checks what was found against what was there before. `own` are the registers that the code itself uses.
fn compare(found: &Found, own: &[usize], conditions: u32) {
    check_equal!(found[0] >> 20 & 0xf, conditions);
    check_equal!(found[1], 0x5a5a_5a5a);
    // Rounding to zero, and what has accrued.
    check_equal!(found[2] & 0xc000_03e0, 0x4000_0120);
    let registers = &found[3..];
    for (number, &value) in registers.iter().enumerate().filter(|(number, _)| !own.contains(number)) {
        let expected = if number < 32 { 0x1111 * number as u32 } else { 0x1_0000 + number as u32 - 32 };
        check_equal!((number, value), (number, expected));
    }
}

/// Checks that an interrupt leaves every register and the condition codes as they are, and so do traps, but for what
/// they answer; and that frames are on their stacks behind those that store them. The handler's count becomes 1.
pub(crate) fn registers(ticks: &AtomicU32, arm: impl Fn()) {
    for (first, second, conditions) in ADDITIONS {
        let mut found = [0; _];
        ticks.store(0, Relaxed);
        arm();
        // SAFETY: the word is one that a handler writes, `found` is ours.
        unsafe { spin_with_all_registers(ticks.as_ptr(), &raw mut found, &[first, second]) };
        // g0, the window's own stack and return, and what the loop works with: o0, o1, l0.
        compare(&found, &[0, 8, 9, 14, 16, 30, 31], conditions);
        // SAFETY: the level is as before behind it, `found` is ours.
        unsafe { trap_in_registers(0, &raw mut found, &[first, second]) };
        // g1 is the answer of the one, o0 and o1 are that of the other.
        compare(&found, &[0, 1, 8, 9, 14, 30, 31], conditions);
        // The traps that store frames: that of the interface, and what version 1.5 had.
        check_equal!(frame_by_flush(first), first);
        check_equal!(frame_by_older_flush(second), second);
    }
}

/// Checks that a fault whose handler goes on behind the instruction leaves every other register as it is.
pub(crate) fn fault_with_all_registers() {
    for (first, second, conditions) in ADDITIONS {
        let mut found = [0; _];
        // SAFETY: the handler skips the instruction, `found` is ours.
        unsafe { fault_in_registers(0x10, &raw mut found, &[first, second]) };
        compare(&found, &[0, 8, 9, 14, 30, 31], conditions);
        check_equal!(found[3 + 8], super::GIVEN);
        check_equal!(faults::take(), (1, FaultKind::Memory as u32, 0));
    }
}
