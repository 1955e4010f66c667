//! What every processor's assembly gives under the same names, as the guest layer's own code sees it.

use bulkhead_abi::FaultKind;

use super::processor::{INTERRUPTS_ENABLED, normal};
use super::{Arch, FaultFrame};

/// The processor that is built for.
#[derive(Debug)]
pub struct Processor;

unsafe extern "C" {
    safe fn bulkhead_interrupts_deliver();
    safe fn bulkhead_interrupt_nesting() -> u32;
    safe fn bulkhead_clock_now() -> u64;
    fn bulkhead_interrupt_entry();
    fn bulkhead_fault_entry();
    static bulkhead_start_information_address: usize;
}

impl Arch for Processor {
    const INTERRUPTS_ENABLED: u32 = INTERRUPTS_ENABLED;

    #[inline(always)]
    fn normal(word: u32) -> u32 {
        normal(word)
    }

    #[inline(always)]
    fn deliver() {
        bulkhead_interrupts_deliver();
    }

    #[inline(always)]
    fn clock_now() -> u64 {
        bulkhead_clock_now()
    }

    fn interrupt_depth() -> u32 {
        bulkhead_interrupt_nesting()
    }

    fn interrupt_entry() -> usize {
        bulkhead_interrupt_entry as *const () as usize
    }

    fn fault_entry() -> usize {
        bulkhead_fault_entry as *const () as usize
    }

    fn start_information() -> usize {
        // SAFETY: written once, at the entry point, before any Rust code runs.
        unsafe { bulkhead_start_information_address }
    }
}

impl FaultFrame {
    /// The kind of fault, the same names on every processor.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        FaultKind::from_number(self.kind)
    }

    /// Program counter of the faulting instruction.
    #[must_use]
    pub fn program_counter(&self) -> usize {
        self.program_counter as usize
    }

    /// The stack pointer at the fault.
    #[must_use]
    pub fn stack_pointer(&self) -> usize {
        self.stack_pointer as usize
    }

    /// Sets the stack pointer to go on with.
    pub fn set_stack_pointer(&mut self, address: usize) {
        self.stack_pointer = address as u32;
    }

    /// Sets that interrupts are disabled when it goes on.
    pub fn disable_interrupts(&mut self) {
        self.interrupts_enabled = 0;
    }

    /// Whether interrupts were enabled.
    #[must_use]
    pub fn interrupts_were_enabled(&self) -> bool {
        normal(self.interrupts_enabled) != 0
    }

    /// The processor's number for the fault.
    #[must_use]
    pub fn vector(&self) -> u32 {
        self.vector
    }

    /// The address that a memory fault touched, otherwise 0.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address as usize
    }
}
