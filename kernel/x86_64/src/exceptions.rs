//! From the processor's exceptions to the interface's faults.
//!
//! Intel SDM volume 3A, 6.15 (exceptions).

use bulkhead_abi::FaultKind;
use bulkhead_kernel_core::fault::{Access, Fault};

use crate::arch;
use crate::context::Registers;

const PAGE_FAULT: u32 = 14;

/// Describes the exception whose vector and error code an entry has stored.
pub(crate) fn describe(registers: &Registers) -> Fault {
    let (vector, error) = (registers.vector as u32, registers.error as u32);
    let kind = FaultKind::of_x86_vector(vector);
    let memory = (vector == PAGE_FAULT).then(|| (Access::of_x86_page_fault(error), arch::fault_address()));
    Fault { kind, vector, error, memory }
}

/// Describes what a guest has done that was in another mode than its own: the vector by which it came, and the code
/// segment that it had in place of the error code.
pub(crate) const fn describe_mode(registers: &Registers) -> Fault {
    let (vector, error) = (registers.vector as u32, registers.cs as u32 & 0xffff);
    Fault { kind: FaultKind::Mode, vector, error, memory: None }
}
