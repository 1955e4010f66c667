//! The switch from task to task on i386.

use core::arch::{asm, global_asm};

use crate::Context;

global_asm!(
    include_str!("i386.S"),
    floating_point_control = const 0x37f,
    vector_control = const 0x1f80,
    options(att_syntax)
);

unsafe extern "C" {
    fn bulkhead_context_switch(save: *mut Context, load: usize, stack: usize, entry: extern "C" fn() -> !);
}

/// Saves the registers to one context and goes on with another; returns when that context is loaded again.
///
/// If the other context is 0, `entry` is called on the empty stack that ends at `stack`, with the floating-point
/// units as they are at a program's start.
///
/// # Safety
/// Interrupts are disabled. `save` is writable and stays in place. `load` was saved by this function on a stack that
/// still exists, or is 0 and `stack` is the end of a stack that nobody uses.
pub unsafe fn switch(save: *mut Context, load: usize, stack: usize, entry: extern "C" fn() -> !) {
    // SAFETY: the caller's promise.
    unsafe { bulkhead_context_switch(save, load, stack, entry) }
}

/// Room for the state of the floating-point units (Intel SDM volume 1, 10.5.1: 512 bytes, aligned to 16).
#[repr(C, align(16))]
struct FloatingPoint([u8; 512]);

/// Calls a function of the program from an interrupt handler: compiled C may use the floating-point units, and they
/// hold what the interrupted task has in them.
pub fn preserving_floating_point(work: impl FnOnce()) {
    let mut state = FloatingPoint([0; 512]);
    // SAFETY: the room has the size and the alignment that the instruction needs.
    unsafe { asm!("fxsave ({})", in(reg) &raw mut state, options(att_syntax, nostack)) };
    work();
    // SAFETY: what was saved is loaded again.
    unsafe { asm!("fxrstor ({})", in(reg) &raw const state, options(att_syntax, nostack)) };
}
