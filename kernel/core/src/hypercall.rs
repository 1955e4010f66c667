//! The calls of a partition, as far as they need no hardware.
//!
//! Each function is what one call of [`bulkhead_abi::Call`] does; `docs/interface.md` says what a guest can
//! expect of it.

use bulkhead_abi::event::Record;
use bulkhead_abi::{
    ARGUMENTS_MAX, Call, Error, INTERFACE_VERSION, Line as InterruptLine, NEVER, PartitionStatus, StartReason,
};

use crate::clock::{FAR, is_before};
use crate::console::WRITE_MAX;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::memory::Alleged;
use crate::partition::{Index, State};

/// What becomes of a partition after its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It continues with this result.
    Return(i32),
    /// It continues with this result once an interrupt that may be due has been delivered.
    Deliver(i32),
    /// Somebody else may have to run: [`Kernel::dispatch`] decides.
    Dispatch,
}

impl<M: Machine> Kernel<M> {
    /// Serves a call of the running partition.
    #[inline(always)]
    pub fn hypercall(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        arguments: [u32; ARGUMENTS_MAX],
    ) -> Outcome {
        let call = match Call::decode(number, arguments) {
            Ok(call) => call,
            Err(error) => return Outcome::Return(error.code()),
        };
        match call {
            Call::InterfaceVersion => Outcome::Return(INTERFACE_VERSION as i32),
            Call::ConsoleWrite { address, length } => {
                answer(self.console_write(machine, caller, Alleged::new(address as usize, length as usize)))
            }
            Call::ConsoleRead { address, length } => {
                answer(self.console_read(machine, caller, Alleged::new(address as usize, length as usize)))
            }
            Call::Idle => self.idle(machine, caller),
            Call::TimerSet { deadline } => self.timer_set(machine, caller, deadline),
            Call::SetTlsBase { base } => {
                machine.set_tls_base(caller, base as usize);
                Outcome::Return(0)
            }
            Call::Halt { status } => self.halt(machine, caller, status),
            Call::Restart { reason } => self.restart(machine, caller, reason),
            Call::Status { address } => answer(self.status(machine, caller, address as usize)),
            Call::SetUpcalls { interrupt_entry, fault_entry } => {
                let partition = &mut self.partitions[caller.place()];
                partition.interrupt_entry = interrupt_entry as usize;
                partition.fault_entry = fault_entry as usize;
                Outcome::Deliver(0)
            }
        }
    }

    #[inline(never)]
    fn console_write(&mut self, machine: &mut M, caller: Index, from: Alleged) -> Result<i32, Error> {
        let from = self.partitions[caller.place()].region.readable(from)?.first(WRITE_MAX);
        let mut bytes = [0; WRITE_MAX];
        let bytes = bytes.get_mut(..from.length()).ok_or(Error::BadAddress)?;
        machine.read_guest(caller, from, bytes);
        let most = self.console_bytes(machine.now());
        Ok(self.console.write(machine, caller, bytes, most) as i32)
    }

    #[inline(never)]
    fn console_read(&mut self, machine: &mut M, caller: Index, to: Alleged) -> Result<i32, Error> {
        let to = self.partitions[caller.place()].region.writable(to)?.first(WRITE_MAX);
        if self.console_input != Some(caller) {
            return Err(Error::NotPermitted);
        }
        let most = self.console_bytes(machine.now());
        let mut bytes = [0; WRITE_MAX];
        let mut length = 0;
        for place in bytes.iter_mut().take(most.min(to.length())) {
            let Some(byte) = self.input_waiting.take().or_else(|| machine.console_take()) else { break };
            *place = byte;
            length += 1;
        }
        machine.write_guest(caller, to, bytes.get(..length).unwrap_or(&[]));
        Ok(length as i32)
    }

    fn idle(&mut self, machine: &mut M, caller: Index) -> Outcome {
        if machine.shared_page(caller).deliverable() != 0 {
            return Outcome::Deliver(0);
        }
        self.partitions[caller.place()].state = State::Idle;
        Outcome::Dispatch
    }

    #[inline(always)]
    fn timer_set(&mut self, machine: &mut M, caller: Index, deadline: u64) -> Outcome {
        let now = machine.now();
        let partition = &mut self.partitions[caller.place()];
        if deadline > FAR {
            partition.deadline = FAR;
        } else if is_before(now, deadline) {
            partition.deadline = deadline;
        } else {
            partition.deadline = FAR;
            machine.shared_page(caller).raise(InterruptLine::Timer);
            return Outcome::Deliver(0);
        }
        let deadline = partition.deadline;
        self.arm(machine, deadline, now);
        Outcome::Return(0)
    }

    #[inline(never)]
    fn halt(&mut self, machine: &mut M, caller: Index, status: u32) -> Outcome {
        let now = machine.now();
        let partition = &mut self.partitions[caller.place()];
        partition.state = State::Halted(status);
        self.console.events.put(caller, &Record::halted(now, caller.number() as u16, status));
        Outcome::Dispatch
    }

    #[inline(never)]
    fn restart(&mut self, machine: &mut M, caller: Index, reason: StartReason) -> Outcome {
        let now = machine.now();
        let partition = &mut self.partitions[caller.place()];
        partition.restarts = partition.restarts.saturating_add(1);
        partition.begin_start(reason);
        let record = Record::restarted(now, caller.number() as u16, partition.restarts, reason);
        self.console.events.put(caller, &record);
        Outcome::Dispatch
    }

    #[inline(never)]
    fn status(&mut self, machine: &mut M, caller: Index, address: usize) -> Result<i32, Error> {
        let partition = &self.partitions[caller.place()];
        let to = partition.region.writable(Alleged::new(address, PartitionStatus::SIZE))?;
        let now = machine.now();
        let deadline = if partition.deadline == FAR { NEVER } else { partition.deadline };
        let start = (partition.reason, partition.restarts);
        let window = (partition.windows, machine.information_page(caller).window_end.load());
        let status = PartitionStatus::new(caller.number(), start, window, now, deadline);
        machine.write_guest(caller, to, &status.bytes());
        Ok(0)
    }
}

fn answer(result: Result<i32, Error>) -> Outcome {
    Outcome::Return(result.unwrap_or_else(Error::code))
}
