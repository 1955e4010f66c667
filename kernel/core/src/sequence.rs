//! Any sequence of what can happen to the kernel: calls of any number with any arguments, time that passes, faults, and
//! whatever partitions write into the pages that they share with it. Bytes say what happens; a property test makes them
//! at random, a fuzz target (`kernel/fuzz`) as it likes.
//!
//! After each step the schedule must have been kept, no memory may have changed but where a call may write, and what
//! goes through channels must be what a plain model of them says.

use std::boxed::Box;
use std::collections::VecDeque;
use std::vec::Vec;

use bulkhead_abi::port::{PortStatus, Received, SEND_WAITS};
use bulkhead_abi::{Error, FaultKind, Hypercall, PortKind};
use core::ops::Range;
use core::sync::atomic::Ordering::Relaxed;

use crate::fault::Fault;
use crate::guest::State;
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::GuestRegisters;
use crate::model::{BASE, ChannelOf, Model, READ_ONLY, SIZE, connect, system};
use crate::partition::Index;
use crate::region::Mapping;

const PARTITIONS: usize = 4;
const FRAME: u64 = 1_300;
const WINDOWS: [(u32, u64, u64); 4] = [(0, 0, 300), (1, 300, 600), (2, 650, 900), (3, 900, 1_200)];

/// Kind, message size, depth, source and destinations of each channel.
const CHANNELS: [(PortKind, u32, u16, u32, &[u32]); 4] = [
    (PortKind::Sampling, 1_000, 0, 0, &[1, 2]),
    (PortKind::Queuing, 100, 3, 0, &[1]),
    (PortKind::Queuing, 700, 2, 1, &[0]),
    (PortKind::Sampling, 64, 0, 2, &[0, 1, 3]),
];

/// What is to happen.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// One of these, or any number.
    fn near(&mut self, values: &[u32]) -> u32 {
        let byte = self.byte();
        values.get(byte as usize % (values.len() + 1)).copied().unwrap_or_else(|| self.word())
    }
}

/// A channel as it should be.
#[derive(Default)]
struct Plain {
    latest: Option<Vec<u8>>,
    queue: VecDeque<Vec<u8>>,
    overflow: bool,
    /// The partitions for which it has nothing, though there may be a latest message.
    empty: [bool; PARTITIONS],
    /// Whether a receiver has been emptied at a time that nobody knows, and how many messages there had been before.
    unsure: [bool; PARTITIONS],
    before: [usize; PARTITIONS],
    /// How many messages have become complete.
    complete: usize,
}

/// A call that has not returned: what it is to have done by then.
#[derive(Clone)]
enum Pending {
    Put(usize, Vec<u8>),
    Get(usize, Vec<u8>, Range<usize>),
}

struct Sequence {
    kernel: Box<Kernel<Model>>,
    model: Model,
    channels: [Plain; CHANNELS.len()],
    pending: [Option<Pending>; PARTITIONS],
    /// The starts of each partition that have been seen.
    starts: [u32; PARTITIONS],
    cold: [bool; PARTITIONS],
}

/// The channel of a partition's port, and whether it is the source.
fn port(partition: usize, number: u32) -> Option<(usize, bool)> {
    let is_end = |&(_, &(.., source, destinations)): &(usize, &(PortKind, u32, u16, u32, &[u32]))| {
        source as usize == partition || destinations.contains(&(partition as u32))
    };
    let (channel, &(.., source, _)) = CHANNELS.iter().enumerate().filter(is_end).nth(number as usize)?;
    Some((channel, source as usize == partition))
}

fn range(address: u32, length: usize, writable: bool) -> Option<Range<usize>> {
    let start = u64::from(address).checked_sub(BASE)?;
    let end = start + length as u64;
    (end <= SIZE && (!writable || start >= READ_ONLY)).then_some(start as usize..end as usize)
}

