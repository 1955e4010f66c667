//! Ports, over which partitions exchange messages, and the regions of memory that they share.
//!
//! Which ports and regions a partition has, the system file says. Ports are numbered for each partition from 0, in
//! the order of the file; regions have the same number in every partition.

use core::mem::{offset_of, size_of};

use crate::NAME_SIZE;
use crate::pages::stored;

/// The longest message of a channel, in bytes.
pub const MESSAGE_SIZE_MAX: u32 = 64 * 1024;

/// The most ports that a partition can have: one bit for each in [`crate::SharedPage::ports`].
pub const PORTS_PER_PARTITION_MAX: u32 = 64;

/// What a port's channel does with messages.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// The last message is kept, and read as often as one likes.
    Sampling = 1,
    /// Messages wait one after the other, and each is received once.
    Queuing = 2,
}

impl PortKind {
    /// The kind with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Sampling),
            2 => Some(Self::Queuing),
            _ => None,
        }
    }
}

/// Which end of its channel a port is, numbered as ARINC 653's `PORT_DIRECTION_TYPE`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortDirection {
    /// Messages go out.
    Source = 0,
    /// Messages come in.
    Destination = 1,
}

impl PortDirection {
    /// The direction with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Source),
            1 => Some(Self::Destination),
            _ => None,
        }
    }
}

/// A port as the system file has it: the answer of [`crate::Hypercall::PortDescribe`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortDescription {
    /// The port's name, ended by a zero.
    pub name: [u8; NAME_SIZE],
    /// A [`PortKind`].
    pub kind: u32,
    /// A [`PortDirection`].
    pub direction: u32,
    /// The longest message in bytes, 1 to [`MESSAGE_SIZE_MAX`].
    pub message_size: u32,
    /// How many messages can wait; 1 for a sampling port.
    pub depth: u32,
    /// How old a message may be that counts as valid, in nanoseconds, low half; 0 for a queuing port.
    pub refresh_low: u32,
    /// The same, high half.
    pub refresh_high: u32,
    /// Zero.
    pub reserved: [u32; 2],
}

/// How a port stands: the answer of [`crate::Hypercall::PortStatus`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortStatus {
    /// How many messages wait in a queuing channel; 1 if a sampling port's channel has a message, otherwise 0.
    pub messages: u32,
    /// [`Received::VALID`], [`Received::NEW`] and [`Received::OVERFLOW`] as the next message would be received with.
    /// A source has none of the first two.
    pub flags: u32,
    /// How many sends found the queue full, without waiting for room, since the system started.
    pub lost: u32,
    /// Zero.
    pub reserved: u32,
    /// When the last message was written or sent completely, in nanoseconds of the clock, low half; 0 if none was.
    pub time_low: u32,
    /// The same, high half.
    pub time_high: u32,
    /// The clock when the status was taken, low half.
    pub now_low: u32,
    /// The same, high half.
    pub now_high: u32,
}

/// A region of memory that partitions share, as one of them sees it: the answer of
/// [`crate::Hypercall::RegionDescribe`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegionDescription {
    /// The region's name, ended by a zero.
    pub name: [u8; NAME_SIZE],
    /// Where the partition sees it.
    pub address: u32,
    /// Its size in bytes.
    pub size: u32,
    /// 1 if the partition may write it, 0 if it may only read.
    pub writable: u32,
    /// The line that another's [`crate::Hypercall::Doorbell`] makes pending, or 0 for none.
    pub line: u32,
    /// Zero.
    pub reserved: [u32; 4],
}

/// A message that has been read or received, and what is to be said of it: the result of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Its length in bytes.
    pub length: u32,
    /// Sampling: it is not older than the refresh period. Always set for a queuing port.
    pub valid: bool,
    /// Sampling: this port has not read it before. Always set for a queuing port.
    pub new: bool,
    /// Queuing: a send has found the queue full, without waiting for room, since the message before.
    pub overflow: bool,
}

impl Received {
    /// The bits of a result that are the length.
    pub const LENGTH: u32 = 0x00ff_ffff;
    /// The bit of a result for a message that is valid.
    pub const VALID: u32 = 0x0100_0000;
    /// The bit of a result for a message that is new.
    pub const NEW: u32 = 0x0200_0000;
    /// The bit of a result for a queue that has overflowed.
    pub const OVERFLOW: u32 = 0x0400_0000;

