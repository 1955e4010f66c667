//! POK seen by an i386 guest: addresses and the call instruction.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use bulkhead_abi::{FaultRecord, InformationPage, SharedPage, UpcallRecord, Word64};
use bulkhead_pok_facts::{
    Arguments, CALL_VECTOR, DATA, DATA_SELECTOR, Data, INFORMATION_PAGE, NOW, SHARED_PAGE,
};

const UPCALL: usize = SHARED_PAGE as usize + offset_of!(SharedPage, upcall);
const FAULT: usize = SHARED_PAGE as usize + offset_of!(SharedPage, fault);
const LOW: usize = offset_of!(Word64, low);

// The addresses that the assembly knows as symbols; the counter's parameters are nowhere, since nobody reads it here.
global_asm!(
    include_str!("../bulkhead/words.S"),
    enabled = const SHARED_PAGE as usize + offset_of!(SharedPage, interrupts_enabled),
    pending = const SHARED_PAGE as usize + offset_of!(SharedPage, pending),
    mask = const SHARED_PAGE as usize + offset_of!(SharedPage, mask),
    data_selector = const DATA_SELECTOR,
    upcall_program_counter = const UPCALL + offset_of!(UpcallRecord, program_counter) + LOW,
    upcall_flags = const UPCALL + offset_of!(UpcallRecord, flags) + LOW,
    clock_origin = const 0,
    clock_multiplier = const 0,
    clock_shift = const 0,
    fault_busy = const FAULT + offset_of!(FaultRecord, busy),
    fault_kind = const FAULT + offset_of!(FaultRecord, kind),
    fault_vector = const FAULT + offset_of!(FaultRecord, vector),
    fault_error = const FAULT + offset_of!(FaultRecord, error),
    fault_enabled = const FAULT + offset_of!(FaultRecord, interrupts_enabled),
    fault_address = const FAULT + offset_of!(FaultRecord, address) + LOW,
    fault_program_counter = const FAULT + offset_of!(FaultRecord, program_counter) + LOW,
    fault_flags = const FAULT + offset_of!(FaultRecord, flags) + LOW,
    fault_stack_pointer = const FAULT + offset_of!(FaultRecord, stack_pointer) + LOW,
    options(att_syntax),
);

global_asm!(
    include_str!("clock.S"),
    start_information = const INFORMATION_PAGE as usize + offset_of!(InformationPage, start),
    now = const (INFORMATION_PAGE + NOW) as usize,
    data_begin = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, begin),
    data_zeroed = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, zeroed),
    data_copy = const (INFORMATION_PAGE + DATA) as usize + offset_of!(Data, copy),
    end_by_fault = sym super::end_by_fault,
    options(att_syntax),
);

unsafe extern "C" {
    fn bulkhead_pok_unhandled_fault();
    /// See `clock.S`.
    pub(super) fn bulkhead_pok_restart(clear_to: u32) -> !;
}

/// Where faults continue that nobody handles.
pub(super) fn unhandled_fault() -> usize {
    bulkhead_pok_unhandled_fault as *const () as usize
}

/// Makes a call; the answer.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(super) unsafe fn call(number: u32, arguments: &Arguments) -> u32 {
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
