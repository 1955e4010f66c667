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

use bulkhead_abi::Error::{BadArgument, NotAvailable, NotPermitted};
use bulkhead_abi::NAME_SIZE;
use bulkhead_abi::port::{PortDescription, PortDirection, PortKind, PortStatus, Received};
use bulkhead_abi::system_table::{CHANNELS_MAX, MESSAGES_MAX, PORTS_MAX};

use crate::partition::Index;

/// The number of a channel, always below [`CHANNELS_MAX`].
pub type ChannelIndex = u8;

const _: () = {
    assert!(CHANNELS_MAX == 1 << ChannelIndex::BITS);
    assert!(PORTS_MAX.is_power_of_two() && PORTS_MAX <= 1 << 14);
    assert!(MESSAGES_MAX.is_power_of_two() && MESSAGES_MAX <= 1 << 15);
};

/// How many ports there is room for, the one that is none included: a power of two, so that a mask makes an index.
const PLACES: usize = 2 * PORTS_MAX;

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

    /// The port so many behind this one, in the same partition.
    #[inline(always)]
    #[must_use]
    pub const fn behind(self, ports: u32) -> Self {
        Self(self.0.wrapping_add(ports as u16))
    }

    /// Its place in the array of ports. The mask changes nothing; it lets the compiler see that the place exists.
    #[inline(always)]
    const fn place(self) -> usize {
        self.0 as usize % PLACES
    }
}

/// A place in the channels' buffers, in bytes from their start. Only [`Channel`] makes one, for a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

impl Place {
    /// Bytes from the start of the channels' buffers.
    #[inline(always)]
    #[must_use]
    pub const fn offset(self) -> usize {
        self.0
    }

    /// The place of what is left of a message when so many bytes of it have been copied.
    #[inline(always)]
    pub(crate) const fn behind(self, bytes: usize) -> Self {
        Self(self.0.wrapping_add(bytes))
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
#[repr(align(16))]
pub struct Port {
    /// The bit of the port in the words of its partition, and which word that is.
    mask: u32,
    word: u8,
    /// Its channel.
    pub(crate) channel: ChannelIndex,
    /// Whose it is.
    pub(crate) partition: Index,
    /// What may be done with it: [`Port::QUEUING`], [`Port::SOURCE`].
    role: u8,
    /// Which end of the channel it is.
    pub(crate) end: End,
    /// The channel's next destination.
    pub(crate) next: PortIndex,
}

impl Port {
    /// A place for a port that does not exist.
    pub const NONE: Self = Self {
        mask: 0,
        word: 0,
        channel: 0,
        partition: Index::FIRST,
        role: 0,
        end: End::Source,
        next: PortIndex::NONE,
    };

    /// Bits of a role: messages wait one after the other; they go out.
    const QUEUING: u8 = 1;
    const SOURCE: u8 = 2;

    /// The port with this number of a partition's own.
    #[must_use]
    pub const fn new(
        partition: Index,
        number: u8,
        (channel, queuing): (ChannelIndex, bool),
        end: End,
    ) -> Self {
        let source = if matches!(end, End::Source) { Self::SOURCE } else { 0 };
        Self {
            mask: 1 << (number % 32),
            word: number / 32 % 2,
            channel,
            partition,
            role: source | if queuing { Self::QUEUING } else { 0 },
            end,
            next: PortIndex::NONE,
        }
    }

    /// The port's place in the words of its partition: which word, and its bit.
    #[inline(always)]
    #[must_use]
    pub const fn bit(&self) -> (usize, u32) {
        (self.word as usize % 2, self.mask)
    }
}

/// A channel.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Channel {
    /// How old a message may be that is valid, in counts of the clock; and as it is configured, in nanoseconds.
    pub(crate) valid_for: u64,
    pub(crate) refresh: u64,
    /// When the last message became complete, in counts of the clock.
    pub(crate) time: u64,
    /// Where the buffers begin, from the start of all channels' buffers, and how far they lie apart.
    pub(crate) memory: usize,
    pub(crate) stride: u32,
    /// The longest message.
    pub(crate) message_size: u32,
    /// The length of the latest message of a sampling channel.
    pub(crate) length: u32,
    /// The buffers that are being read over the end of a window, one bit each.
    pub(crate) pinned: u32,
    /// How many sends have found the queue full.
    pub(crate) lost: u32,
    /// Where the lengths of a queue's messages begin in the array of all.
    pub(crate) first_length: u16,
    /// How many buffers there are.
    pub(crate) buffers: u16,
    /// The buffer of the latest or of the oldest message.
    pub(crate) head: u16,
    /// How many messages wait in a queue.
    pub(crate) count: u16,
    /// Where messages come from.
    pub(crate) source: PortIndex,
    /// The first of the ports where they go.
    pub(crate) destination: PortIndex,
    /// Its own number, which records have.
    pub(crate) number: u8,
    /// Whether messages wait one after the other; otherwise the latest counts.
    pub(crate) queuing: bool,
    /// Whether the queue has been full since the message that was received last.
    pub(crate) overflow: bool,
}

impl Channel {
    /// A place for a channel that does not exist.
    pub const NONE: Self = Self {
        valid_for: 0,
        refresh: 0,
        time: 0,
        memory: 0,
        stride: 0,
        message_size: 0,
        length: 0,
        pinned: 0,
        lost: 0,
        first_length: 0,
        buffers: 0,
        head: 0,
        count: 0,
        source: PortIndex::NONE,
        destination: PortIndex::NONE,
        number: 0,
        queuing: false,
        overflow: false,
    };

