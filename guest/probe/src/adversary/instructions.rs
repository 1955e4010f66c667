//! Executing what only a kernel may.

use bulkhead_abi::machine::i386::HYPERCALL_VECTOR;
use bulkhead_guest::{FaultKind, println};

use super::Tally;
use crate::arch;
use crate::attempt::attempt;

/// Every privileged instruction, and those that look like it.
pub(super) fn run() -> u32 {
    let mut tally = Tally::new("instructions");
    // An argument that would be a harmless operand: a good address in eax is what most of them take.
    for (name, code) in arch::faulting_instructions() {
        let report = attempt(code, 0x20);
        tally.note(report.is_some(), format_args!("{name} does not fault"));
        if let Some(report) = report {
            println!("instruction: {name}: {report}");
        }
    }
    for (name, code) in arch::harmless_instructions() {
        let report = attempt(code, 0x20);
        tally.note(report.is_none(), format_args!("{name} faults"));
    }
    tally.finish()
}

/// `int` with every number: only the call's goes through, and two report themselves.
pub(super) fn software_interrupts() -> u32 {
    let mut tally = Tally::new("interrupts");
    for (number, code) in arch::software_interrupts() {
        let report = attempt(code, 0);
        let good = match number {
            3 => report.is_some_and(|report| report.is(FaultKind::Debug)),
            4 => report.is_some_and(|report| report.is(FaultKind::Arithmetic)),
            _ if number == u32::from(HYPERCALL_VECTOR) => report.is_none(),
            // The error code names the vector: eight times, or sixteen times in some versions of QEMU; bit 1 is set.
            _ => report.is_some_and(|report| {
                report.is(FaultKind::Privilege) && [number * 8 + 2, number * 16 + 2].contains(&report.error)
            }),
        };
        tally.note(good, format_args!("int {number}"));
    }
    tally.finish()
}
