//! The Bulkhead kernel seen by an i386 guest: addresses and the call instruction.

use core::arch::asm;
use core::mem::offset_of;

use bulkhead_abi::machine::i386;
use bulkhead_abi::{
    ClockParameters, FaultRecord, Hypercall, InformationPage, SharedPage, UpcallRecord, Word64,
};

pub(crate) use i386::{DATA_SELECTOR, INFORMATION_PAGE, SHARED_PAGE};

const UPCALL: usize = SHARED_PAGE as usize + offset_of!(SharedPage, upcall);
const FAULT: usize = SHARED_PAGE as usize + offset_of!(SharedPage, fault);
const CLOCK: usize = INFORMATION_PAGE as usize + offset_of!(InformationPage, clock);
const LOW: usize = offset_of!(Word64, low);

// What `i386.S` beside this file gives the processor's assembly as symbols.
pub(crate) const ENABLED: usize = SHARED_PAGE as usize + offset_of!(SharedPage, interrupts_enabled);
pub(crate) const PENDING: usize = SHARED_PAGE as usize + offset_of!(SharedPage, pending);
pub(crate) const MASK: usize = SHARED_PAGE as usize + offset_of!(SharedPage, mask);
pub(crate) const UPCALL_PROGRAM_COUNTER: usize = UPCALL + offset_of!(UpcallRecord, program_counter) + LOW;
pub(crate) const UPCALL_FLAGS: usize = UPCALL + offset_of!(UpcallRecord, flags) + LOW;
pub(crate) const FAULT_BUSY: usize = FAULT + offset_of!(FaultRecord, busy);
pub(crate) const FAULT_KIND: usize = FAULT + offset_of!(FaultRecord, kind);
pub(crate) const FAULT_VECTOR: usize = FAULT + offset_of!(FaultRecord, vector);
pub(crate) const FAULT_ERROR: usize = FAULT + offset_of!(FaultRecord, error);
pub(crate) const FAULT_ENABLED: usize = FAULT + offset_of!(FaultRecord, interrupts_enabled);
pub(crate) const FAULT_ADDRESS: usize = FAULT + offset_of!(FaultRecord, address) + LOW;
pub(crate) const FAULT_PROGRAM_COUNTER: usize = FAULT + offset_of!(FaultRecord, program_counter) + LOW;
pub(crate) const FAULT_FLAGS: usize = FAULT + offset_of!(FaultRecord, flags) + LOW;
pub(crate) const FAULT_STACK_POINTER: usize = FAULT + offset_of!(FaultRecord, stack_pointer) + LOW;
pub(crate) const CLOCK_ORIGIN: usize = CLOCK + offset_of!(ClockParameters, origin);
pub(crate) const CLOCK_MULTIPLIER: usize = CLOCK + offset_of!(ClockParameters, multiplier);
pub(crate) const CLOCK_SHIFT: usize = CLOCK + offset_of!(ClockParameters, shift);

/// Makes a call: number in `eax`, arguments in `ebx` and `ecx`, the answer in `eax`.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn hypercall(number: u32, first: u32, second: u32) -> i32 {
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
pub(crate) fn set_tls_base(base: usize) {
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
