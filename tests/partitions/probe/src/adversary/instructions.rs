//! Executing what only a kernel may.

use bulkhead_guest::println;

use super::Tally;
use crate::arch;
use crate::attempt::attempt;

/// Every privileged instruction, and those that look like it.
pub(super) fn run() -> u32 {
    let mut tally = Tally::new("instructions");
    // An argument that would be a harmless operand: a good address in eax is what most of them take.
    for (name, code) in arch::faulting_instructions() {
        let report = attempt(code, 0x20);
        tally.note(report.is_some() || arch::may_do_nothing(name), format_args!("{name} does not fault"));
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

/// Every software interrupt there is: only those of the interface go through.
pub(super) fn software_interrupts() -> u32 {
    let mut tally = Tally::new("interrupts");
    for (number, code) in arch::software_interrupts() {
        let report = attempt(code, 0);
        tally.note(arch::software_interrupt_is_good(number, report), format_args!("number {number}"));
    }
    tally.finish()
}
