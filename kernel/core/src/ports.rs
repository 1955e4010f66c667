//! The calls about ports and shared memory.
//!
//! A message is copied in steps ([`GuestMemory::copy_in`]). The call does the first one; what is left is done while the
//! partition waits, with a look at the clock before each step, in its own windows ([`State::Copying`]).

use bulkhead_abi::Error;
use bulkhead_abi::trace::Kind;

use crate::channel::{Message, Place, Port, PortIndex};
use crate::guest::{Guests, State};
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::{GuestMemory, Machine};
use crate::memory::{Alleged, Checked};
use crate::partition::Index;

/// The longest message, in bytes, of which any number of destinations is told at once; of a longer one so many are.
const SHORT: u32 = 256;
const TOLD_AT_ONCE: u16 = 4;

/// A copy of a message between a partition's memory and a buffer, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    message: Message,
    /// Whether the message goes out.
    goes_out: bool,
    /// What is left in the partition's memory, and where that is in the buffers.
    rest: Checked,
    place: Place,
}

impl Copy {
    /// Does the next step. The answer is whether the copy is complete.
    #[inline(always)]
    fn step(&mut self, machine: &mut impl GuestMemory) -> bool {
        let done = if self.goes_out {
            machine.copy_in(self.rest, self.place)
        } else {
            machine.copy_out(self.rest, self.place)
        };
        self.rest = self.rest.behind(done);
        self.place = self.place.behind(done);
        self.rest.length() == 0
    }
}

/// How many ports are settled in a step.
const PORTS_PER_STEP: u8 = 8;

/// Tells a port's partition, in its next window, that something has come or that there is room.
#[inline(always)]
fn tell(guests: &mut Guests, port: &Port) {
    guests[port.partition.place()].notify(port.bit());
}

impl<M: Machine> Kernel<M> {
    /// The port with this number of a partition's own.
    #[inline(always)]
    fn port(&self, caller: Index, number: u32) -> Result<PortIndex, Error> {
        let (first, count) = self.partition(caller).ports;
        if number < u32::from(count) { Ok(first.behind(number)) } else { Err(Error::BadArgument) }
    }

    /// Writes or sends a message.
    #[inline(always)]
    pub(crate) fn put_message<const QUEUING: bool>(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        from: Alleged,
        waits: bool,
    ) -> Outcome {
        match self.begin_to_put::<QUEUING>(caller, number, from, waits) {
            Ok(copy) => self.copy_message::<QUEUING>(machine, caller, copy),
            Err(error) => Outcome::Return(Error::code(error)),
        }
    }

    #[inline(always)]
    fn begin_to_put<const QUEUING: bool>(
        &mut self,
        caller: Index,
        number: u32,
        from: Alleged,
        waits: bool,
    ) -> Result<Copy, Error> {
        let port = self.port(caller, number)?;
        let rest = self.partition(caller).region.readable(from)?;
        let (message, place) = self.channels.begin_to_put::<QUEUING>(port, rest.length() as u32, waits)?;
        Ok(Copy { message, goes_out: true, rest, place })
    }

    /// Reads or receives a message.
    #[inline(always)]
    pub(crate) fn get_message<const QUEUING: bool>(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        to: Alleged,
    ) -> Outcome {
        match self.begin_to_get::<QUEUING>(caller, number, to) {
            Ok(copy) => self.copy_message::<QUEUING>(machine, caller, copy),
            Err(error) => Outcome::Return(Error::code(error)),
        }
    }

    #[inline(always)]
    fn begin_to_get<const QUEUING: bool>(
        &mut self,
        caller: Index,
        number: u32,
        to: Alleged,
    ) -> Result<Copy, Error> {
        let port = self.port(caller, number)?;
        let room = self.partition(caller).region.writable(to)?;
        let (message, place) = self.channels.begin_to_get::<QUEUING>(port, room.length())?;
        Ok(Copy { message, goes_out: false, rest: room.first(message.length as usize), place })
    }

    /// Copies a message, or its first part.
    #[inline(always)]
    fn copy_message<const QUEUING: bool>(
        &mut self,
        machine: &mut M,
        caller: Index,
        mut copy: Copy,
    ) -> Outcome {
        if copy.step(machine) && (copy.message.length <= SHORT || !self.has_many_to_tell(&copy)) {
            return Outcome::Return(self.has_been_copied::<QUEUING>(machine, &copy));
        }
        self.guests[caller.place()].state = State::Copying(copy);
        if !copy.goes_out {
            self.pin(copy.message.port);
        }
        Outcome::Dispatch
    }