    /// The buffer of a sampling channel that is neither the latest nor read: there are two more than destinations.
    #[inline(always)]
    fn unread(&self) -> u16 {
        if self.pinned == 0 {
            return if self.head == 0 { 1 } else { 0 };
        }
        let taken = self.pinned | 1 << (self.head % 32);
        (!taken).trailing_zeros() as u16 % 32
    }

    /// The buffer so many behind the first one; not more than there are.
    #[inline(always)]
    const fn behind(&self, messages: u16) -> u16 {
        let buffer = self.head.wrapping_add(messages);
        if buffer < self.buffers { buffer } else { buffer.wrapping_sub(self.buffers) }
    }

    /// Where a buffer's message begins.
    #[inline(always)]
    const fn place(&self, buffer: u16) -> Place {
        Place(self.memory.wrapping_add(buffer as usize * self.stride as usize))
    }

    /// Where the length of a queue's message is.
    #[inline(always)]
    const fn length_place(&self, buffer: u16) -> usize {
        (self.first_length as usize + buffer as usize) % MESSAGES_MAX
    }
}

/// A message on its way between a partition's memory and a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The port that it goes through, and that one's channel.
    pub(crate) port: PortIndex,
    channel: ChannelIndex,
    /// The number of its buffer.
    buffer: u16,
    pub(crate) length: u32,
    /// When the message became complete, and whether its reader has not read it yet; without meaning for one that is
    /// not complete.
    time: u64,
    new: bool,
}

impl Message {
    /// What a record has of it: the numbers of its channel and its buffer. The first is loaded again, because only the
    /// channel's address is kept while the message is copied.
    #[inline(always)]
    #[must_use]
    pub const fn recorded(&self, channels: &Channels) -> (u8, u32) {
        (channels.channels[self.channel as usize].number, self.buffer as u32)
    }
}

/// All channels and ports.
#[derive(Debug)]
pub struct Channels {
    pub(crate) channels: [Channel; CHANNELS_MAX],
    ports: [Port; PLACES],
    lengths: [u32; MESSAGES_MAX],
    names: [[u8; NAME_SIZE]; PLACES],
}

/// What is asked for, or the error of [`bulkhead_abi::Hypercall`].
type Answer<T> = Result<T, bulkhead_abi::Error>;

