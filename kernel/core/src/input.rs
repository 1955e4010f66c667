//! Input for several partitions over the one serial line, where a loader has asked for that.
//!
//! What is typed is marked as output is ([`bulkhead_abi::wire`]): an escape and a channel byte choose who gets what
//! follows. The device is looked at in the time of whoever reads or idles, a few bytes each time, and what is another's
//! waits here for it.

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::wire::{ESCAPE, FIRST_PARTITION_CHANNEL};

use crate::machine::Machine;
use crate::partition::Index;
use crate::serial::Uart;

/// How much can wait for a partition.
const ROOM: usize = 16;

/// For how long a partition that reads nothing holds back what is typed to others, in nanoseconds: then what is typed
/// to it is lost.
const PATIENCE: u64 = 1_000_000_000;

/// What waits for a partition: a ring.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    bytes: [u8; ROOM],
    first: u8,
    count: u8,
}

impl Waiting {
    const NONE: Self = Self { bytes: [0; ROOM], first: 0, count: 0 };

    /// Puts a byte behind the others, if there is room.
    fn put(&mut self, byte: u8) -> bool {
        let place = (self.first as usize + self.count as usize) % ROOM;
        let has_room = (self.count as usize) < ROOM;
        if let Some(room) = self.bytes.get_mut(place).filter(|_| has_room) {
            *room = byte;
            self.count += 1;
        }
        has_room
    }

    fn take(&mut self) -> Option<u8> {
        self.count = self.count.checked_sub(1)?;
        let byte = self.bytes.get(self.first as usize).copied();
        self.first = (self.first + 1) % ROOM as u8;
        byte
    }
}

/// The input of several partitions.
#[derive(Debug)]
pub(crate) struct Input {
    /// Whether it was asked for.
    pub(crate) wanted: bool,
    /// How many partitions there are.
    pub(crate) count: usize,
    /// Who gets what comes next.
    pub(crate) to: Option<Index>,
    escaped: bool,
    /// A byte that there was no room for.
    held: Option<u8>,
    /// Whose room is full, and since when.
    full: Option<(Index, u64)>,
    waiting: [Waiting; PARTITIONS_MAX],
}

impl Input {
    pub(crate) const NONE: Self = Self {
        wanted: false,
        count: 0,
        to: None,
        escaped: false,
        held: None,
        full: None,
        waiting: [Waiting::NONE; PARTITIONS_MAX],
    };

    /// Whether something waits for a partition.
    pub(crate) const fn waits(&self, partition: Index) -> bool {
        self.waiting[partition.place()].count > 0
    }

    /// Takes what waits for a partition, as much as there is room for; returns how much.
    pub(crate) fn read(&mut self, partition: Index, bytes: &mut [u8]) -> usize {
        let waiting = &mut self.waiting[partition.place()];
        let mut length = 0;
        for place in bytes {
            let Some(byte) = waiting.take() else { break };
            *place = byte;
            length += 1;
        }
        if length > 0 && self.full.is_some_and(|(of, _)| of == partition) {
            self.full = None;
        }
        length
    }

    /// Takes up to so many bytes from the device, and puts each where its partition finds it.
    pub(crate) fn take<M: Machine>(&mut self, machine: &mut M, most: usize) {
        for _ in 0..most {
            let Some(byte) = self.held.take().or_else(|| machine.uart().receive()) else { return };
            if byte == ESCAPE && !self.escaped {
                self.escaped = true;
                continue;
            }
            if self.escaped && byte != ESCAPE {
                self.escaped = false;
                let number = byte.checked_sub(FIRST_PARTITION_CHANNEL);
                let chosen = number.and_then(|number| Index::new(number.into()));
                self.to = chosen.filter(|chosen| chosen.place() < self.count).or(self.to);
                continue;
            }
            let Some(to) = self.to else {
                self.escaped = false;
                continue;
            };
            if !self.waiting[to.place()].put(byte) {
                let now = machine.now();
                let since = self.full.filter(|(of, _)| *of == to).map_or(now, |(_, since)| since);
                self.full = Some((to, since));
                if now.wrapping_sub(since) < PATIENCE {
                    self.held = Some(byte);
                    return;
                }
            }
            self.escaped = false;
        }
    }
}
