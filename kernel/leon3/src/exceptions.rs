//! From the processor's traps to the interface's faults.
//!
//! SPARC V8 manual, table 7-1 (trap types) and appendix H.5 (fault status).

use bulkhead_abi::FaultKind;
use bulkhead_kernel_core::fault::{Access, Fault};

use crate::arch::{self, mmu};

/// Trap types.
pub(crate) const WINDOW_OVERFLOW: u32 = 0x05;
pub(crate) const WINDOW_UNDERFLOW: u32 = 0x06;
pub(crate) const PRIVILEGED_INSTRUCTION: u32 = 0x03;
pub(crate) const MISALIGNED: u32 = 0x07;
pub(crate) const FLOATING_POINT: u32 = 0x08;
const INSTRUCTION_ACCESS: u32 = 0x01;
const DATA_ACCESS: u32 = 0x09;
/// The first and the last interrupt.
pub(crate) const INTERRUPT: u32 = 0x11;
pub(crate) const INTERRUPT_LAST: u32 = 0x1f;
/// The first software trap.
pub(crate) const SOFTWARE: u32 = 0x80;

/// Bits of the fault status: the access type, whose highest bit is a store, and the fault type.
const FAULT_STORE: u32 = 1 << 7;

/// Describes a trap that is the guest's fault.
pub(crate) fn describe(trap: u32, program_counter: u32) -> Fault {
    let kind = FaultKind::of_sparc_trap(trap);
    match trap {
        INSTRUCTION_ACCESS => {
            let error = arch::mmu_read(mmu::FAULT_STATUS);
            Fault { kind, vector: trap, error, memory: Some((Access::Execute, program_counter.into())) }
        }
        DATA_ACCESS => {
            let (address, error) = (arch::mmu_read(mmu::FAULT_ADDRESS), arch::mmu_read(mmu::FAULT_STATUS));
            let access = if error & FAULT_STORE != 0 { Access::Write } else { Access::Read };
            Fault { kind, vector: trap, error, memory: Some((access, address.into())) }
        }
        FLOATING_POINT => floating_point(arch::floating_point_state()),
        _ => Fault { kind, vector: trap, error: 0, memory: None },
    }
}

/// A floating-point exception that came with this FSR; its field ftt says which (SPARC V8 manual, 4.4).
pub(crate) const fn floating_point(state: u32) -> Fault {
    let kind = FaultKind::FloatingPoint;
    Fault { kind, vector: FLOATING_POINT, error: state >> 14 & 7, memory: None }
}