impl Channels {
    /// No channels.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            channels: [Channel::NONE; CHANNELS_MAX],
            ports: [Port::NONE; PLACES],
            lengths: [0; MESSAGES_MAX],
            names: [[0; NAME_SIZE]; PLACES],
        }
    }

    /// A port.
    #[inline(always)]
    pub(crate) const fn port(&self, index: PortIndex) -> &Port {
        &self.ports[index.place()]
    }

    /// Adds a port, and its name.
    pub(crate) const fn set_port(&mut self, index: PortIndex, port: Port, name: [u8; NAME_SIZE]) {
        self.ports[index.place()] = port;
        self.names[index.place()] = name;
    }

    #[inline(always)]
    fn ends(&mut self, index: PortIndex) -> (&mut Port, &mut Channel) {
        let port = &mut self.ports[index.place()];
        let channel = &mut self.channels[port.channel as usize];
        (port, channel)
    }

    /// Begins a message of `length` bytes that goes out. A full queue has overflowed, unless the sender `waits`.
    #[inline(always)]
    pub(crate) fn begin_to_put<const QUEUING: bool>(
        &mut self,
        index: PortIndex,
        length: u32,
        waits: bool,
    ) -> Answer<(Message, Place)> {
        let (port, channel) = self.ends(index);
        if port.role != Port::SOURCE | if QUEUING { Port::QUEUING } else { 0 } {
            return Err(NotPermitted);
        }
        if length.wrapping_sub(1) >= channel.message_size {
            return Err(BadArgument);
        }
        let buffer = if !QUEUING {
            channel.unread()
        } else if channel.count < channel.buffers {
            channel.behind(channel.count)
        } else {
            if !waits {
                channel.overflow = true;
                channel.lost = channel.lost.saturating_add(1);
            }
            return Err(NotAvailable);
        };
        let place = channel.place(buffer);
        Ok((Message { port: index, channel: port.channel, buffer, length, time: 0, new: false }, place))
    }

    /// A message that has gone out is complete. Calls `tell` with each port to which it has come.
    #[inline(always)]
    pub(crate) fn has_been_put<const QUEUING: bool>(
        &mut self,
        message: &Message,
        now: u64,
        mut tell: impl FnMut(&Port),
    ) {
        let channel = &mut self.channels[message.channel as usize];
        channel.time = now;
        if QUEUING {
            self.lengths[channel.length_place(message.buffer)] = message.length;
            channel.count += 1;
        } else {
            channel.length = message.length;
            channel.head = message.buffer;
        }
        let mut next = channel.destination;
        // There is one at least, and at most as many as the configuration's check has counted.
        loop {
            let port = &mut self.ports[next.place()];
            port.end = End::New;
            tell(port);
            next = port.next;
            if next == PortIndex::NONE {
                return;
            }
        }
    }

    /// Begins to read or receive a message, for which there is `room`.
    #[inline(always)]
    pub(crate) fn begin_to_get<const QUEUING: bool>(
        &mut self,
        index: PortIndex,
        room: usize,
    ) -> Answer<(Message, Place)> {
        let (port, channel) = self.ends(index);
        if port.role != if QUEUING { Port::QUEUING } else { 0 } {
            return Err(NotPermitted);
        }
        if if QUEUING { channel.count == 0 } else { port.end == End::Empty } {
            return Err(NotAvailable);
        }
        let (through, new) = (port.channel, port.end == End::New);
        let (buffer, time) = (channel.head, channel.time);
        let place = channel.place(buffer);
        let (length, length_place) = (channel.length, channel.length_place(buffer));
        let length = if QUEUING { self.lengths[length_place] } else { length };
        if length as usize > room {
            return Err(BadArgument);
        }
        Ok((Message { port: index, channel: through, buffer, length, time, new }, place))
    }

    /// A message has been read or received completely. Calls `tell` with the port of a sender who has room again.
    #[inline(always)]
    pub(crate) fn has_been_got<const QUEUING: bool>(
        &mut self,
        message: &Message,
        now: u64,
        tell: impl FnOnce(&Port),
    ) -> Received {
        let port = &mut self.ports[message.port.place()];
        let channel = &mut self.channels[message.channel as usize];
        let mut received = Received { length: message.length, valid: true, new: true, overflow: false };
        if QUEUING {
            let was_full = channel.count == channel.buffers;
            received.overflow = core::mem::take(&mut channel.overflow);
            channel.head = channel.behind(1);
            channel.count = channel.count.saturating_sub(1);
            let source = channel.source;
            if was_full {
                tell(self.port(source));
            }
        } else {
            received.valid = now.wrapping_sub(message.time) <= channel.valid_for;
            received.new = message.new;
            if channel.head == message.buffer {
                port.end = End::Read;
            }
        }
        received
    }

    /// Drops what waits at a queuing port. Calls `tell` with the port of a sender who has room again.
    pub(crate) fn clear(&mut self, index: PortIndex, tell: impl FnOnce(&Port)) -> Answer<u32> {
        let (port, channel) = self.ends(index);
        if port.role != Port::QUEUING {
            return Err(NotPermitted);
        }
        let dropped = channel.count;
        let was_full = dropped == channel.buffers;
        channel.head = channel.behind(dropped);
        channel.count = 0;
        channel.overflow = false;
        let source = channel.source;
        if was_full {
            tell(self.port(source));
        }
        Ok(dropped.into())
    }

    /// Makes a destination what it is before anything has come to it. Calls `tell` as [`Channels::clear`].
    pub(crate) fn empty(&mut self, index: PortIndex, tell: impl FnOnce(&Port)) {
        let (port, channel) = self.ends(index);
        if port.end == End::Source {
            return;
        }
        if channel.queuing {
            let _ = self.clear(index, tell);
        } else {
            port.end = End::Empty;
        }
    }

    /// Whether a message waits at a destination, or one that has not been read there.
    pub(crate) const fn has_news(&self, index: PortIndex) -> bool {
        let port = self.port(index);
        let channel = &self.channels[port.channel as usize];
        match port.end {
            End::Source => false,
            _ if channel.queuing => channel.count != 0,
            End::Empty | End::Read => false,
            End::New => true,
        }
    }

    /// Whether a port's channel is one whose messages wait one after the other.
    pub(crate) const fn is_queuing(&self, index: PortIndex) -> bool {
        self.channels[self.port(index).channel as usize].queuing
    }

    /// How many destinations a port's channel has.
    #[inline(always)]
    pub(crate) const fn destinations(&self, index: PortIndex) -> u16 {
        let channel = &self.channels[self.port(index).channel as usize];
        // The configuration's check has found that many buffers.
        if channel.queuing { 1 } else { channel.buffers.saturating_sub(2) }
    }

    /// Says which buffers of a port's channel are being read.
    pub(crate) fn pin(&mut self, index: PortIndex, reads: impl Iterator<Item = Message>) {
        let channel = self.port(index).channel;
        let mut pinned = 0;
        for message in reads {
            if message.channel == channel {
                pinned |= 1 << (message.buffer % 32);
            }
        }
        self.channels[channel as usize].pinned = pinned;
    }

    /// The port as it is configured.
    pub(crate) fn describe(&self, index: PortIndex) -> PortDescription {
        let port = self.port(index);
        let channel = &self.channels[port.channel as usize];
        let kind = if channel.queuing { PortKind::Queuing } else { PortKind::Sampling };
        let direction =
            if port.end == End::Source { PortDirection::Source } else { PortDirection::Destination };
        PortDescription {
            name: self.names[index.place()],
            kind: kind as u32,
            direction: direction as u32,
            message_size: channel.message_size,
            depth: if channel.queuing { channel.buffers.into() } else { 1 },
            refresh_low: channel.refresh as u32,
            refresh_high: (channel.refresh >> 32) as u32,
            reserved: [0; 2],
        }
    }

    /// How the port stands; `now` and times in counts of the clock, which `time_of` makes nanoseconds.
    pub(crate) fn status(&self, index: PortIndex, now: u64, time_of: impl Fn(u64) -> u64) -> PortStatus {
        let port = self.port(index);
        let channel = &self.channels[port.channel as usize];
        let (source, queuing) = (port.end == End::Source, channel.queuing);
        let messages = match port.end {
            _ if queuing => channel.count,
            End::Empty => 0,
            End::Source => (channel.time != 0).into(),
            End::New | End::Read => 1,
        };
        let comes = !source && messages != 0;
        let next = Received {
            length: 0,
            valid: comes && (queuing || now.wrapping_sub(channel.time) <= channel.valid_for),
            new: comes && (queuing || port.end == End::New),
            overflow: channel.overflow,
        };
        let (time, now) = (if channel.time != 0 { time_of(channel.time) } else { 0 }, time_of(now));
        PortStatus {
            messages: messages.into(),
            flags: next.result() as u32,
            lost: channel.lost,
            reserved: 0,
            time_low: time as u32,
            time_high: (time >> 32) as u32,
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
