//! What PCI functions try to reach by themselves and must not: an IOMMU has blocked it, and the owner's health monitor
//! is told.
//!
//! A device can try as often as it likes. So at most one is told in each slot, in time that nobody uses, and one more
//! when the system ends: what comes besides is blocked just so, and not told.

use bulkhead_abi::event::{Decision, NO_PARTITION, Record};
use bulkhead_abi::{Access, Action, HealthError, Level};

use crate::health_monitor::{nothing_but, trace_decision};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;
use crate::remapping::Fault;

/// The first reason that is one of an interrupt's (VT-d, 7.1.3).
const INTERRUPTS: u8 = 0x20;

impl Fault {
    const fn decision(&self) -> Decision {
        let access = if self.is_read { Access::Read } else { Access::Write };
        let memory = if self.reason < INTERRUPTS { Some((access, self.address)) } else { None };
        let (code, detail) = (self.reason as u32, self.function as u32);
        Decision { code, detail, memory, ..nothing_but(HealthError::Device) }
    }
}

impl<M: Machine> Kernel<M> {
    /// Tells of a function's fault, if there is one and none has been told of in this slot. The answer is whether it
    /// has been.
    #[inline(always)]
    pub(crate) fn tell_of_dma(&mut self, machine: &mut M) -> bool {
        machine.has_iommu() && self.look_for_fault(machine)
    }

    #[cold]
    #[inline(never)]
    fn look_for_fault(&mut self, machine: &mut M) -> bool {
        if self.devices.told_in == Some(self.slot.start) {
            return false;
        }
        let Some(fault) = machine.take_fault() else { return false };
        self.devices.told_in = Some(self.slot.start);
        match self.owner(&fault).filter(|owner| !self.guests[owner.place()].has_ended()) {
            Some(owner) => {
                let response = self.response(owner, HealthError::Device);
                self.act(machine, owner, fault.decision(), response, None);
            }
            None => self.note_fault(machine, &fault),
        }
        true
    }

    /// Tells of the fault that nobody has been told of yet, when the system ends.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell_of_last_dma(&mut self, machine: &mut M) {
        if machine.has_iommu()
            && let Some(fault) = machine.take_fault()
        {
            self.note_fault(machine, &fault);
        }
    }

    fn owner(&self, fault: &Fault) -> Option<Index> {
        let mut functions = self.devices.functions();
        functions.find(|function| function.number == fault.function).map(|function| function.partition)
    }

    /// Says what has happened, and does nothing about it.
    fn note_fault(&mut self, machine: &mut M, fault: &Fault) {
        let owner = self.owner(fault);
        let level = if owner.is_some() { Level::Partition } else { Level::Module };
        let number = owner.map_or(NO_PARTITION, |owner| owner.number() as u16);
        let decision = Decision { action: Action::Log, level, ..fault.decision() };
        trace_decision(machine, owner, &decision);
        self.note(owner, &Record::health(machine.now(), number, &decision), None);
    }
}
