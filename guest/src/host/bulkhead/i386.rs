//! The Bulkhead kernel seen by an i386 guest: addresses and the call instruction.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use bulkhead_abi::machine::i386;
use bulkhead_abi::{
    ClockParameters, FaultRecord, Hypercall, InformationPage, SharedPage, UpcallRecord, Word64,
};

pub(super) use i386::{INFORMATION_PAGE, SHARED_PAGE};

const UPCALL: usize = SHARED_PAGE as usize + offset_of!(SharedPage, upcall);
const FAULT: usize = SHARED_PAGE as usize + offset_of!(SharedPage, fault);
const CLOCK: usize = INFORMATION_PAGE as usize + offset_of!(InformationPage, clock);
const LOW: usize = offset_of!(Word64, low);

// The addresses that the assembly knows as symbols.
global_asm!(
    include_str!("words.S"),
    enabled = const SHARED_PAGE as usize + offset_of!(SharedPage, interrupts_enabled),
    pending = const SHARED_PAGE as usize + offset_of!(SharedPage, pending),
    mask = const SHARED_PAGE as usize + offset_of!(SharedPage, mask),
    data_selector = const i386::DATA_SELECTOR,
    upcall_program_counter = const UPCALL + offset_of!(UpcallRecord, program_counter) + LOW,
    upcall_flags = const UPCALL + offset_of!(UpcallRecord, flags) + LOW,
    clock_origin = const CLOCK + offset_of!(ClockParameters, origin),
    clock_multiplier = const CLOCK + offset_of!(ClockParameters, multiplier),
    clock_shift = const CLOCK + offset_of!(ClockParameters, shift),
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

/// Makes a call: number in `eax`, arguments in `ebx` and `ecx`, the answer in `eax`.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(super) unsafe fn hypercall(number: u32, first: u32, second: u32) -> i32 {
    let answer: u32;
    // SAFETY: the kernel keeps every register but the result; memory that it writes is the caller's promise.
    unsafe {
        asm!(
            "int {vector}",
            vector = const i386::HYPERCALL_VECTOR,
            inlateout("eax") number => answer,
            in("ebx") first,
            in("ecx") second,
            options(nostack),
        );
    }
    answer as i32
}

/// Sets the base of the segment that thread-local storage is found by.
#[inline(always)]
pub(super) fn set_tls_base(base: usize) {
    // SAFETY: the kernel keeps every register but the result, and writes no memory of the guest's; a call with one
    // argument does not look at `ecx`.
    unsafe {
        asm!(
            "int {vector}",
            vector = const i386::HYPERCALL_VECTOR,
            inlateout("eax") Hypercall::SetTlsBase as u32 => _,
            in("ebx") base,
            options(nostack),
        );
    }
}
