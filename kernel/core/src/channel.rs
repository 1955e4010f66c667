//! Channels and their ports: which message is where, and who is to be told.
//!
//! What a channel holds lies in buffers, of which only the machine knows where they are; here are their numbers. A
//! message counts from the moment at which it is complete. Until then nobody but its writer knows of it, so a writer
//! that is interrupted, or starts again, has changed nothing.
//!
//! * A sampling channel has two buffers more than destinations. Whoever reads a message while its window ends has it
//!   pinned, so there is always one left that is neither the latest nor read, and the writer never waits.
//! * A queuing channel's buffers are a ring. The one behind the last message is the sender's, whatever the receiver
//!   takes meanwhile; the first one is the receiver's until its copy is complete.

use bulkhead_abi::NAME_SIZE;
use bulkhead_abi::port::{PortDescription, PortDirection, PortKind, PortStatus, Received};
use bulkhead_abi::system_table::{CHANNELS_MAX, MESSAGES_MAX, PORTS_MAX};

use crate::partition::Index;

/// The number of a channel, always below [`CHANNELS_MAX`].
pub type ChannelIndex = u8;

const _: () = {
    assert!(CHANNELS_MAX == 1 << ChannelIndex::BITS);
    assert!(PORTS_MAX.is_power_of_two() && PORTS_MAX <= 1 << 15);
    assert!(MESSAGES_MAX.is_power_of_two() && MESSAGES_MAX <= 1 << 15);
};

/// One more than the number of a port among those of all partitions, or 0 for none: tables without channels are zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortIndex(u16);

impl PortIndex {
    /// No port.
    pub const NONE: Self = Self(0);

    /// The port with this number.
    #[must_use]
    pub const fn new(number: usize) -> Self {
        if number < PORTS_MAX { Self(number as u16 + 1) } else { Self::NONE }
    }

    /// Its place in the array of ports.
    #[inline(always)]
    const fn place(self) -> usize {
        (self.0 as usize).wrapping_sub(1) % PORTS_MAX
    }
}

/// What a port is to its channel, and a sampling destination besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Messages go out.
    Source,
    /// Messages come in; of a sampling channel, none yet since the system or the partition has started.
    Empty,
    /// The latest message has not been read here.
    New,
    /// It has.
    Read,
}

/// A port.
#[derive(Clone, Copy, Debug)]
#[repr(align(8))]
pub struct Port {
    /// Its channel.
    pub channel: ChannelIndex,
    /// Whose it is.
    pub partition: Index,
    /// Its number in its partition.
    pub number: u8,
    /// Which end of the channel it is.
    pub end: End,
    /// The channel's next destination.
    pub next: PortIndex,
}

impl Port {
    /// A place for a port that does not exist.
    pub const NONE: Self =
        Self { channel: 0, partition: Index::FIRST, number: 0, end: End::Source, next: PortIndex::NONE };
}

/// A channel.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Channel {
    /// How old a message may be that is valid, in nanoseconds.
    pub refresh: u64,
    /// When the last message became complete.
    pub time: u64,
    /// Where the buffers begin, from the start of all channels' buffers, and how far they lie apart.
    pub memory: usize,
    /// Bytes from one buffer to the next.
    pub stride: u32,
    /// The longest message.
    pub message_size: u32,
    /// The buffers that are being read over the end of a window, one bit each.
    pub pinned: u32,
    /// How many sends have found the queue full.
    pub lost: u32,
    /// Where the lengths of the messages begin in the array of all.
    pub first_length: u16,
    /// How many buffers there are.
    pub buffers: u16,
    /// The buffer of the latest or of the oldest message.
    pub head: u16,
    /// How many messages there are, of which a sampling channel has one at most.
    pub count: u16,
    /// Where messages come from.
    pub source: PortIndex,
    /// The first of the ports where they go.
    pub destination: PortIndex,
    /// What it does with messages.
    pub kind: PortKind,
    /// Whether the queue has been full since the message that was received last.
    pub overflow: bool,
}

impl Channel {
    /// A place for a channel that does not exist.
    pub const NONE: Self = Self {
        refresh: 0,
        time: 0,
        memory: 0,
        stride: 0,
        message_size: 0,
        pinned: 0,
        lost: 0,
        first_length: 0,
        buffers: 0,
        head: 0,
        count: 0,
        source: PortIndex::NONE,
        destination: PortIndex::NONE,
        kind: PortKind::Sampling,
        overflow: false,
    };

    /// The buffer for the next message, if there is room for one.
    #[inline(always)]
    fn free(&self) -> Option<u16> {
        match self.kind {
            PortKind::Sampling => {
                let latest = if self.count == 0 { 0 } else { 1u32 << (self.head % 32) };
                let taken = self.pinned | latest;
                let mut buffer = 0;
                while buffer < 31 && taken >> buffer & 1 != 0 {
                    buffer += 1;
                }
                Some(buffer)
            }
            PortKind::Queuing if self.count == self.buffers => None,
            PortKind::Queuing => Some(self.behind(self.count)),
        }
    }

