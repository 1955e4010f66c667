//! Branches that are never taken in the delay slots of jumps, before everything that makes the kernel return.

use core::arch::global_asm;

use bulkhead_abi::machine::sparc;
use bulkhead_guest::interrupts;

use super::Code;
use super::windows::probe_recursion;
use crate::adversary::Tally;
use crate::attempt::attempt;

global_asm!(
    include_str!("delay_slots.S"),
    hypercall_trap = const sparc::HYPERCALL_TRAP,
    clock_trap = const sparc::CLOCK_TRAP,
    return_trap = const sparc::RETURN_TRAP,
    fault_return_trap = const sparc::FAULT_RETURN_TRAP,
);

unsafe extern "C" {
    fn probe_delay_disable_bn(unused: u32);
    fn probe_delay_enable_bn(unused: u32);
    fn probe_delay_flush_bn(unused: u32);
    fn probe_delay_call_bn(unused: u32);
    fn probe_delay_clock_bn(unused: u32);
    fn probe_delay_return_bn(unused: u32);
    fn probe_delay_fault_return_bn(unused: u32);
    fn probe_delay_refused_bn(unused: u32);
    fn probe_delay_nothing_bn(unused: u32);
    fn probe_delay_disable_fbn(unused: u32);
    fn probe_delay_enable_fbn(unused: u32);
    fn probe_delay_flush_fbn(unused: u32);
    fn probe_delay_call_fbn(unused: u32);
    fn probe_delay_clock_fbn(unused: u32);
    fn probe_delay_return_fbn(unused: u32);
    fn probe_delay_fault_return_fbn(unused: u32);
    fn probe_delay_refused_fbn(unused: u32);
    fn probe_delay_nothing_fbn(unused: u32);
    fn probe_window_save_bn(others: u32);
    fn probe_window_save_fbn(others: u32);
    fn probe_window_restore_bn(others: u32);
    fn probe_window_restore_fbn(others: u32);
}

const TRAPS: [Code; 18] = [
    probe_delay_disable_bn,
    probe_delay_enable_bn,
    probe_delay_flush_bn,
    probe_delay_call_bn,
    probe_delay_clock_bn,
    probe_delay_return_bn,
    probe_delay_fault_return_bn,
    probe_delay_refused_bn,
    probe_delay_nothing_bn,
    probe_delay_disable_fbn,
    probe_delay_enable_fbn,
    probe_delay_flush_fbn,
    probe_delay_call_fbn,
    probe_delay_clock_fbn,
    probe_delay_return_fbn,
    probe_delay_fault_return_fbn,
    probe_delay_refused_fbn,
    probe_delay_nothing_fbn,
];
const WINDOWS: [Code; 4] =
    [probe_window_save_bn, probe_window_save_fbn, probe_window_restore_bn, probe_window_restore_fbn];

/// Tries all of them. What comes of one, a jump or a fault, is the emulator's affair; afterwards all must be as before.
pub(super) fn attack() -> u32 {
    let mut tally = Tally::new("delay-slots");
    let expected = probe_recursion(16, 1);
    let windows = WINDOWS.into_iter().flat_map(|code| (0..8).map(move |others| (code, others)));
    for (number, (code, argument)) in TRAPS.map(|code| (code, 0)).into_iter().chain(windows).enumerate() {
        let report = attempt(code, argument);
        interrupts::enable();
        let good = probe_recursion(16, 1) == expected;
        tally.note(good, format_args!("{number}: {}", report.unwrap_or_default()));
    }
    tally.finish()
}
