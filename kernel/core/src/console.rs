//! The one serial line, and who is heard on it.
//!
//! What its channels are is in [`bulkhead_abi::wire`]. The kernel's own is made of lines: words before the first
//! window, and then records, which wait in [`crate::events`] while windows are open.

use bulkhead_abi::Line;
use bulkhead_abi::event::{Kind, Record, WORD_SIZE};
use bulkhead_abi::text::Text;
use bulkhead_abi::wire::{
    CLOCK_CHANNEL, ESCAPE, FIRST_PARTITION_CHANNEL, KERNEL_CHANNEL, LINE_TIME_SIZE, line_time,
};

use crate::events::Events;
use crate::input::Input;
use crate::machine::Machine;
use crate::partition::{Index, Partitions};
use crate::serial::Uart;

/// The most bytes of guest output that one call sends, so that no call is long: what a 16550's buffer holds.
pub const WRITE_MAX: usize = 16;

/// The most bytes of input that are taken from the line in one look: what chooses a partition, and two of its bytes.
const LOOK_MAX: usize = 4;

/// How often in a row a device may be found without room, while the kernel can do nothing but wait for it, until it is
/// given up: about 100 ms at the least, in which a line of 300 baud sends a byte three times.
pub const PATIENCE: u32 = 1_000_000;

/// The times of partitions' lines, each of which is sent before its line.
#[derive(Debug)]
struct LineTimes {
    /// Whether they are wanted.
    wanted: bool,
    /// The partitions whose last line has not ended, a bit each.
    open: u32,
    /// The time that is on its way, and how much of it has been sent.
    bytes: [u8; LINE_TIME_SIZE],
    sent: usize,
    /// Whose line it is for, until something of that line has been sent.
    of: Option<Index>,
}

impl LineTimes {
    /// Something of a partition's line has been sent, perhaps its end.
    const fn begun(&mut self, partition: Index, ended: bool) {
        let bit = 1 << partition.place();
        self.open = if ended { self.open & !bit } else { self.open | bit };
        self.of = None;
    }
}

