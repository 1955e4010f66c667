//! Floating point: exceptions, the queue, and what faults while it is switched off.

use core::arch::global_asm;

use bulkhead_guest::{FaultKind, clock};

use super::Code;
use crate::adversary::Tally;
use crate::attempt::attempt;
use crate::command::number;

global_asm!(include_str!("floating_point.S"));

unsafe extern "C" {
    fn probe_float_division(unused: u32);
    fn probe_float_double_division(unused: u32);
    fn probe_float_nothing_by_nothing(unused: u32);
    fn probe_float_root(unused: u32);
    fn probe_float_overflow(unused: u32);
    fn probe_float_inexact(unused: u32);
    fn probe_float_quadruple(unused: u32);
    fn probe_float_unknown(unused: u32);
    fn probe_off_operation(unused: u32);
    fn probe_off_comparison(unused: u32);
    fn probe_off_load(unused: u32);
    fn probe_off_double_load(unused: u32);
    fn probe_off_store(unused: u32);
    fn probe_off_state_load(unused: u32);
    fn probe_off_state_store(unused: u32);
    fn probe_off_branch(unused: u32);
    fn probe_queue(unused: u32);
    fn probe_float_works() -> u32;
}

/// Trap types: the unit is switched off, an exception of it, and two of the processor itself.
const DISABLED: u32 = 0x04;
const EXCEPTION: u32 = 0x08;
const PRIVILEGED: u32 = 0x03;
const ILLEGAL: u32 = 0x02;

/// What FSR.ftt, the error of a fault record, says of an exception (SPARC V8 manual, 4.4): one of IEEE 754's, or an
/// operation that this unit does not do.
const IEEE_754: u32 = 1;
const UNIMPLEMENTED: u32 = 3;

/// The last is of another kind than those before: what it leaves must not be seen in the next.
const EXCEPTIONS: [(&str, Code, u32); 7] = [
    ("division by zero", probe_float_division, IEEE_754),
    ("division of double numbers", probe_float_double_division, IEEE_754),
    ("zero by zero", probe_float_nothing_by_nothing, IEEE_754),
    ("root of -1", probe_float_root, IEEE_754),
    ("overflow", probe_float_overflow, IEEE_754),
    ("inexact", probe_float_inexact, IEEE_754),
    ("quadruple numbers", probe_float_quadruple, UNIMPLEMENTED),
];

/// The code of each exception.
pub(super) fn exceptions() -> impl Iterator<Item = Code> {
    EXCEPTIONS.into_iter().map(|(_, code, _)| code)
}

const WHILE_OFF: [(&str, Code); 8] = [
    ("operation", probe_off_operation),
    ("comparison", probe_off_comparison),
    ("load", probe_off_load),
    ("double load", probe_off_double_load),
    ("store", probe_off_store),
    ("load of FSR", probe_off_state_load),
    ("store of FSR", probe_off_state_store),
    ("branch", probe_off_branch),
];

/// Makes every fault of the unit, again and again for some nanoseconds; in between it must work.
pub(super) fn attack(line: &str) -> u32 {
    let mut tally = Tally::new("floating-point");
    let until = clock::now() + number(line, "for", 0);
    loop {
        let exceptions =
            EXCEPTIONS.map(|(name, code, error)| (name, code, EXCEPTION, FaultKind::FloatingPoint, error));
        let off = WHILE_OFF.map(|(name, code)| (name, code, DISABLED, FaultKind::Instruction, 0));
        let queue = ("queue", probe_queue as Code, PRIVILEGED, FaultKind::Privilege, 0);
        for (name, code, vector, kind, error) in exceptions.into_iter().chain(off).chain([queue]) {
            let report = attempt(code, 0);
            let good = report
                .is_some_and(|report| report.is(kind) && (report.vector, report.error) == (vector, error));
            tally.note(good, format_args!("{name}: {}", report.unwrap_or_default()));
            // SAFETY: uses floating-point registers that nothing else does.
            tally.note(unsafe { probe_float_works() } == 1, format_args!("arithmetic after {name}"));
        }
        // An operation that there is not: the manual and the emulator call it by different names.
        let report = attempt(probe_float_unknown, 0);
        let good = report.is_some_and(|report| [EXCEPTION, ILLEGAL].contains(&report.vector));
        tally.note(good, format_args!("no operation: {}", report.unwrap_or_default()));
        if clock::now() >= until {
            break;
        }
    }
    tally.finish()
}
