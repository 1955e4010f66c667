//! Garbage in the page that the kernel reads.

use bulkhead_guest::{clock, fault, partition};

use super::Tally;
use crate::arch::SHARED_PAGE;
use crate::command::number;

/// Fills the whole page with one pattern after the other, with calls and window ends in between.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("shared-page");
    // No entry of its own: whatever garbage says is due has nowhere to go.
    // SAFETY: no handler.
    unsafe { fault::set_handler(None) };
    unregister();
    let until = clock::now() + number(line, "for", 10_000_000);
    let mut word = 0xffff_ffffu32;
    while clock::now() < until {
        for offset in (0..4096).step_by(4) {
            // SAFETY: the page is the partition's to write, and nothing in it is used while this runs.
            unsafe { ((SHARED_PAGE + offset) as *mut u32).write_volatile(word) };
        }
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        partition::idle();
        if partition::status().is_err() {
            tally.note(false, format_args!("status refused"));
        }
    }
    tally.note(true, format_args!(""));
    for offset in (0..4096).step_by(4) {
        // SAFETY: as above.
        unsafe { ((SHARED_PAGE + offset) as *mut u32).write_volatile(0) };
    }
    tally.finish()
}

fn unregister() {
    unsafe extern "C" {
        fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
    }
    // SAFETY: takes the interrupt entry away; nothing here waits for interrupts.
    unsafe { bulkhead_hypercall(bulkhead_abi::Hypercall::SetUpcalls as u32, 0, 0) };
}