/// The serial line's state, and what of the kernel waits for it.
#[derive(Debug)]
pub struct Console {
    channel: u8,
    /// Whether the line has an [`ESCAPE`] whose meaning is still open.
    escaped: bool,
    /// Whether the device has been given up.
    silent: bool,
    failure_told: bool,
    /// How often it may still be found without room before it is.
    patience: u32,
    /// Which partition gets input.
    input: Option<Index>,
    /// A byte of input that has been taken from the device to find out that it is there.
    input_waiting: Option<u8>,
    /// The records that wait.
    events: Events,
    /// The record whose line has begun, and its next word's number; until all of its last word has been sent.
    begun: Option<(Record, usize)>,
    /// The word that is on its way, and how much of it has been sent.
    word: Text<WORD_SIZE>,
    sent: usize,
    times: LineTimes,
    /// Input for several partitions, where that is wanted.
    several: Input,
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Console {
    /// A line on which the kernel speaks first.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            channel: KERNEL_CHANNEL,
            escaped: false,
            silent: false,
            failure_told: false,
            patience: PATIENCE,
            input: None,
            input_waiting: None,
            events: Events::new(),
            begun: None,
            word: Text::new(),
            sent: 0,
            times: LineTimes {
                wanted: false,
                open: 0,
                bytes: [0; LINE_TIME_SIZE],
                sent: LINE_TIME_SIZE,
                of: None,
            },
            several: Input::NONE,
        }
    }

    /// From now on lets what is typed choose who gets it.
    pub const fn choose_input(&mut self) {
        self.several.wanted = true;
    }

    /// From now on says when lines of partitions begin.
    pub const fn tell_line_times(&mut self) {
        self.times.wanted = true;
    }

    /// Divides the room for records among so many partitions, and says which of them gets input.
    pub const fn configure(&mut self, partitions: usize, input: Option<Index>) {
        self.events.divide(partitions);
        self.input = input;
        (self.several.count, self.several.to) = (partitions, input);
    }

    /// Whether the device has been given up; once, when that has become so.
    pub const fn has_failed(&mut self) -> bool {
        let is_new = self.silent && !self.failure_told;
        self.failure_told |= is_new;
        is_new
    }

    /// Puts a record behind the others.
    pub fn put(&mut self, record: &Record) {
        self.events.put(record);
    }

    /// How many records of a partition are lost.
    #[must_use]
    pub const fn lost(&self, partition: Index) -> u32 {
        self.events.lost(partition)
    }

    /// Whether a partition can get input.
    #[must_use]
    pub fn hears(&self, partition: Index) -> bool {
        self.input == Some(partition) || self.several.wanted
    }

    /// Tells a partition that can get input if there is some, for which at most so many bytes are taken from the line.
    pub fn look_for_input<M: Machine>(&mut self, machine: &mut M, partition: Index, most: usize) {
        if self.several.wanted {
            self.several.take(machine, most.min(LOOK_MAX));
            if self.several.waits(partition) {
                machine.shared_page(partition).raise(Line::Console);
            }
            return;
        }
        if self.input_waiting.is_none() {
            self.input_waiting = machine.uart().receive();
        }
        if self.input_waiting.is_some() {
            machine.shared_page(partition).raise(Line::Console);
        }
    }

    /// Takes a partition's input, as much as there is room for; returns how much.
    pub fn read<M: Machine>(&mut self, machine: &mut M, partition: Index, bytes: &mut [u8]) -> usize {
        if self.several.wanted {
            self.several.take(machine, bytes.len().min(LOOK_MAX));
            return self.several.read(partition, bytes);
        }
        let mut length = 0;
        for place in bytes {
            let Some(byte) = self.input_waiting.take().or_else(|| machine.uart().receive()) else { break };
            *place = byte;
            length += 1;
        }
        length
    }

    /// Sends what fits of a partition's output now, with at most so many bytes on the line; returns how many of its
    /// bytes that were. A device that has been given up takes everything.
    pub fn write<M: Machine>(
        &mut self,
        machine: &mut M,
        partition: Index,
        bytes: &[u8],
        most: usize,
    ) -> usize {
        if self.silent {
            return bytes.len();
        }
        let mut most = most.min(WRITE_MAX);
        let bytes = if self.times.wanted {
            let line = bytes.split_inclusive(|byte| *byte == b'\n').next();
            line.filter(|_| self.send_time(machine, partition, &mut most)).unwrap_or(&[])
        } else {
            bytes
        };
        let sent = self.send(machine, FIRST_PARTITION_CHANNEL + partition.place() as u8, bytes, &mut most);
        if self.times.wanted && sent > 0 {
            self.times.begun(partition, bytes.get(sent - 1) == Some(&b'\n'));
        }
        sent
    }

    /// Sends when a partition's line begins, if it does. The answer is whether the line can follow: all has been sent.
    fn send_time<M: Machine>(&mut self, machine: &mut M, partition: Index, most: &mut usize) -> bool {
        if self.times.open & 1 << partition.place() != 0 {
            return true;
        }
        // What is on its way may be another partition's, which says it again when it goes on.
        for _ in 0..2 {
            if self.times.sent == LINE_TIME_SIZE && self.times.of != Some(partition) {
                self.times.bytes = line_time(machine.now());
                (self.times.sent, self.times.of) = (0, Some(partition));
            }
            let bytes = self.times.bytes;
            self.times.sent +=
                self.send(machine, CLOCK_CHANNEL, bytes.get(self.times.sent..).unwrap_or(&[]), most);
        }
        self.times.sent == LINE_TIME_SIZE && self.times.of == Some(partition)
    }

    /// Whether the kernel has something to say.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.begun.is_some() || !self.events.is_empty()
    }

    /// Sends what fits now of the word that is on its way, or of the next one, with at most so many bytes on the line:
    /// one step, however much waits. The answer is whether anything was sent.
    pub fn drain<M: Machine>(&mut self, machine: &mut M, partitions: &Partitions, most: usize) -> bool {
        if self.sent >= self.word.bytes().len() && !self.begin_word(machine, partitions) {
            return false;
        }
        let word = self.word;
        let unsent = word.bytes().get(self.sent..).unwrap_or(&[]);
        let sent = if self.silent {
            unsent.len()
        } else {
            self.send(machine, KERNEL_CHANNEL, unsent, &mut most.min(WRITE_MAX))
        };
        self.sent += sent;
        sent > 0
    }

    /// Makes the next word: of the line that has begun, or of the next one.
    fn begin_word<M: Machine>(&mut self, machine: &mut M, partitions: &Partitions) -> bool {
        self.word.clear();
        self.sent = 0;
        if let Some((record, number)) = &mut self.begun {
            let partition = Index::new(record.partition.into());
            let name = partition.map_or(&[][..], |partition| &partitions[partition.place()].name);
            if record.word(*number, name, &mut self.word) {
                *number += 1;
                return true;
            }
            // Not behind a record of just that: what one partition goes on losing would be all that is heard.
            let partition = partition.filter(|_| record.kind != Kind::Lost);
            let lost = partition.map_or(0, |partition| self.events.tell_lost(partition));
            let lost = (lost > 0).then(|| Record::lost(machine.now(), record.partition, lost));
            self.begun = lost.map(|lost| (lost, 0));
        }
        if self.begun.is_none() {
            self.begun = self.events.remove_first().map(|record| (record, 0));
        }
        // The first word of a line is made here, so that each call makes one.
        let Some((record, number)) = &mut self.begun else { return false };
        *number = 1;
        record.word(0, &[], &mut self.word)
    }

    /// Has a record be the next that is sent, when nothing else waits.
    pub const fn begin(&mut self, record: &Record) {
        self.begun = Some((*record, 0));
    }

    /// Tells a record at once, however long that takes.
    pub fn tell<M: Machine>(&mut self, machine: &mut M, partitions: &Partitions, record: &Record) {
        while self.send_waiting(machine, partitions) {}
        self.begin(record);
        while self.send_waiting(machine, partitions) {}
    }

    /// Says words at once, however long that takes.
    pub fn say<M: Machine>(&mut self, machine: &mut M, partitions: &Partitions, words: &[u8]) {
        while self.send_waiting(machine, partitions) {}
        let mut unsent = words;
        while !unsent.is_empty() && !self.silent {
            let sent = self.send(machine, KERNEL_CHANNEL, unsent, &mut { WRITE_MAX });
            unsent = unsent.get(sent..).unwrap_or(&[]);
            self.be_patient(sent > 0);
        }
    }

    /// Sends what fits now of what waits, while nobody else runs: one step. A device that takes nothing for too many of
    /// them is given up. The answer is false if nothing waited.
    pub fn send_waiting<M: Machine>(&mut self, machine: &mut M, partitions: &Partitions) -> bool {
        let is_waiting = self.is_waiting();
        if is_waiting {
            let sent = self.drain(machine, partitions, WRITE_MAX);
            self.be_patient(sent);
        }
        is_waiting
    }

    const fn be_patient(&mut self, sent: bool) {
        self.patience = if sent { PATIENCE } else { self.patience.saturating_sub(1) };
        self.silent |= self.patience == 0;
    }

    /// A byte at a time: a device may have room for one only, and what is behind an escape can wait for the next call,
    /// whoever makes it. `left` is how many bytes may go on the line, and how many are left of them.
    #[inline(never)]
    fn send<M: Machine>(&mut self, machine: &mut M, channel: u8, bytes: &[u8], left: &mut usize) -> usize {
        let (mut room, mut sent) = (0, 0);
        for &byte in bytes {
            loop {
                if *left > 0 && room == 0 {
                    room = machine.uart().room();
                }
                if *left == 0 || room == 0 {
                    return sent;
                }
                (*left, room) = (*left - 1, room - 1);
                if self.channel != channel || self.escaped && byte != ESCAPE {
                    if self.escaped {
                        machine.uart().send(channel);
                        self.channel = channel;
                    } else {
                        machine.uart().send(ESCAPE);
                    }
                    self.escaped = !self.escaped;
                } else if byte == ESCAPE && !self.escaped {
                    machine.uart().send(ESCAPE);
                    self.escaped = true;
                } else {
                    machine.uart().send(byte);
                    self.escaped = false;
                    break;
                }
            }
            sent += 1;
        }
        sent
    }
}
