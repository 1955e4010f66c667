//! The state registers as the partition sees them: each a register of its own, whatever the processor's says.

use core::arch::global_asm;

use bulkhead_abi::machine::sparc;
use bulkhead_guest::{FaultKind, interrupts};

use super::windows::probe_recursion;
use crate::adversary::Tally;
use crate::attempt::attempt;

global_asm!(include_str!("emulated.S"), floating_point_trap = const sparc::FLOATING_POINT_TRAP);

unsafe extern "C" {
    safe fn probe_get_psr() -> u32;
    safe fn probe_get_wim() -> u32;
    safe fn probe_get_tbr() -> u32;
    safe fn probe_set_psr(value: u32);
    safe fn probe_switch_floating_point(value: u32);
    safe fn probe_set_wim(value: u32);
    safe fn probe_set_tbr(value: u32);
    fn probe_trap_return(psr: u32) -> u32;
    fn probe_trap_return_from_stack(psr: u32) -> u32;
    fn probe_trap_return_misaligned(psr: u32);
}

const CONDITIONS: u32 = 0x00f0_0000;
const FLOATING_POINT: u32 = 0x1000;
const LEVEL: u32 = 0xf00;
const SUPERVISOR: u32 = 0x80;
const TRAPS: u32 = 0x20;

/// Reads back what it writes, and returns from traps that were none.
pub(super) fn registers() -> u32 {
    let mut tally = Tally::new("emulated");
    let start = probe_get_psr();
    tally.note(start & (TRAPS | SUPERVISOR) == TRAPS | SUPERVISOR, format_args!("PSR {start:#x}"));
    for value in [0x55, 0xaa, 0xff, 0] {
        probe_set_wim(0xffff_ff00 | value);
        tally.note(probe_get_wim() == value, format_args!("WIM {value:#x}"));
        probe_set_tbr(value << 12 | 0xff7);
        tally.note(probe_get_tbr() == value << 12, format_args!("TBR {value:#x}"));
    }
    let base = start & !(CONDITIONS | LEVEL);
    for level in (0..16).map(|level| level << 8) {
        probe_set_psr(base | level);
        tally.note(probe_get_psr() & LEVEL == level, format_args!("level {level:#x}"));
        tally.note(interrupts::enabled() == (level != LEVEL), format_args!("interrupts at level {level:#x}"));
    }
    for bits in [CONDITIONS, 0x00a0_0000, 0x0050_0000, 0] {
        probe_set_psr(base | bits);
        tally.note(probe_get_psr() & CONDITIONS == bits, format_args!("conditions {bits:#x}"));
    }
    for (bits, seen) in [(0, 0), (FLOATING_POINT, FLOATING_POINT)] {
        probe_set_psr(base & !FLOATING_POINT | bits);
        tally.note(probe_get_psr() & FLOATING_POINT == seen, format_args!("floating point {bits:#x}"));
    }
    // By the trap it is that bit alone.
    for bits in [!FLOATING_POINT, FLOATING_POINT] {
        probe_set_psr(base | CONDITIONS);
        probe_switch_floating_point(bits);
        let expected = base & !FLOATING_POINT | CONDITIONS | bits & FLOATING_POINT;
        tally.note(probe_get_psr() == expected, format_args!("floating point by the trap, {bits:#x}"));
    }
    interrupts::disable();
    tally.note(probe_get_psr() & LEVEL == LEVEL, format_args!("the level when interrupts are disabled"));
    interrupts::enable();
    tally.note(probe_get_psr() & LEVEL == 0, format_args!("the level when interrupts are enabled"));

    let expected = probe_recursion(16, 1);
    let off = base & !TRAPS;
    for level in [0, 0x500, LEVEL] {
        // SAFETY: both keep the registers that a function keeps.
        let seen = unsafe { [probe_trap_return(off | level), probe_trap_return_from_stack(off | level)] };
        for psr in seen {
            // The conditions are of a comparison that both make.
            let good = (psr ^ (base | level)) & !CONDITIONS == 0;
            tally.note(good, format_args!("rett at level {level:#x}: PSR {psr:#x}"));
            tally.note(interrupts::enabled() == (level != LEVEL), format_args!("interrupts after rett"));
        }
    }
    let report = attempt(probe_trap_return_misaligned, off);
    tally.note(report.is_some_and(|report| report.is(FaultKind::Alignment)), format_args!("rett in between"));
    probe_set_psr(base);
    tally.note(probe_recursion(16, 1) == expected, format_args!("windows after rett"));
    tally.finish()
}