    /// The result of the call, which is never negative.
    #[inline(always)]
    #[must_use]
    pub const fn result(self) -> i32 {
        let flags = (self.valid as u32 * Self::VALID) | (self.new as u32 * Self::NEW);
        ((self.length & Self::LENGTH) | flags | (self.overflow as u32 * Self::OVERFLOW)) as i32
    }

    /// What a result that is not negative says.
    #[must_use]
    pub const fn from_result(result: i32) -> Self {
        let bits = result as u32;
        Self {
            length: bits & Self::LENGTH,
            valid: bits & Self::VALID != 0,
            new: bits & Self::NEW != 0,
            overflow: bits & Self::OVERFLOW != 0,
        }
    }
}

/// The bit in the first argument of [`crate::Hypercall::QueuingSend`], beside the port's number, of a sender that will
/// come again when there is room: that the queue is full now is no overflow.
pub const SEND_WAITS: u32 = 0x8000_0000;

impl PortDescription {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            Some(&self.name),
            &[self.kind, self.direction, self.message_size, self.depth, self.refresh_low, self.refresh_high],
        )
    }

    /// How old a message may be that counts as valid, in nanoseconds.
    #[must_use]
    pub const fn refresh(&self) -> u64 {
        self.refresh_low as u64 | (self.refresh_high as u64) << 32
    }
}

impl PortStatus {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            None,
            &[
                self.messages,
                self.flags,
                self.lost,
                0,
                self.time_low,
                self.time_high,
                self.now_low,
                self.now_high,
            ],
        )
    }

    /// When the last message was written or sent completely, in nanoseconds of the clock.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time_low as u64 | (self.time_high as u64) << 32
    }

    /// The clock when the status was taken, in nanoseconds.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now_low as u64 | (self.now_high as u64) << 32
    }
}

impl RegionDescription {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(Some(&self.name), &[self.address, self.size, self.writable, self.line])
    }
}

// The layout is the contract, as in `pages`.
const _: () = {
    assert!(size_of::<PortDescription>() == 64);
    assert!(offset_of!(PortDescription, kind) == 0x20);
    assert!(offset_of!(PortDescription, refresh_low) == 0x30);
    assert!(size_of::<PortStatus>() == 32);
    assert!(offset_of!(PortStatus, time_low) == 0x10);
    assert!(size_of::<RegionDescription>() == 64);
    assert!(offset_of!(RegionDescription, address) == 0x20);
    assert!(MESSAGE_SIZE_MAX <= Received::LENGTH);
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_stored_has_the_layout_of_the_structures() {
        let mut name = [0; NAME_SIZE];
        name[..4].copy_from_slice(b"rate");
        let description = PortDescription {
            name,
            kind: 1,
            direction: 2,
            message_size: 3,
            depth: 4,
            refresh_low: 5,
            refresh_high: 6,
            reserved: [0; 2],
        };
        let bytes = description.bytes();
        assert_eq!(&bytes[..5], b"rate\0");
        for number in 1_u32..=6 {
            let place = 0x1c + 4 * number as usize;
            assert_eq!(bytes[place..place + 4], number.to_ne_bytes());
        }
        let status = PortStatus { now_high: 7, messages: 9, ..PortStatus::default() };
        assert_eq!(status.bytes()[..4], 9_u32.to_ne_bytes());
        assert_eq!(status.bytes()[28..], 7_u32.to_ne_bytes());
        let region = RegionDescription { name, line: 8, ..RegionDescription::default() };
        assert_eq!(region.bytes()[0x2c..0x30], 8_u32.to_ne_bytes());
    }

    proptest! {
        #[test]
        fn a_result_says_what_was_received(
            length in 0..=MESSAGE_SIZE_MAX, valid: bool, new: bool, overflow: bool,
        ) {
            let received = Received { length, valid, new, overflow };
            prop_assert!(received.result() >= 0);
            prop_assert_eq!(Received::from_result(received.result()), received);
        }
    }
}
