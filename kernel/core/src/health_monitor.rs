//! The health monitor: what becomes of a fault that the partition does not handle itself.

use bulkhead_abi::event::Record;
use bulkhead_abi::system_table::FaultAction;

use crate::fault::Fault;
use crate::guest::State;
use crate::kernel::Kernel;
use crate::machine::Machine;

impl<M: Machine> Kernel<M> {
    /// Deals with a fault of the current partition: continues it at its fault entry, or lets the health monitor
    /// act. [`Kernel::dispatch`] is to be called next.
    pub fn fault(&mut self, machine: &mut M, fault: &Fault) {
        let culprit = machine.current();
        if !self.guests[culprit.place()].deliver_fault(machine, culprit, fault) {
            self.breach(machine, fault);
        }
    }

    /// Deals with a fault that the current partition's own handler does not get to see, or has caused: the health
    /// monitor acts. [`Kernel::dispatch`] is to be called next.
    pub fn breach(&mut self, machine: &mut M, fault: &Fault) {
        let culprit = machine.current();
        let stop = fault.stop(machine.program_counter(culprit) as u64);
        match self.partitions[culprit.place()].fault_action {
            FaultAction::Stop => self.guests[culprit.place()].state = State::Stopped,
        }
        let record = Record::stopped(machine.now(), culprit.number() as u16, &stop);
        self.console.put(culprit, &record);
    }
}
