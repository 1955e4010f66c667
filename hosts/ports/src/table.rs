//! What lies in memory: a port as the tool describes it to a partition, and the header of a record.

use core::mem::{offset_of, size_of};
use core::sync::atomic::AtomicU32;

use bulkhead_abi::{NAME_SIZE, PortDescription, PortDirection, PortKind, Word64};

/// A port of the partition: what the tool says of it, and what the binding remembers.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Port {
    /// As the system file has it.
    pub description: PortDescription,
    /// Address of room for a record, whose bytes nothing else uses.
    pub record: u32,
    /// What the host calls the port, and what else it has to know of it.
    pub host: [u32; 3],
    /// What the binding remembers; zero at the start.
    pub state: State,
}

/// What a binding remembers of a port.
#[repr(C)]
#[derive(Debug, Default)]
pub struct State {
    /// Messages: written or sent by a source, modulo 2^32; at a sampling destination the number of the last one read.
    pub count: AtomicU32,
    /// What was told of last: at a sampling destination the number of a message; at a queuing one how many waited, 0 if
    /// one has left since; at a queuing source whether room is awaited.
    pub told: AtomicU32,
    /// Sends that found no room: by a source, or at a destination as the last record had it.
    pub lost: AtomicU32,
    /// Bytes of a message that has been taken from the host and waits in the record, with its header; 0 for none.
    pub held: AtomicU32,
    /// When the last message was written, sent or received, in nanoseconds; 0 if none was.
    pub time: Word64,
    /// The number of a message that a cold restart has made unread for good; 0 for none.
    pub forgotten: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
    /// A host's own.
    pub host: [AtomicU32; 4],
}

impl Port {
    /// Bytes in memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they lie in memory at the start of a partition.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let words = [self.record].into_iter().chain(self.host).flat_map(u32::to_ne_bytes);
        for (place, byte) in bytes.iter_mut().zip(self.description.bytes().into_iter().chain(words)) {
            *place = byte;
        }
        bytes
    }

    /// A port's description. `refresh` is in nanoseconds, 0 for a queuing port.
    #[must_use]
    pub fn describe(
        name: &str,
        (kind, direction): (PortKind, PortDirection),
        (message_size, depth): (u32, u32),
        refresh: u64,
    ) -> PortDescription {
        let mut stored = [0; NAME_SIZE];
        for (place, byte) in stored.iter_mut().zip(name.bytes().take(NAME_SIZE - 1)) {
            *place = byte;
        }
        PortDescription {
            name: stored,
            kind: kind as u32,
            direction: direction as u32,
            message_size,
            depth,
            refresh_low: refresh as u32,
            refresh_high: (refresh >> 32) as u32,
            reserved: [0; 2],
        }
    }

    /// The longest record in bytes.
    #[must_use]
    pub const fn record_size(&self) -> u32 {
        self.description.message_size + Header::SIZE as u32
    }

    /// Whether the port is of this kind and direction.
    #[must_use]
    pub const fn is(&self, kind: PortKind, direction: PortDirection) -> bool {
        self.description.kind == kind as u32 && self.description.direction == direction as u32
    }
}

/// What goes in front of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// When the message was written or sent, in nanoseconds of the clock that all partitions have.
    pub time: u64,
    /// Sampling: the number of the message, counted from 1, never 0. Queuing: how many sends have found no room.
    pub count: u32,
    /// The message's length in bytes.
    pub length: u32,
}

impl Header {
    /// Bytes in front of a message.
    pub const SIZE: usize = 16;

    /// The bytes as they lie in a record.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let words = [self.time as u32, (self.time >> 32) as u32, self.count, self.length];
        for (place, byte) in bytes.iter_mut().zip(words.into_iter().flat_map(u32::to_le_bytes)) {
            *place = byte;
        }
        bytes
    }

    /// The header of a record, if it has one.
    #[must_use]
    pub fn of(record: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::SIZE] = record.first_chunk()?;
        let word = |place: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| bytes[4 * place + byte]));
        let time = u64::from(word(0)) | u64::from(word(1)) << 32;
        Some(Self { time, count: word(2), length: word(3) })
    }
}

const _: () = {
    assert!(size_of::<Port>() == 128);
    assert!(offset_of!(Port, record) == 0x40);
    assert!(offset_of!(Port, state) == 0x50);
    assert!(size_of::<State>() == 48);
};
