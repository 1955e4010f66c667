//! The switch from task to task on SPARC.

use core::arch::global_asm;

use crate::Context;

global_asm!(include_str!("sparc.S"));

unsafe extern "C" {
    fn bulkhead_context_switch(save: *mut Context, load: usize, stack: usize, entry: extern "C" fn() -> !);
    fn bulkhead_context_keep_floating_point(state: *mut FloatingPoint);
    fn bulkhead_context_floating_point_back(state: *const FloatingPoint);
}

/// Saves the registers to one context and goes on with another; returns when that context is loaded again.
///
/// If the other context is 0, `entry` is called on the empty stack that ends at `stack`, with the floating-point
/// unit as it is at a program's start.
///
/// # Safety
/// Interrupts are disabled. `save` is writable and stays in place. `load` was saved by this function on a stack that
/// still exists, or is 0 and `stack` is the end of a stack that nobody uses.
pub unsafe fn switch(save: *mut Context, load: usize, stack: usize, entry: extern "C" fn() -> !) {
    // SAFETY: the caller's promise.
    unsafe { bulkhead_context_switch(save, load, stack, entry) }
}

/// Room for the state of the floating-point unit: FSR, an unused word, 32 registers.
#[repr(C, align(8))]
struct FloatingPoint([u32; 34]);

/// Calls a function of the program from an interrupt handler: compiled C may use the floating-point unit, and it
/// holds what the interrupted task has in it.
pub fn preserving_floating_point(work: impl FnOnce()) {
    let mut state = FloatingPoint([0; 34]);
    // SAFETY: the room has the size and the alignment that the function needs.
    unsafe { bulkhead_context_keep_floating_point(&raw mut state) };
    work();
    // SAFETY: what was saved is loaded again.
    unsafe { bulkhead_context_floating_point_back(&raw const state) };
}
