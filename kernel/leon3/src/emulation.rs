//! Privileged instructions that a guest may execute all the same: reads and writes of PSR, WIM and TBR.
//!
//! What a guest reads in PSR is its own state: condition codes, floating point on or off, and in the interrupt level
//! whether its interrupts are enabled. There is no window that is invalid for it, so WIM is always 0.

use bulkhead_abi::SharedPage;
use core::sync::atomic::Ordering;

use crate::context::{Context, psr};

/// The value of the enable word after the guest has enabled interrupts by itself.
pub(crate) const ENABLED: u32 = 1;

/// What became of an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emulated {
    /// Not one of those; nothing has changed.
    No,
    /// Done; the guest goes on behind it.
    Yes,
}

/// Emulates an instruction (SPARC V8 manual, B.28 and B.29).
pub(crate) fn emulate(context: &mut Context, page: &SharedPage, instruction: u32) -> Emulated {
    if instruction >> 30 != 2 {
        return Emulated::No;
    }
    let (destination, first) = (instruction >> 25 & 31, instruction >> 14 & 31);
    let second = if instruction & 1 << 13 != 0 {
        ((instruction << 19) as i32 >> 19) as u32
    } else {
        context.register(instruction & 31)
    };
    let written = context.register(first) ^ second;
    match instruction >> 19 & 63 {
        0x29 => {
            let enabled = page.interrupts_enabled.load(Ordering::Relaxed) != 0;
            let value = context.guest_psr() | if enabled { 0 } else { psr::LEVEL };
            context.set_register(destination, value);
        }
        0x2a => context.set_register(destination, 0),
        0x2b => {
            let value = context.trap_base;
            context.set_register(destination, value);
        }
        0x31 => {
            context.set_conditions(written);
            context.psr = context.psr & !psr::EF | written & psr::EF;
            let enabled = if written & psr::LEVEL == 0 { ENABLED } else { 0 };
            page.interrupts_enabled.store(enabled, Ordering::Relaxed);
        }
        0x32 => {}
        0x33 => context.trap_base = written & 0xffff_f000,
        _ => return Emulated::No,
    }
    context.skip();
    Emulated::Yes
}