/// Carries out what the bytes say.
///
/// # Panics
/// If the kernel does not keep what it promises, or panics.
pub fn run(bytes: &[u8]) {
    let (mut kernel, mut model) = system(PARTITIONS as u32, FRAME, &WINDOWS);
    let channels = CHANNELS.map(|(kind, message_size, depth, source, destinations)| ChannelOf {
        kind,
        message_size,
        depth,
        refresh: if kind == PortKind::Sampling { 5_000 } else { 0 },
        source,
        destinations,
    });
    connect(&mut kernel, &mut model, &channels);
    kernel.regions.count = 2;
    for (region, partition, line) in [(0, 0, 8), (0, 1, 9), (0, 3, 0), (1, 1, 10), (1, 2, 8)] {
        let place = 0x50_0000 + 0x1000 * usize::from(region);
        let partition = Index::new(partition).unwrap();
        let (address, memory, size, writable) = (place, place << 4, 0x1000, line != 0);
        assert!(kernel.regions.add(Mapping { partition, line, writable, region, address, memory, size }));
    }
    let starts = core::array::from_fn(|place| model.guests[place].resets);
    let mut sequence = Sequence {
        kernel,
        model,
        channels: Default::default(),
        pending: Default::default(),
        starts,
        cold: [false; PARTITIONS],
    };
    sequence.dispatch();
    let mut input = Input(bytes);
    while !input.0.is_empty() {
        sequence.step(&mut input);
    }
}

impl Sequence {
    fn state(&self, place: usize) -> State {
        self.kernel.guests[place].state
    }

    /// Whether nobody else can run: the system would end with this partition.
    fn is_last(&self, place: usize) -> bool {
        let mut others = self.kernel.guests.iter().take(PARTITIONS).enumerate();
        others.all(|(other, guest)| other == place || guest.has_ended())
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let caller = self.model.current().place();
        self.settle_emptied(caller);
        match input.byte() % 16 {
            0 => {
                self.model.time += u64::from(input.byte()) * 2;
                self.kernel.alarm_came();
                self.dispatch();
            }
            1 | 2 => {
                self.model.time = self.model.time.max(self.kernel.slot.end);
                self.kernel.alarm_came();
                self.dispatch();
            }
            3 => {
                let page = &self.model.guests[caller].shared;
                for word in
                    [&page.pending, &page.mask, &page.interrupts_enabled, &page.ports[0], &page.fault.busy]
                {
                    word.store(input.word(), Relaxed);
                }
                self.kernel.deliver(&mut self.model);
            }
            4 if input.byte() < 4 && !self.is_last(caller) => {
                let fault = Fault { kind: FaultKind::Memory, vector: 14, error: input.word(), memory: None };
                self.kernel.fault(&mut self.model, &fault);
                self.dispatch();
            }
            _ => self.call(input, caller),
        }
    }

