//! The Bulkhead kernel seen by a SPARC guest: addresses and the call instruction.

use core::arch::asm;
use core::mem::offset_of;

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{FaultRecord, SharedPage, UpcallRecord, Word64};

pub(crate) use sparc::{CLOCK_TRAP, FAULT_RETURN_TRAP, INFORMATION_PAGE, RETURN_TRAP, SHARED_PAGE};

const UPCALL: usize = SHARED_PAGE as usize + offset_of!(SharedPage, upcall);
const FAULT: usize = SHARED_PAGE as usize + offset_of!(SharedPage, fault);
const LOW: usize = offset_of!(Word64, low);
const HIGH: usize = offset_of!(Word64, high);

// What `sparc.S` beside this file gives the processor's assembly as symbols.
pub(crate) const ENABLED: usize = SHARED_PAGE as usize + offset_of!(SharedPage, interrupts_enabled);
pub(crate) const PENDING: usize = SHARED_PAGE as usize + offset_of!(SharedPage, pending);
pub(crate) const MASK: usize = SHARED_PAGE as usize + offset_of!(SharedPage, mask);
pub(crate) const SCRATCH: usize = sparc::SCRATCH as usize;
pub(crate) const UPCALL_PROGRAM_COUNTER: usize = UPCALL + offset_of!(UpcallRecord, program_counter) + LOW;
pub(crate) const UPCALL_FLAGS: usize = UPCALL + offset_of!(UpcallRecord, flags) + LOW;
pub(crate) const UPCALL_NEXT: usize = UPCALL + offset_of!(UpcallRecord, flags) + HIGH;
pub(crate) const FAULT_KIND: usize = FAULT + offset_of!(FaultRecord, kind);
pub(crate) const FAULT_VECTOR: usize = FAULT + offset_of!(FaultRecord, vector);
pub(crate) const FAULT_ERROR: usize = FAULT + offset_of!(FaultRecord, error);
pub(crate) const FAULT_ENABLED: usize = FAULT + offset_of!(FaultRecord, interrupts_enabled);
pub(crate) const FAULT_ADDRESS: usize = FAULT + offset_of!(FaultRecord, address) + LOW;
pub(crate) const FAULT_PROGRAM_COUNTER: usize = FAULT + offset_of!(FaultRecord, program_counter) + LOW;
pub(crate) const FAULT_FLAGS: usize = FAULT + offset_of!(FaultRecord, flags) + LOW;
pub(crate) const FAULT_NEXT: usize = FAULT + offset_of!(FaultRecord, flags) + HIGH;
pub(crate) const FAULT_STACK_POINTER: usize = FAULT + offset_of!(FaultRecord, stack_pointer) + LOW;

/// Makes a call: number in `%g1`, arguments in `%o0` and `%o1`, the answer in `%o0`.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn hypercall(number: u32, first: u32, second: u32) -> i32 {
    let answer: u32;
    // SAFETY: the kernel keeps every register but the result; memory that it writes is the caller's promise. The
    // compiler keeps nothing in `%g1` from one instruction to the next.
    unsafe {
        asm!(
            "mov {number}, %g1",
            "ta {trap}",
            trap = const sparc::HYPERCALL_TRAP,
            number = in(reg) number,
            inlateout("o0") first => answer,
            in("o1") second,
            options(nostack),
        );
    }
    answer as i32
}

/// Sets the register that thread-local storage is found by.
#[inline(always)]
pub(crate) fn set_tls_base(base: usize) {
    // SAFETY: the register is the system's by the processor's ABI; the compiler never uses it.
    unsafe { asm!("mov {base}, %g7", base = in(reg) base, options(nostack, nomem)) };
}
