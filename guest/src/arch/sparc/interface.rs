//! Where the words of the partition interface lie on SPARC, and its traps: addresses that need no register, so that
//! every host has them there.

use core::mem::offset_of;

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{FaultRecord, SharedPage, UpcallRecord, Word64};

pub(crate) use sparc::{
    CLOCK_TRAP, FAULT_RETURN_TRAP, FLOATING_POINT_TRAP, FRAMES_TRAP, LEVEL, RETURN_TRAP, SHARED_PAGE,
    enable_word, level_of, lines_above,
};

const UPCALL: usize = SHARED_PAGE as usize + offset_of!(SharedPage, upcall);
const FAULT: usize = SHARED_PAGE as usize + offset_of!(SharedPage, fault);
const LOW: usize = offset_of!(Word64, low);
const HIGH: usize = offset_of!(Word64, high);

// What `interface.S` beside this file gives the processor's assembly as symbols.
pub(crate) const ENABLED: usize = SHARED_PAGE as usize + offset_of!(SharedPage, interrupts_enabled);
pub(crate) const PENDING: usize = SHARED_PAGE as usize + offset_of!(SharedPage, pending);
pub(crate) const MASK: usize = SHARED_PAGE as usize + offset_of!(SharedPage, mask);
pub(crate) const SCRATCH: usize = sparc::SCRATCH as usize;
/// The words behind those of a return from a fault, for the executive.
pub(crate) const EXECUTIVE: usize = SCRATCH + 0x10;
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