    fn call(&mut self, input: &mut Input<'_>, caller: usize) {
        let kind = input.byte();
        let (here, end) = ((BASE + READ_ONLY) as u32, (BASE + SIZE) as u32);
        let own = port(caller, u32::from(kind) % 4).filter(|_| kind >= 100);
        let [number, first, second, third] = if let Some((place, is_source)) = own {
            let (kind_of, size, ..) = CHANNELS[place];
            let call = match (kind_of, is_source) {
                (PortKind::Sampling, true) => Hypercall::SamplingWrite,
                (PortKind::Sampling, false) => Hypercall::SamplingRead,
                (PortKind::Queuing, true) => Hypercall::QueuingSend,
                (PortKind::Queuing, false) if kind >= 240 => Hypercall::QueuingClear,
                (PortKind::Queuing, false) => Hypercall::QueuingReceive,
            };
            let (how, offset) = (input.byte(), input.byte());
            let waits = if call == Hypercall::QueuingSend && how & 1 == 0 { SEND_WAITS } else { 0 };
            let length = if is_source && how & 2 == 0 { 1 + u32::from(offset) * 7 % size } else { size };
            [call as u32, (u32::from(kind) % 4) | waits, here + u32::from(offset) % 16, length]
        } else if kind >= 96 {
            [Hypercall::Restart as u32, u32::from(kind) % 2, 0, 0]
        } else {
            let number = match kind {
                0..6 => input.word(),
                6..40 => u32::from(kind) % (Hypercall::COUNT + 1),
                _ => 10 + u32::from(kind) % 9,
            };
            [
                number,
                input.near(&[0, 1, 2, 3, 0, 1, 2, 3, 4, SEND_WAITS, SEND_WAITS | 1, SEND_WAITS | 2]),
                input.near(&[
                    here,
                    here,
                    here + 3,
                    end - 64,
                    end - 1_000,
                    end - 1,
                    end,
                    here - 1,
                    BASE as u32,
                ]),
                input.near(&[1, 64, 64, 100, 100, 700, 1_000, 1_000, 0, 65, 101, 701, 1_001, SIZE as u32]),
            ]
        };
        let ends = match Hypercall::from_number(number) {
            Some(Hypercall::Halt) => true,
            Some(Hypercall::SetMode) => first == 0,
            Some(Hypercall::RaiseError) => (1..=9).contains(&first),
            Some(Hypercall::PartitionControl) => (first, second) == (caller as u32, 0),
            _ => false,
        };
        if ends && (self.is_last(caller) || input.byte() >= 20) {
            return;
        }
        let length = third.min(SIZE as u32) as usize;
        if let Some(bytes) = range(second, length, true) {
            let seed = input.byte();
            for (offset, byte) in self.model.guests[caller].memory[bytes].iter_mut().enumerate() {
                *byte = seed.wrapping_mul(37).wrapping_add(offset as u8 ^ (offset >> 8) as u8);
            }
        }
        let expected = self.expected(caller, number, first, second, third);
        let before: Vec<Vec<u8>> = self.model.guests.iter().map(|guest| guest.memory.clone()).collect();
        let outcome = self.kernel.hypercall(&mut self.model, number, [first, second, third, 4, 5]);
        for (other, memory) in before.iter().enumerate().filter(|(other, _)| *other != caller) {
            assert!(self.model.guests[other].memory == *memory, "a call has changed another's memory");
        }
        self.assert_unchanged(caller, &before[caller], written(number, second, third));
        match outcome {
            Outcome::Return(result) | Outcome::Deliver(result) => {
                if let Some((answer, pending)) = expected {
                    if let Some(answer) = answer {
                        assert_eq!(result, answer, "call {number} ({first:#x}, {second:#x}, {third:#x})");
                    }
                    if result >= 0 {
                        self.settle(caller, pending, result);
                    } else {
                        self.refuse(caller, number, first, result);
                    }
                } else {
                    assert!(result >= 0 || Error::from_code(result).is_some());
                }
                if matches!(outcome, Outcome::Deliver(_)) {
                    self.kernel.deliver(&mut self.model);
                }
                if number == Hypercall::QueuingClear as u32 && result >= 0 {
                    self.clear(caller, first, result);
                }
            }
            Outcome::Dispatch => {
                if let State::Copying(_) = self.state(caller) {
                    let (answer, pending) = expected.expect("only messages are copied");
                    assert!(answer.is_none_or(|answer| answer >= 0), "a message that is refused is copied");
                    self.pending[caller] = pending;
                }
                if let State::Preparing(_) = self.state(caller) {
                    self.cold[caller] |= !self.kernel.guests[caller].history().2.is_warm();
                    for channel in &mut self.channels {
                        channel.before[caller] = channel.complete;
                    }
                }
                self.model.guests[caller].result = None;
                self.dispatch();
            }
        }
    }