    /// The buffer so many behind the first one; not more than there are.
    #[inline(always)]
    const fn behind(&self, messages: u16) -> u16 {
        let buffer = self.head.wrapping_add(messages);
        if buffer < self.buffers { buffer } else { buffer.wrapping_sub(self.buffers) }
    }

    /// Where a buffer's message begins, from the start of all channels' buffers.
    #[inline(always)]
    const fn place(&self, buffer: u16) -> usize {
        self.memory.wrapping_add(buffer as usize * self.stride as usize)
    }

    /// Where the length of a buffer's message is.
    #[inline(always)]
    const fn length_place(&self, buffer: u16) -> usize {
        self.first_length.wrapping_add(buffer) as usize % MESSAGES_MAX
    }

    /// Whether the latest message is not older than the refresh period.
    #[inline(always)]
    const fn is_valid(&self, time: u64, now: u64) -> bool {
        now.saturating_sub(time) <= self.refresh
    }
}

/// A message on its way between a partition's memory and a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The port that it goes through.
    pub(crate) port: PortIndex,
    /// The number of its buffer, and where that lies.
    buffer: u16,
    pub(crate) place: usize,
    pub(crate) length: u32,
    /// When the message became complete; without meaning for one that is not.
    time: u64,
}

/// All channels and ports.
#[derive(Debug)]
pub struct Channels {
    pub(crate) channels: [Channel; CHANNELS_MAX],
    pub(crate) ports: [Port; PORTS_MAX],
    pub(crate) lengths: [u32; MESSAGES_MAX],
    pub(crate) names: [[u8; NAME_SIZE]; PORTS_MAX],
}

/// Where a message goes or comes from: what is asked for, or the error of [`bulkhead_abi::Hypercall`].
type Answer<T> = Result<T, bulkhead_abi::Error>;

use bulkhead_abi::Error::{BadArgument, NotAvailable, NotPermitted};

