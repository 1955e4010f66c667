//! A processor for tests on the developer's machine.

use bulkhead_abi::FaultKind;

use super::Arch;
use crate::host::simulated::{clock, depth};

/// The simulated processor.
#[derive(Debug)]
pub struct Processor;

/// What the kernel said about a fault; the simulated processor has no registers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FaultFrame {
    /// A [`FaultKind`].
    pub kind: u32,
    /// Program counter of the faulting instruction.
    pub program_counter: usize,
    /// Whether interrupts were enabled; whether they are when it goes on.
    pub interrupts_enabled: bool,
}

impl FaultFrame {
    /// The kind of fault.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        FaultKind::from_number(self.kind)
    }

    /// Sets that interrupts are disabled when it goes on.
    pub fn disable_interrupts(&mut self) {
        self.interrupts_enabled = false;
    }

    /// Whether interrupts were enabled.
    #[must_use]
    pub fn interrupts_were_enabled(&self) -> bool {
        self.interrupts_enabled
    }

    /// The processor's number for the fault; the simulated one has none.
    #[must_use]
    pub fn vector(&self) -> u32 {
        0
    }

    /// The stack pointer at the fault: somewhere in the partition's memory.
    #[must_use]
    pub fn stack_pointer(&self) -> usize {
        crate::partition::memory().start
    }

    /// Where the fault was.
    #[must_use]
    pub fn program_counter(&self) -> usize {
        self.program_counter
    }

    /// Has the partition go on in a function, with interrupts disabled.
    pub fn continue_in(&mut self, function: extern "C" fn() -> !) {
        self.disable_interrupts();
        self.program_counter = function as usize;
    }
}

impl Arch for Processor {
    const INTERRUPTS_ENABLED: u32 = 1;

    fn deliver() {
        use crate::host::{Host, Kernel};
        while Kernel::due() != 0 {
            Kernel::set_interrupts_enabled(0);
            depth(1);
            crate::interrupts::dispatch();
            depth(-1);
            Kernel::set_interrupts_enabled(Self::INTERRUPTS_ENABLED);
        }
    }

    fn clock_now() -> u64 {
        clock()
    }

    fn interrupt_depth() -> u32 {
        depth(0)
    }

    fn interrupt_entry() -> usize {
        1
    }

    fn fault_entry() -> usize {
        2
    }

    fn start_information() -> usize {
        0
    }
}
