//! Where RAM ends.

use bulkhead_abi::machine::LEON3;

use crate::paging::{MEMORY_END_MAX, MEMORY_START};

/// What is looked at in one step where no loader has said it.
const STEP: u64 = 1 << 20;

/// The end of RAM, given the stack pointer that a loader has left in its last page.
///
/// QEMU from 9 to 10 leaves zero there. Then each MiB is tried; with the memory management unit off QEMU faults
/// nowhere.
pub(crate) fn end(stack_pointer: u32) -> u64 {
    if stack_pointer >= MEMORY_START {
        return u64::from(stack_pointer).next_multiple_of(4096).min(MEMORY_END_MAX);
    }
    let mut end = LEON3.table;
    while end < MEMORY_END_MAX && is_ram((end + STEP - 4) as usize as *mut u32) {
        end += STEP;
    }
    end
}

/// Whether a word keeps what is written to it. It has its old value afterwards.
fn is_ram(word: *mut u32) -> bool {
    // SAFETY: no device lies below the end of what can be RAM, nothing else runs, and the word is as it was in the end.
    unsafe {
        let value = word.read_volatile();
        word.write_volatile(!value);
        let kept = word.read_volatile() == !value;
        word.write_volatile(value);
        kept
    }
}
