//! Privileged instructions that a guest may execute all the same: reads and writes of PSR, WIM and TBR, and `rett`.
//!
//! They act on registers of the partition's own, never on the processor's. In PSR these are the condition codes,
//! floating point on or off, traps on or off, and the interrupt level; what decides which interrupts come is the
//! enable word of the shared page, and a write of PSR sets it. The window is the one that the guest is in; a write does
//! not change it. WIM and TBR are kept and mean nothing: the kernel looks after windows, and calls no trap handler.

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{FaultKind, SharedPage};
use bulkhead_kernel_core::fault::Fault;
use core::sync::atomic::Ordering;

use crate::context::{Context, WINDOWS, psr};
use crate::exceptions;

/// What became of an instruction.
#[derive(Clone, Copy)]
pub(crate) enum Emulated {
    /// Done; the guest goes on behind it.
    Done,
    /// A `rett` to this address, of which the windows' part is still to be done, and then [`trap_return`].
    Return(u32),
}

/// Whether an instruction may name registers of the window, which must be in the context then.
pub(crate) const fn names_windows(instruction: u32) -> bool {
    const LOCALS_AND_INS: u32 = 16;
    (instruction >> 25 | instruction >> 14 | instruction) & LOCALS_AND_INS != 0
}

/// Emulates an instruction (SPARC V8 manual, B.26, B.28 and B.29), unless it is none of those.
pub(crate) fn emulate(
    context: &mut Context,
    page: &SharedPage,
    instruction: u32,
    refused: Fault,
) -> Result<Emulated, Fault> {
    if instruction >> 30 != 2 {
        return Err(refused);
    }
    let (destination, first) = (instruction >> 25 & 31, context.register(instruction >> 14 & 31));
    let second = if instruction & 1 << 13 != 0 {
        ((instruction << 19) as i32 >> 19) as u32
    } else {
        context.register(instruction & 31)
    };
    let written = first ^ second;
    match instruction >> 19 & 63 {
        0x29 => {
            let enabled = page.interrupts_enabled.load(Ordering::Relaxed);
            context.set_register(destination, context.guest_psr(enabled));
        }
        0x2a => context.set_register(destination, context.invalid_mask),
        0x2b => context.set_register(destination, context.trap_base),
        0x31 => {
            context.set_conditions(written);
            context.psr = context.psr & !psr::EF | written & psr::EF;
            context.level = written & sparc::LEVEL;
            set_traps(context, page, written & psr::ET != 0);
        }
        0x32 => context.invalid_mask = written & ((1 << WINDOWS) - 1),
        0x33 => context.trap_base = written & 0xffff_f000,
        // With traps on it is a trap itself.
        0x39 if !context.traps_on => {
            let target = first.wrapping_add(second);
            if target & 3 == 0 {
                return Ok(Emulated::Return(target));
            }
            let vector = exceptions::MISALIGNED;
            return Err(Fault { kind: FaultKind::Alignment, vector, error: 0, memory: None });
        }
        _ => return Err(refused),
    }
    context.skip();
    Ok(Emulated::Done)
}

/// The rest of a `rett`.
pub(crate) fn trap_return(context: &mut Context, page: &SharedPage, target: u32) {
    context.go_to(context.next_program_counter, target);
    set_traps(context, page, true);
}

fn set_traps(context: &mut Context, page: &SharedPage, on: bool) {
    context.traps_on = on;
    let enabled = if on { sparc::enable_word(context.level) } else { 0 };
    page.interrupts_enabled.store(enabled, Ordering::Relaxed);
}
