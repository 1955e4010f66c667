//! The one serial line, and who is heard on it.
//!
//! What its channels are is in [`bulkhead_abi::wire`].

use bulkhead_abi::wire::{ESCAPE, FIRST_PARTITION_CHANNEL, KERNEL_CHANNEL};

use crate::machine::Machine;
use crate::partition::Index;

/// The most bytes of guest output that one call sends, so that no call is long: what a 16550's buffer holds.
pub const WRITE_MAX: usize = 16;

/// How often in a row a device may be found without room, while the kernel can do nothing but wait for it, until it is
/// given up: about 100 ms at the least, in which a line of 300 baud sends a byte three times.
pub const PATIENCE: u32 = 1_000_000;

/// Bytes of log that can wait for the line.
pub const LOG_SIZE: usize = 8192;

/// The serial line's state, and the log that waits for it.
#[derive(Debug)]
pub struct Console {
    channel: u8,
    /// Whether the line has an [`ESCAPE`] whose meaning is still open.
    escaped: bool,
    /// Whether the device has been given up.
    silent: bool,
    log: [u8; LOG_SIZE],
    first: usize,
    waiting: usize,
    lost: u64,
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
            log: [0; LOG_SIZE],
            first: 0,
            waiting: 0,
            lost: 0,
        }
    }

    /// Sends what fits of a partition's output now, with at most so many bytes on the line; returns how many of its bytes
    /// that were. A device that has been given up takes everything.
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
        let channel = FIRST_PARTITION_CHANNEL + partition.place() as u8;
        self.send(machine, channel, bytes.iter().copied(), most)
    }

    /// Puts bytes of the kernel into the log, which goes out when nobody needs the processor.
    pub fn log(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.waiting >= LOG_SIZE {
                self.lost = self.lost.saturating_add(1);
                continue;
            }
            if let Some(place) = self.log.get_mut((self.first + self.waiting) % LOG_SIZE) {
                *place = byte;
                self.waiting += 1;
            }
        }
    }

    /// Whether some of the log waits.
    #[must_use]
    pub const fn log_waits(&self) -> bool {
        self.waiting > 0
    }

    /// Bytes of log that found no room so far.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Sends what fits of the log now, with at most so many bytes on the line.
    pub fn drain<M: Machine>(&mut self, machine: &mut M, most: usize) {
        if self.silent {
            self.waiting = 0;
            return;
        }
        let mut chunk = [0; WRITE_MAX];
        let length = self.waiting.min(WRITE_MAX);
        for (offset, byte) in chunk.iter_mut().enumerate().take(length) {
            *byte = self.log.get((self.first + offset) % LOG_SIZE).copied().unwrap_or(b'?');
        }
        let sent = self.send(machine, KERNEL_CHANNEL, chunk.into_iter().take(length), most);
        self.first = (self.first + sent) % LOG_SIZE;
        self.waiting -= sent.min(self.waiting);
    }

    /// Sends all of the log, and waits for the device meanwhile; one that takes nothing is given up.
    pub fn drain_all<M: Machine>(&mut self, machine: &mut M) {
        let mut patience = PATIENCE;
        while self.log_waits() {
            let before = self.waiting;
            self.drain(machine, WRITE_MAX);
            patience = if self.waiting < before { PATIENCE } else { patience - 1 };
            self.silent |= patience == 0;
        }
    }

    /// A byte at a time: a device may have room for one only, and what is behind an escape can wait for the next call,
    /// whoever makes it.
    fn send<M: Machine>(
        &mut self,
        machine: &mut M,
        channel: u8,
        bytes: impl Iterator<Item = u8>,
        most: usize,
    ) -> usize {
        let (mut left, mut room, mut sent) = (most.min(WRITE_MAX), 0, 0);
        for byte in bytes {
            loop {
                if left > 0 && room == 0 {
                    room = machine.console_room();
                }
                if left == 0 || room == 0 {
                    return sent;
                }
                (left, room) = (left - 1, room - 1);
                if self.channel != channel || self.escaped && byte != ESCAPE {
                    if self.escaped {
                        machine.console_put(channel);
                        self.channel = channel;
                    } else {
                        machine.console_put(ESCAPE);
                    }
                    self.escaped = !self.escaped;
                } else if byte == ESCAPE && !self.escaped {
                    machine.console_put(ESCAPE);
                    self.escaped = true;
                } else {
                    machine.console_put(byte);
                    self.escaped = false;
                    break;
                }
            }
            sent += 1;
        }
        sent
    }
}
