//! A stack pointer that points nowhere, or where it must not, with an interrupt on its way.

use bulkhead_abi::Line;
use bulkhead_abi::machine::i386::{INFORMATION_PAGE, MEMORY_BASE};
use bulkhead_guest::{clock, fault, interrupts, partition, println, timer};

use crate::adversary::Tally;
use crate::arch;
use crate::attempt::attempt;

/// With `handled`, the faults come back and are counted; without, the health monitor must stop the partition.
pub(super) fn attack(line: &str) -> u32 {
    let mut tally = Tally::new("stack");
    let end = partition::memory().end as u32;
    let stacks =
        [0, 4, 0x1000, INFORMATION_PAGE + 0x100, MEMORY_BASE + 0x100, end + 0x1000, 0x8010_0000, 0xffff_fff0];
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    if line != "handled" {
        println!("adversary: stack about to wait at {:#x}", 0x8010_0000u32);
        // SAFETY: no handler.
        unsafe { fault::set_handler(None) };
        timer::set(clock::now() + 10_000);
        attempt(arch::probe_wait_on_stack, 0x8010_0000);
        return 1;
    }
    for armed in [false, true] {
        for stack in stacks {
            // Pending already, or about to come.
            timer::set(if armed { clock::now() + 30_000 } else { 0 });
            let report = attempt(arch::probe_wait_on_stack, stack);
            interrupts::disable();
            tally.note(report.is_some(), format_args!("stack {stack:#x} armed {armed}"));
        }
    }
    timer::clear();
    tally.finish()
}
