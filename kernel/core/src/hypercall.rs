//! The calls of a partition, as far as they need no hardware.
//!
//! Each function is what one call of [`bulkhead_abi::Call`] does; `docs/interface.md` says what a guest can
//! expect of it.

use bulkhead_abi::event::Record;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::{
    ARGUMENTS_MAX, Call, Error, HealthError, INTERFACE_VERSION, Line, PartitionStatus, StartReason,
};

use crate::console::WRITE_MAX;
use crate::guest::State;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::memory::Alleged;
use crate::partition::Index;

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
    /// Serves a call of the current partition.
    #[inline(always)]
    pub fn hypercall(&mut self, machine: &mut M, number: u32, arguments: [u32; ARGUMENTS_MAX]) -> Outcome {
        if self.is_one_too_many() && self.has_flooded(machine) {
            return Outcome::Dispatch;
        }
        match self.message_call(machine, number, arguments) {
            Some(outcome) => outcome,
            None => self.other_call(machine, number, arguments),
        }
    }

    /// Serves a call that is none of [`Kernel::message_call`]'s, and has been counted.
    #[inline(always)]
    pub fn other_call(&mut self, machine: &mut M, number: u32, arguments: [u32; ARGUMENTS_MAX]) -> Outcome {
        let caller = machine.current();
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
            Call::Idle => {
                let outcome = self.guests[caller.place()].idle(machine.shared_page(caller));
                if matches!(outcome, Outcome::Dispatch) {
                    machine.trace(Kind::Idle, caller, 0);
                }
                outcome
            }
            Call::TimerSet { deadline } => self.timer_set(machine, caller, deadline),
            Call::SetTlsBase { base } => {
                machine.set_tls_base(caller, base as usize);
                Outcome::Return(0)
            }
            Call::Halt { status } => self.halt(machine, caller, status),
            Call::Restart { reason } => self.restart(machine, caller, reason),
            Call::Status { address } => answer(self.status(machine, caller, address as usize)),
            Call::SetUpcalls { interrupt_entry, fault_entry } => {
                self.guests[caller.place()].set_entries(interrupt_entry as usize, fault_entry as usize);
                Outcome::Deliver(0)
            }
            Call::PortDescribe { port, address } => {
                answer(self.describe_port(machine, caller, port, address))
            }
            Call::PortStatus { port, address } => answer(self.port_status(machine, caller, port, address)),
            // Those of the other function.
            Call::SamplingWrite { .. }
            | Call::SamplingRead { .. }
            | Call::QueuingSend { .. }
            | Call::QueuingReceive { .. } => Outcome::Return(Error::UnknownCall.code()),
            Call::QueuingClear { port } => answer(self.clear_port(machine, caller, port)),
            Call::RegionDescribe { region, address } => {
                answer(self.describe_region(machine, caller, region, address))
            }
            Call::Doorbell { region } => answer(self.ring(caller, region)),
            Call::SetMode { mode } => self.set_mode(machine, caller, mode),
            Call::RaiseError { error, code, detail } => {
                if self.raised(machine, caller, error, code, detail) {
                    Outcome::Return(0)
                } else {
                    Outcome::Dispatch
                }
            }
            Call::ServeWatchdog => answer(self.served(machine, caller)),
            Call::PartitionControl { partition, mode } => self.control(machine, caller, partition, mode),
            Call::PartitionDescribe { partition, address } => {
                answer(self.describe_partition(machine, caller, partition, address))
            }
            Call::ScheduleSet { schedule } => answer(self.set_schedule(caller, schedule)),
            Call::ScheduleStatus { address } => answer(self.schedule_status(machine, caller, address)),
            Call::ScheduleDescribe { schedule, address } => {
                answer(self.describe_schedule(machine, caller, schedule, address))
            }
            Call::HealthRead { partition, sequence, address } => {
                answer(self.read_health(machine, caller, [partition, sequence, address]))
            }
            Call::ResourceDescribe { resource, address } => {
                answer(self.describe_resource(machine, caller, resource, address))
            }
            Call::RegisterRead { resource, offset, address } => {
                answer(self.read_register(machine, caller, [resource, offset, address]))
            }
            Call::RegisterWrite { resource, offset, value } => {
                answer(self.write_register(machine, caller, [resource, offset, value]))
            }
            Call::InterruptEnable { line } => self.enable_interrupt(machine, caller, line),
        }
    }

    /// Serves a call of the current partition that copies a message, and has been counted; none if it is another call.
    #[inline(always)]
    pub fn message_call(
        &mut self,
        machine: &mut M,
        number: u32,
        arguments: [u32; ARGUMENTS_MAX],
    ) -> Option<Outcome> {
        let caller = machine.current();
        let Ok(call) = Call::decode(number, arguments) else { return None };
        Some(match call {
            Call::SamplingWrite { port, address, length } => {
                let from = Alleged::new(address as usize, length as usize);
                self.put_message::<false>(machine, caller, port, from, false)
            }
            Call::SamplingRead { port, address, room } => {
                let to = Alleged::new(address as usize, room as usize);
                self.get_message::<false>(machine, caller, port, to)
            }
            Call::QueuingSend { port, waits, address, length } => {
                let from = Alleged::new(address as usize, length as usize);
                self.put_message::<true>(machine, caller, port, from, waits)
            }
            Call::QueuingReceive { port, address, room } => {
                let to = Alleged::new(address as usize, room as usize);
                self.get_message::<true>(machine, caller, port, to)
            }
            _ => return None,
        })
    }

    /// Counts a call. The answer is whether that was one too many for its window, or so many that nobody counts them:
    /// [`Kernel::has_flooded`] knows.
    #[inline(always)]
    pub const fn is_one_too_many(&mut self) -> bool {
        self.calls_left = self.calls_left.wrapping_sub(1);
        self.calls_left == 0
    }

    /// Takes back that a call has been counted, which is counted again.
    #[inline(always)]
    pub const fn forget_call(&mut self) {
        self.calls_left = self.calls_left.wrapping_add(1);
    }

    /// Deals with a call that may be one too many. The answer is whether the partition does not go on with it.
    #[cold]
    #[inline(never)]
    pub fn has_flooded(&mut self, machine: &mut M) -> bool {
        let caller = machine.current();
        if self.partition(caller).calls == 0 {
            return false;
        }
        self.noticed(machine, caller, HealthError::CallFlood, self.partition(caller).calls - 1);
        !self.goes_on(caller)
    }

    #[inline(never)]
    fn console_write(&mut self, machine: &mut M, caller: Index, from: Alleged) -> Result<i32, Error> {
        let from = self.partition(caller).region.readable(from)?.first(WRITE_MAX);
        let mut bytes = [0; WRITE_MAX];
        let bytes = bytes.get_mut(..from.length()).ok_or(Error::BadAddress)?;
        machine.read_guest(caller, from, bytes);
        let most = self.console_bytes(machine.now());
        let taken = self.console.write(machine, caller, bytes, most);
        machine.trace(Kind::Console, caller, taken as u32);
        Ok(taken as i32)
    }

    #[inline(never)]
    fn console_read(&mut self, machine: &mut M, caller: Index, to: Alleged) -> Result<i32, Error> {
        let to = self.partition(caller).region.writable(to)?.first(WRITE_MAX);
        if !self.console.hears(caller) {
            return Err(Error::NotPermitted);
        }
        let most = self.console_bytes(machine.now());
        let mut bytes = [0; WRITE_MAX];
        let room = bytes.get_mut(..most.min(to.length())).unwrap_or_default();
        let notices = Self::notices_input(machine, caller);
        let length = if notices { self.console.read(machine, caller, room) } else { 0 };
        machine.write_guest(caller, to, bytes.get(..length).unwrap_or_default());
        Ok(length as i32)
    }

    #[inline(never)]
    fn status(&mut self, machine: &mut M, caller: Index, address: usize) -> Result<i32, Error> {
        let to = self.partition(caller).region.writable(Alleged::new(address, PartitionStatus::SIZE))?;
        let window_end = machine.information_page(caller).window_end.load();
        let status = self.guests[caller.place()].status(caller, window_end, machine.now());
        machine.write_guest(caller, to, &status.bytes());
        Ok(0)
    }

    #[inline(always)]
    fn timer_set(&mut self, machine: &mut M, caller: Index, deadline: u64) -> Outcome {
        let now = machine.now();
        let guest = &mut self.guests[caller.place()];
        if guest.set_timer(deadline, now) {
            machine.trace_asked(Kind::Timer, caller, 0);
            machine.shared_page(caller).raise(Line::Timer);
            return Outcome::Deliver(0);
        }
        let deadline = guest.deadline;
        self.arm(machine, deadline, now);
        Outcome::Return(0)
    }

    #[inline(never)]
    pub(crate) fn halt(&mut self, machine: &mut M, caller: Index, status: u32) -> Outcome {
        self.guests[caller.place()].state = State::Halted(status);
        machine.trace(Kind::Halted, caller, status);
        self.quieten(machine, caller);
        self.console.put(&Record::halted(machine.now(), caller.number() as u16, status));
        Outcome::Dispatch
    }

    #[inline(never)]
    pub(crate) fn restart(&mut self, machine: &mut M, caller: Index, reason: StartReason) -> Outcome {
        self.begin_again(machine, caller, reason);
        Outcome::Dispatch
    }
}

fn answer(result: Result<i32, Error>) -> Outcome {
    Outcome::Return(result.unwrap_or_else(Error::code))
}