    /// What a call about messages must answer, where that is known, and what it does then.
    fn expected(
        &self,
        caller: usize,
        number: u32,
        first: u32,
        second: u32,
        third: u32,
    ) -> Option<(Option<i32>, Option<Pending>)> {
        let call = Hypercall::from_number(number)?;
        let (kind, puts) = match call {
            Hypercall::SamplingWrite => (PortKind::Sampling, true),
            Hypercall::SamplingRead => (PortKind::Sampling, false),
            Hypercall::QueuingSend => (PortKind::Queuing, true),
            Hypercall::QueuingReceive => (PortKind::Queuing, false),
            _ => return None,
        };
        let refused = |error: Error| Some((Some(error.code()), None));
        let number = if call == Hypercall::QueuingSend { first & !SEND_WAITS } else { first };
        let Some((place, is_source)) = port(caller, number) else { return refused(Error::BadArgument) };
        let Some(bytes) = range(second, third as usize, !puts) else { return refused(Error::BadAddress) };
        let (channel_kind, size, depth, ..) = CHANNELS[place];
        if channel_kind != kind || is_source != puts {
            return refused(Error::NotPermitted);
        }
        let channel = &self.channels[place];
        if puts {
            if third == 0 || third > size {
                return refused(Error::BadArgument);
            }
            let message = self.model.guests[caller].memory[bytes].to_vec();
            let full = kind == PortKind::Queuing && channel.queue.len() >= usize::from(depth);
            let unsure = channel.unsure.iter().any(|unsure| *unsure);
            return match (full, unsure) {
                (true, false) => refused(Error::NotAvailable),
                (_, true) if kind == PortKind::Queuing => Some((None, Some(Pending::Put(place, message)))),
                _ => Some((Some(0), Some(Pending::Put(place, message)))),
            };
        }
        let message = if kind == PortKind::Queuing {
            channel.queue.front()
        } else {
            channel.latest.as_ref().filter(|_| !channel.empty[caller])
        };
        let Some(message) = message else { return refused(Error::NotAvailable) };
        if message.len() > bytes.len() {
            return refused(Error::BadArgument);
        }
        let bytes = bytes.start..bytes.start + message.len();
        Some((None, Some(Pending::Get(place, message.clone(), bytes))))
    }

    /// A call about messages has done what it was to do.
    fn settle(&mut self, caller: usize, pending: Option<Pending>, result: i32) {
        match pending {
            None => {}
            Some(Pending::Put(place, message)) => {
                assert_eq!(result, 0, "a message is refused in the middle");
                let channel = &mut self.channels[place];
                channel.complete += 1;
                if CHANNELS[place].0 == PortKind::Sampling {
                    channel.latest = Some(message);
                    channel.empty = [false; PARTITIONS];
                } else {
                    channel.queue.push_back(message);
                }
            }
            Some(Pending::Get(place, message, bytes)) => {
                let received = Received::from_result(result);
                assert_eq!(received.length as usize, message.len());
                assert!(
                    self.model.guests[caller].memory[bytes] == message[..],
                    "another message, or parts of two"
                );
                if CHANNELS[place].0 == PortKind::Queuing {
                    let channel = &mut self.channels[place];
                    channel.queue.pop_front();
                    assert_eq!(received.overflow, core::mem::take(&mut channel.overflow));
                }
            }
        }
    }

    /// A send without waiting has found a queue full.
    fn refuse(&mut self, caller: usize, number: u32, first: u32, result: i32) {
        if number == Hypercall::QueuingSend as u32
            && result == Error::NotAvailable.code()
            && first & SEND_WAITS == 0
            && let Some((place, true)) = port(caller, first)
        {
            self.channels[place].overflow = true;
        }
    }

    fn clear(&mut self, caller: usize, first: u32, result: i32) {
        if let Some((place, false)) = port(caller, first) {
            assert_eq!(result as usize, self.channels[place].queue.len());
            self.channels[place].queue.clear();
            self.channels[place].overflow = false;
        }
    }