impl Channels {
    /// No channels.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            channels: [Channel::NONE; CHANNELS_MAX],
            ports: [Port::NONE; PORTS_MAX],
            lengths: [0; MESSAGES_MAX],
            names: [[0; NAME_SIZE]; PORTS_MAX],
        }
    }

    #[inline(always)]
    pub(crate) const fn port(&self, port: PortIndex) -> &Port {
        &self.ports[port.place()]
    }

    #[inline(always)]
    fn channel(&mut self, port: PortIndex) -> (&mut Port, &mut Channel) {
        let port = &mut self.ports[port.place()];
        let channel = &mut self.channels[port.channel as usize];
        (port, channel)
    }

    /// Begins a message of `length` bytes that goes out. A full queue has overflowed, unless the sender `waits`.
    #[inline(always)]
    pub(crate) fn begin_to_put(
        &mut self,
        index: PortIndex,
        kind: PortKind,
        length: u32,
        waits: bool,
    ) -> Answer<Message> {
        let (port, channel) = self.channel(index);
        if channel.kind != kind || port.end != End::Source {
            return Err(NotPermitted);
        }
        if length == 0 || length > channel.message_size {
            return Err(BadArgument);
        }
        let Some(buffer) = channel.free() else {
            if !waits {
                channel.overflow = true;
                channel.lost = channel.lost.saturating_add(1);
            }
            return Err(NotAvailable);
        };
        Ok(Message { port: index, buffer, place: channel.place(buffer), length, time: 0 })
    }

    /// A message that has gone out is complete. Calls `tell` with each port to which it has come.
    #[inline(always)]
    pub(crate) fn has_been_put(&mut self, message: &Message, now: u64, mut tell: impl FnMut(&Port)) {
        let channel = &mut self.channels[self.ports[message.port.place()].channel as usize];
        self.lengths[channel.length_place(message.buffer)] = message.length;
        channel.time = now;
        match channel.kind {
            PortKind::Sampling => {
                channel.head = message.buffer;
                channel.count = 1;
            }
            PortKind::Queuing => channel.count += 1,
        }
        let mut next = channel.destination;
        // At most as many as there are ports.
        for _ in 0..PORTS_MAX {
            if next == PortIndex::NONE {
                break;
            }
            let port = &mut self.ports[next.place()];
            port.end = End::New;
            tell(port);
            next = port.next;
        }
    }

    /// Begins to read or receive a message, for which there is `room`.
    #[inline(always)]
    pub(crate) fn begin_to_get(&mut self, index: PortIndex, kind: PortKind, room: usize) -> Answer<Message> {
        let (port, channel) = self.channel(index);
        if channel.kind != kind || port.end == End::Source {
            return Err(NotPermitted);
        }
        if channel.count == 0 || kind == PortKind::Sampling && port.end == End::Empty {
            return Err(NotAvailable);
        }
        let (buffer, time, place) = (channel.head, channel.time, channel.place(channel.head));
        let length_place = channel.length_place(buffer);
        let length = self.lengths[length_place];
        if length as usize > room {
            return Err(BadArgument);
        }
        Ok(Message { port: index, buffer, place, length, time })
    }

    /// A message has been read or received completely. Calls `tell` with the port of a sender who has room again.
    #[inline(always)]
    pub(crate) fn has_been_got(&mut self, message: &Message, now: u64, tell: impl FnOnce(&Port)) -> Received {
        let (port, channel) = self.channel(message.port);
        let mut received = Received { length: message.length, valid: true, new: true, overflow: false };
        match channel.kind {
            PortKind::Sampling => {
                received.valid = channel.is_valid(message.time, now);
                received.new = channel.head != message.buffer || port.end == End::New;
                if channel.head == message.buffer {
                    port.end = End::Read;
                }
            }
            PortKind::Queuing => {
                let was_full = channel.count == channel.buffers;
                received.overflow = core::mem::take(&mut channel.overflow);
                channel.head = channel.behind(1);
                channel.count = channel.count.saturating_sub(1);
                let source = channel.source;
                if was_full {
                    tell(&self.ports[source.place()]);
                }
            }
        }
        received
    }

    /// Drops what waits at a queuing port. Calls `tell` with the port of a sender who has room again.
    pub(crate) fn clear(&mut self, index: PortIndex, tell: impl FnOnce(&Port)) -> Answer<u32> {
        let (port, channel) = self.channel(index);
        if channel.kind != PortKind::Queuing || port.end == End::Source {
            return Err(NotPermitted);
        }
        let dropped = channel.count;
        let was_full = dropped == channel.buffers;
        channel.head = channel.behind(dropped);
        channel.count = 0;
        channel.overflow = false;
        let source = channel.source;
        if was_full {
            tell(&self.ports[source.place()]);
        }
        Ok(dropped.into())
    }

    /// Makes a destination what it is before anything has come to it. Calls `tell` as [`Channels::clear`].
    pub(crate) fn empty(&mut self, index: PortIndex, tell: impl FnOnce(&Port)) {
        let (port, channel) = self.channel(index);
        match (channel.kind, port.end) {
            (_, End::Source) => {}
            (PortKind::Sampling, _) => port.end = End::Empty,
            (PortKind::Queuing, _) => {
                let _ = self.clear(index, tell);
            }
        }
    }

    /// Says which buffers of a port's channel are being read.
    pub(crate) fn pin(&mut self, index: PortIndex, reads: impl Iterator<Item = Message>) {
        let channel = self.port(index).channel;
        let mut pinned = 0;
        for message in reads {
            if self.port(message.port).channel == channel {
                pinned |= 1 << (message.buffer % 32);
            }
        }
        self.channels[channel as usize].pinned = pinned;
    }

    /// The port as it is configured.
    pub(crate) fn describe(&self, index: PortIndex) -> PortDescription {
        let port = self.port(index);
        let channel = &self.channels[port.channel as usize];
        let depth = if channel.kind == PortKind::Queuing { channel.buffers.into() } else { 1 };
        PortDescription {
            name: self.names[index.place()],
            kind: channel.kind as u32,
            direction: if port.end == End::Source {
                PortDirection::Source
            } else {
                PortDirection::Destination
            } as u32,
            message_size: channel.message_size,
            depth,
            refresh_low: channel.refresh as u32,
            refresh_high: (channel.refresh >> 32) as u32,
            reserved: [0; 2],
        }
    }

    /// How the port stands.
    pub(crate) fn status(&self, index: PortIndex, now: u64) -> PortStatus {
        let port = self.port(index);
        let channel = &self.channels[port.channel as usize];
        let (source, queuing) = (port.end == End::Source, channel.kind == PortKind::Queuing);
        let messages = if !queuing && port.end == End::Empty { 0 } else { channel.count };
        let next = Received {
            length: 0,
            valid: !source && messages != 0 && (queuing || channel.is_valid(channel.time, now)),
            new: !source && messages != 0 && (queuing || port.end == End::New),
            overflow: channel.overflow,
        };
        PortStatus {
            messages: messages.into(),
            flags: next.result() as u32,
            lost: channel.lost,
            reserved: 0,
            time_low: channel.time as u32,
            time_high: (channel.time >> 32) as u32,
            now_low: now as u32,
            now_high: (now >> 32) as u32,
        }
    }
}

impl Default for Channels {
    fn default() -> Self {
        Self::new()
    }
}