    /// Does the next step of a partition's copy; when it is complete, the partition goes on behind its call.
    #[inline(never)]
    pub(crate) fn go_on_copying(&mut self, machine: &mut M, partition: Index) {
        let guest = &mut self.guests[partition.place()];
        let State::Copying(copy) = &mut guest.state else { return };
        let is_left = copy.rest.length() != 0;
        let is_complete = copy.step(machine);
        let copy = *copy;
        if !is_complete || is_left && self.has_many_to_tell(&copy) {
            return;
        }
        let guest = &mut self.guests[partition.place()];
        guest.state = State::Ready;
        if !copy.goes_out {
            self.pin(copy.message.port);
        }
        let result = if self.channels.is_queuing(copy.message.port) {
            self.has_been_copied::<true>(machine, &copy)
        } else {
            self.has_been_copied::<false>(machine, &copy)
        };
        machine.set_result(partition, result);
    }

    /// Whether so many are to be told of a message that this is done in a step of its own, behind the last one of the
    /// copy.
    #[inline(always)]
    fn has_many_to_tell(&self, copy: &Copy) -> bool {
        copy.goes_out && self.channels.destinations(copy.message.port) > TOLD_AT_ONCE
    }

    /// The result of the call whose message is complete.
    #[inline(always)]
    fn has_been_copied<const QUEUING: bool>(&mut self, machine: &mut M, copy: &Copy) -> i32 {
        let guests = &mut self.guests;
        let now = machine.count();
        let kind = if copy.goes_out { Kind::Put } else { Kind::Got };
        machine.trace_message(kind, copy.message.recorded(&self.channels), now);
        if copy.goes_out {
            self.channels.has_been_put::<QUEUING>(&copy.message, now, |port| tell(guests, port));
            return 0;
        }
        self.channels.has_been_got::<QUEUING>(&copy.message, now, |port| tell(guests, port)).result()
    }

    /// Keeps the buffers of a port's channel from being written that are being read now, over the end of a window.
    #[cold]
    #[inline(never)]
    fn pin(&mut self, port: PortIndex) {
        let reads = self.guests.iter().take(self.count).filter_map(|guest| match guest.state {
            State::Copying(Copy { message, goes_out: false, .. }) => Some(message),
            _ => None,
        });
        self.channels.pin(port, reads);
    }

    /// Drops what waits at a queuing port.
    #[inline(never)]
    pub(crate) fn clear_port(&mut self, machine: &mut M, caller: Index, number: u32) -> Result<i32, Error> {
        let port = self.port(caller, number)?;
        let guests = &mut self.guests;
        let dropped = self.channels.clear(port, |port| tell(guests, port))?;
        machine.trace_dropped(self.channels.port(port).channel, dropped);
        Ok(dropped as i32)
    }

    /// Empties some of the ports that messages come to, of a partition that starts again, or if it keeps what waits
    /// there, has it told of that. The answer is whether there were any left.
    pub(crate) fn settle_some_ports(&mut self, partition: Index) -> bool {
        let guest = &mut self.guests[partition.place()];
        let keeps = guest.keeps_messages();
        let first = guest.ports_to_settle;
        guest.ports_to_settle = first.saturating_sub(PORTS_PER_STEP);
        for number in guest.ports_to_settle..first {
            let Ok(port) = self.port(partition, number.into()) else { continue };
            let guests = &mut self.guests;
            if !keeps {
                self.channels.empty(port, |port| tell(guests, port));
            } else if self.channels.has_news(port) {
                tell(guests, self.channels.port(port));
            }
        }
        first != 0
    }

    #[inline(never)]
    pub(crate) fn describe_port(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let port = self.port(caller, number)?;
        let bytes = self.channels.describe(port).bytes();
        self.store(machine, caller, address, &bytes)
    }

    #[inline(never)]
    pub(crate) fn port_status(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let port = self.port(caller, number)?;
        let now = machine.count();
        let bytes = self.channels.status(port, now, |count| machine.time_of(count)).bytes();
        self.store(machine, caller, address, &bytes)
    }

    #[inline(never)]
    pub(crate) fn describe_region(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let bytes = self.regions.describe(caller, number)?.bytes();
        self.store(machine, caller, address, &bytes)
    }

    /// Makes the lines pending that others have for a region, in their next windows.
    #[inline(never)]
    pub(crate) fn ring(&mut self, caller: Index, number: u32) -> Result<i32, Error> {
        for mapping in self.regions.of(caller, number)?.1 {
            if mapping.partition != caller && mapping.line != 0 {
                self.guests[mapping.partition.place()].ring(mapping.line);
            }
        }
        Ok(0)
    }

    /// Stores an answer at the address where a partition wants it.
    pub(crate) fn store(
        &self,
        machine: &mut M,
        caller: Index,
        address: u32,
        bytes: &[u8],
    ) -> Result<i32, Error> {
        let to = self.partition(caller).region.writable(Alleged::new(address as usize, bytes.len()))?;
        machine.write_guest(caller, to, bytes);
        Ok(0)
    }
}
