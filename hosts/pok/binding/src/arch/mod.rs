//! POK seen by an i386 guest: addresses and the call instruction.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use bulkhead_pok_facts::{
    Arguments, CALL_VECTOR, DATA, DATA_SELECTOR, Data, INFORMATION_PAGE, NOW, SHARED_PAGE,
};

// The counter's parameters are nowhere, since nobody reads it here.
bulkhead_guest::host_words!(
    page: "{page}",
    clock: "0",
    page = const SHARED_PAGE,
    data_selector = const DATA_SELECTOR,
);

global_asm!(
    include_str!("clock.S"),
    now = const (INFORMATION_PAGE + NOW) as usize,
    data_begin = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, begin),
    data_zeroed = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, zeroed),
    data_copy = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, copy),
    end_by_fault = sym crate::partition::end_by_fault,
    options(att_syntax),
);

unsafe extern "C" {
    fn bulkhead_pok_unhandled_fault();
    /// See `clock.S`.
    pub(crate) fn bulkhead_pok_restart(clear_to: u32) -> !;
}

/// Where faults continue that nobody handles.
pub(crate) fn unhandled_fault() -> usize {
    bulkhead_pok_unhandled_fault as *const () as usize
}

/// Makes a call; the answer.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn call(number: u32, arguments: &Arguments) -> u32 {
    let answer: u32;
    // SAFETY: the kernel keeps every register but the result; memory that it writes is the caller's promise.
    unsafe {
        asm!(
            "int {vector}",
            vector = const CALL_VECTOR,
            inlateout("eax") number => answer,
            in("ebx") arguments,
            options(nostack),
        );
    }
    answer
}
