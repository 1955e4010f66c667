//! The guest's register windows and its stack.
//!
//! What is done here begins with all windows of the guest in its context. What goes to a stack or comes from one is
//! checked against the partition's memory and copied through the kernel's own mapping, so that a bad stack pointer is
//! the partition's fault.

use bulkhead_abi::FaultKind;
use bulkhead_kernel_core::fault::{Access, Fault};
use bulkhead_kernel_core::machine::GuestMemory;
use bulkhead_kernel_core::memory::{Alleged, Region};
use bulkhead_kernel_core::partition::Index;

use crate::arch;
use crate::board::Board;
use crate::context::{RegisterWindow, WINDOWS};

/// Bytes of a window on a stack.
const SIZE: usize = 64;

/// The stack pointer is the seventh of the outs, and of the ins of the window below.
const STACK_POINTER: usize = 6;

/// The fault of a stack pointer that cannot be used.
fn bad_stack(vector: u32, address: u32, access: Access) -> Fault {
    let kind = if address & 7 == 0 { FaultKind::Memory } else { FaultKind::Alignment };
    Fault { kind, vector, error: 0, memory: Some((access, address.into())) }
}

/// Stores the guest's oldest frame on the stack, so that one window more is free.
pub(crate) fn spill(board: &mut Board, partition: Index, region: &Region, vector: u32) -> Result<(), Fault> {
    let context = board.context(partition);
    arch::evict_windows(context);
    let oldest = (context.invalid as usize + WINDOWS - 1) % WINDOWS;
    // The frame's outs are the ins of the window below.
    let stack = context.windows[(oldest + WINDOWS - 1) % WINDOWS].ins[STACK_POINTER];
    let window = context.windows[oldest];
    let to = region.writable(Alleged::new(stack as usize, SIZE)).ok().filter(|_| stack & 7 == 0);
    let to = to.ok_or_else(|| bad_stack(vector, stack, Access::Write))?;
    let mut bytes = [0; SIZE];
    for (place, word) in bytes.chunks_exact_mut(4).zip(window.locals.iter().chain(&window.ins)) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    board.write_guest(partition, to, &bytes);
    board.context(partition).invalid = oldest as u32;
    Ok(())
}

/// Loads the frame that the guest's frame was called from, which has none in the windows above.
pub(crate) fn fill(board: &mut Board, partition: Index, region: &Region, vector: u32) -> Result<(), Fault> {
    let context = board.context(partition);
    arch::evict_windows(context);
    let stack = context.window().ins[STACK_POINTER];
    let from = region.readable(Alleged::new(stack as usize, SIZE)).ok().filter(|_| stack & 7 == 0);
    let from = from.ok_or_else(|| bad_stack(vector, stack, Access::Read))?;
    let mut bytes = [0; SIZE];
    board.read_guest(partition, from, &mut bytes);
    let mut window = RegisterWindow { locals: [0; 8], ins: [0; 8] };
    for (place, word) in window.locals.iter_mut().chain(&mut window.ins).zip(bytes.chunks_exact(4)) {
        *place = word.iter().fold(0, |value, &byte| value << 8 | u32::from(byte));
    }
    let context = board.context(partition);
    let position = context.invalid as usize % WINDOWS;
    context.windows[position] = window;
    context.invalid = ((position + 1) % WINDOWS) as u32;
    Ok(())
}

/// Stores all frames of the guest but its current one on their stacks.
pub(crate) fn flush(board: &mut Board, partition: Index, region: &Region, vector: u32) -> Result<(), Fault> {
    for _ in 0..WINDOWS {
        let context = board.context(partition);
        if context.invalid as usize == (context.position() + 1) % WINDOWS {
            break;
        }
        spill(board, partition, region, vector)?;
    }
    Ok(())
}

/// Does what `restore` does to the windows.
pub(crate) fn pop(board: &mut Board, partition: Index, region: &Region, vector: u32) -> Result<(), Fault> {
    let context = board.context(partition);
    arch::evict_windows(context);
    let above = (context.position() + 1) % WINDOWS;
    if context.invalid as usize == above {
        fill(board, partition, region, vector)?;
    }
    let context = board.context(partition);
    context.outs = context.window().ins;
    context.psr = context.psr & !7 | (context.psr + 1) & 7;
    Ok(())
}