    /// Asks how a partition's ports stand that a cold restart has emptied at some time.
    fn settle_emptied(&mut self, caller: usize) {
        for number in 0..CHANNELS.len() as u32 {
            let Some((place, false)) = port(caller, number) else { continue };
            if !core::mem::take(&mut self.channels[place].unsure[caller]) {
                continue;
            }
            let address = (BASE + SIZE) as u32 - PortStatus::SIZE as u32;
            let arguments = [number, address, 0, 0, 0];
            let outcome = self.kernel.hypercall(&mut self.model, Hypercall::PortStatus as u32, arguments);
            assert_eq!(outcome, Outcome::Return(0));
            let memory = &self.model.guests[caller].memory;
            let word = |offset: usize| {
                let place = memory.len() - PortStatus::SIZE + offset;
                u32::from_ne_bytes([memory[place], memory[place + 1], memory[place + 2], memory[place + 3]])
            };
            let channel = &mut self.channels[place];
            let messages = word(0) as usize;
            assert!(messages <= channel.complete - channel.before[caller], "a restart has left messages");
            channel.overflow = word(4) & Received::OVERFLOW != 0;
            if CHANNELS[place].0 == PortKind::Sampling {
                channel.empty[caller] = messages == 0;
            } else {
                assert!(messages <= channel.queue.len(), "there are messages that nobody has sent");
                while channel.queue.len() > messages {
                    channel.queue.pop_front();
                }
            }
        }
    }

    /// Lets the kernel decide, and looks at what it has done.
    fn dispatch(&mut self) {
        let before: Vec<Option<Vec<u8>>> = (0..PARTITIONS)
            .map(|place| {
                let quiet = !matches!(self.state(place), State::Preparing(_));
                quiet.then(|| self.model.guests[place].memory.clone())
            })
            .collect();
        for (place, _) in self.cold.iter().enumerate().filter(|(_, cold)| **cold) {
            for (channel, (.., destinations)) in self.channels.iter_mut().zip(CHANNELS) {
                channel.unsure[place] |= destinations.contains(&(place as u32));
            }
        }
        let current = self.kernel.dispatch(&mut self.model);
        let slot = self.kernel.slot;
        assert_eq!((slot.partition, self.model.current()), (Some(current), current));
        assert_eq!(self.state(current.place()), State::Ready);
        let window = WINDOWS.iter().find(|window| window.2 == slot.end % FRAME);
        assert_eq!(window.map(|window| window.0), Some(current.number()), "not its window");
        assert!(slot.start <= self.model.time && self.model.time < slot.end + 2, "outside its window");
        for (place, before) in before.iter().enumerate() {
            let may_write = match &self.pending[place] {
                Some(Pending::Get(_, _, bytes)) => bytes.clone(),
                _ => 0..0,
            };
            if let Some(memory) = before {
                self.assert_unchanged(place, memory, may_write);
            }
            if self.pending[place].is_some() && !matches!(self.state(place), State::Copying(_)) {
                let result = self.model.guests[place].result.take().expect("the call has returned");
                let pending = self.pending[place].take();
                self.settle(place, pending, result);
            }
            if self.model.guests[place].resets != self.starts[place] {
                self.starts[place] = self.model.guests[place].resets;
                self.cold[place] = false;
            }
        }
    }

    /// Asserts that a partition's memory is as before, but for a range.
    fn assert_unchanged(&self, place: usize, before: &[u8], but: Range<usize>) {
        let now = &self.model.guests[place].memory;
        assert!(now[..but.start] == before[..but.start], "bytes of {place} before {but:?} have changed");
        assert!(now[but.end..] == before[but.end..], "bytes of {place} behind {but:?} have changed");
    }
}

/// Where a call may write in its partition's memory.
fn written(number: u32, second: u32, third: u32) -> Range<usize> {
    let (address, length) = match Hypercall::from_number(number) {
        Some(Hypercall::SamplingRead | Hypercall::QueuingReceive) => (second, third as usize),
        Some(
            Hypercall::PortDescribe
            | Hypercall::RegionDescribe
            | Hypercall::PartitionDescribe
            | Hypercall::ScheduleDescribe
            | Hypercall::ResourceDescribe,
        ) => (second, 64),
        Some(Hypercall::HealthRead) => (third, 64),
        Some(Hypercall::RegisterRead) => (third, 4),
        Some(Hypercall::PortStatus) => (second, PortStatus::SIZE),
        Some(Hypercall::Status | Hypercall::ScheduleStatus | Hypercall::ConsoleRead) => {
            return 0..SIZE as usize;
        }
        _ => return 0..0,
    };
    range(address, length, true).unwrap_or(0..0)
}
