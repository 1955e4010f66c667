//! The interface's calls, made of what a host moves.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{Error, Line, PortDescription, PortDirection, PortKind, PortStatus, Received, SharedPage};

use crate::table::{Header, Port};

/// What a host does with records. Ports have the numbers of the table.
pub trait Channels {
    /// Whether a queue keeps the place of a message that has been read until [`Channels::release`].
    const KEEPS_PLACE: bool = false;

    /// Lends the room for a port's record.
    fn with_record<R>(&self, port: usize, with: impl FnOnce(&mut [u8]) -> R) -> R;

    /// Writes a record to a source: the last one of a sampling port, one more of a queuing port. Whether it was taken.
    /// `room` is the room for the port's record, of which the first `size` bytes are this one.
    fn write(&self, port: usize, room: &[u8], size: usize) -> bool;

    /// Reads from a destination: of a sampling port as much of the last record as there is room for, of a queuing port
    /// the oldest record, which leaves. How many bytes came; 0 if there is none.
    fn read(&self, port: usize, record: &mut [u8]) -> usize;

    /// Gives up the place of the record that was read last from a queuing destination.
    fn release(&self, _port: usize) {}

    /// How many records wait in the queue of a queuing port, its source or its destination.
    fn waiting(&self, port: usize) -> u32;

    /// Tells the destination how many sends of a queuing source have found no room, by a way besides the records. Where
    /// there is none, the next record tells it.
    fn tell_lost(&self, _port: usize, _lost: u32) {}

    /// What the source of a queuing destination has told so; none where there is no such way.
    fn lost(&self, _port: usize) -> Option<u32> {
        None
    }
}

/// The ports of a partition. Nothing may interrupt a call but [`Ports::tell`].
#[derive(Debug)]
pub struct Ports<'a, C> {
    table: &'a [Port],
    channels: C,
}

fn load(word: &AtomicU32) -> u32 {
    word.load(Ordering::Relaxed)
}

fn store(word: &AtomicU32, value: u32) {
    word.store(value, Ordering::Relaxed);
}

/// The next number of a sampling message, which is never 0.
const fn next(count: u32) -> u32 {
    match count.wrapping_add(1) {
        0 => 1,
        count => count,
    }
}

impl<'a, C: Channels> Ports<'a, C> {
    /// The ports of this table over a host's.
    pub const fn new(table: &'a [Port], channels: C) -> Self {
        Self { table, channels }
    }

    fn port(&self, port: u32) -> Result<(usize, &'a Port), Error> {
        let number = port as usize;
        self.table.get(number).map(|found| (number, found)).ok_or(Error::BadArgument)
    }

    /// The port if it is one for this.
    fn port_for(
        &self,
        port: u32,
        kind: PortKind,
        direction: PortDirection,
    ) -> Result<(usize, &'a Port), Error> {
        let (number, found) = self.port(port)?;
        if found.is(kind, direction) { Ok((number, found)) } else { Err(Error::NotPermitted) }
    }

    /// A source for a message of this length.
    fn source(&self, port: u32, kind: PortKind, message: &[u8]) -> Result<(usize, &'a Port), Error> {
        let (number, found) = self.port_for(port, kind, PortDirection::Source)?;
        let fits = !message.is_empty() && message.len() <= found.description.message_size as usize;
        if fits { Ok((number, found)) } else { Err(Error::BadArgument) }
    }

    /// Writes a message with its header; whether the host took it.
    fn write(&self, number: usize, header: Header, message: &[u8]) -> bool {
        self.channels.with_record(number, |room| {
            let size = Header::SIZE + message.len();
            let Some((head, body)) =
                room.get_mut(..size).and_then(|record| record.split_at_mut_checked(Header::SIZE))
            else {
                return false;
            };
            head.copy_from_slice(&header.bytes());
            body.copy_from_slice(message);
            self.channels.write(number, room, size)
        })
    }

    /// A port as the system file has it.
    ///
    /// # Errors
    /// If there is no such port.
    pub fn describe(&self, port: u32) -> Result<PortDescription, Error> {
        Ok(self.port(port)?.1.description)
    }

    /// Writes a message to a sampling port.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::SamplingWrite`].
    pub fn sampling_write(&self, port: u32, message: &[u8], now: u64) -> Result<(), Error> {
        let (number, found) = self.source(port, PortKind::Sampling, message)?;
        let count = next(load(&found.state.count));
        let header = Header { time: now, count, length: message.len() as u32 };
        if !self.write(number, header, message) {
            return Err(Error::NotAvailable);
        }
        store(&found.state.count, count);
        found.state.time.store(now);
        Ok(())
    }

    /// What the header of a sampling destination's last record says.
    fn last(&self, number: usize) -> Option<Header> {
        let mut head = [0; Header::SIZE];
        let size = self.channels.read(number, &mut head);
        Header::of(head.get(..size).unwrap_or_default())
    }

    /// Whether a record with this header at a sampling port is a message for this partition.
    fn is_message(port: &Port, header: &Header) -> bool {
        header.count != 0 && header.count != load(&port.state.forgotten)
    }

    /// How a message with this header is received from a sampling port.
    fn sampled(port: &Port, header: Header, now: u64) -> Received {
        Received {
            length: header.length,
            valid: now.saturating_sub(header.time) <= port.description.refresh(),
            new: header.count != load(&port.state.count),
            overflow: false,
        }
    }

    /// Reads the last message of a sampling port.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::SamplingRead`].
    pub fn sampling_read(&self, port: u32, room: &mut [u8], now: u64) -> Result<Received, Error> {
        let (number, found) = self.port_for(port, PortKind::Sampling, PortDirection::Destination)?;
        self.channels.with_record(number, |record| {
            let size = self.channels.read(number, record);
            let record = record.get(..size).unwrap_or_default();
            let header = Header::of(record).filter(|header| Self::is_message(found, header));
            let header = header.ok_or(Error::NotAvailable)?;
            take(record, room)?;
            let received = Self::sampled(found, header, now);
            store(&found.state.count, header.count);
            found.state.time.store(header.time);
            Ok(received)
        })
    }

    /// Sends a message to a queuing port.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::QueuingSend`].
    pub fn queuing_send(&self, port: u32, message: &[u8], waits: bool, now: u64) -> Result<(), Error> {
        let (number, found) = self.source(port, PortKind::Queuing, message)?;
        let state = &found.state;
        let header = Header { time: now, count: load(&state.lost), length: message.len() as u32 };
        // Before the attempt: room that comes right after it is told of too.
        store(&state.told, 1);
        if !self.write(number, header, message) {
            if !waits {
                let lost = state.lost.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                self.channels.tell_lost(number, lost);
            }
            return Err(Error::NotAvailable);
        }
        store(&state.told, 0);
        state.count.fetch_add(1, Ordering::Relaxed);
        state.time.store(now);
        Ok(())
    }

    /// Takes the oldest message from the host into the port's record, if none is there; its header.
    fn hold(&self, number: usize, port: &Port) -> Option<Header> {
        let state = &port.state;
        self.channels.with_record(number, |record| {
            if load(&state.held) == 0 {
                let size = self.channels.read(number, record);
                // After the message has left: whatever comes now is told of, and what waits still once more.
                store(&state.told, 0);
                // A record that is not whole is no message: nothing of it is handed on.
                let whole = record.get(..size).is_some_and(|record| message(record).is_some());
                store(&state.held, if whole { size as u32 } else { 0 });
                if size != 0 && !whole {
                    self.channels.release(number);
                }
            }
            Header::of(record.get(..load(&state.held) as usize).unwrap_or_default())
        })
    }

    /// How many sends have found no room, as a queuing destination knows by the message that it holds, if by no other
    /// way.
    fn lost_before(&self, number: usize, header: Header) -> u32 {
        self.channels.lost(number).unwrap_or(header.count)
    }

    /// The message that a queuing port holds has left, and its partition knows of so many that were lost.
    fn release(&self, number: usize, port: &Port, lost: u32) {
        let state = &port.state;
        self.channels.release(number);
        store(&state.held, 0);
        store(&state.lost, lost);
        state.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Receives the oldest message of a queuing port.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::QueuingReceive`].
    pub fn queuing_receive(&self, port: u32, room: &mut [u8]) -> Result<Received, Error> {
        let (number, found) = self.port_for(port, PortKind::Queuing, PortDirection::Destination)?;
        let header = self.hold(number, found).ok_or(Error::NotAvailable)?;
        self.channels.with_record(number, |record| {
            take(record.get(..load(&found.state.held) as usize).unwrap_or_default(), room)
        })?;
        let lost = self.lost_before(number, header);
        let overflow = lost != load(&found.state.lost);
        self.release(number, found, lost);
        found.state.time.store(header.time);
        Ok(Received { length: header.length, valid: true, new: true, overflow })
    }

    /// Drops the messages that wait at a queuing port; how many there were.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::QueuingClear`].
    pub fn queuing_clear(&self, port: u32) -> Result<usize, Error> {
        let (number, found) = self.port_for(port, PortKind::Queuing, PortDirection::Destination)?;
        Ok(self.clear(number, found))
    }

    fn clear(&self, number: usize, port: &Port) -> usize {
        let mut count = 0;
        // A queue holds no more than its depth while only this partition runs, and one message may be held.
        while count <= port.description.depth as usize
            && let Some(header) = self.hold(number, port)
        {
            self.release(number, port, self.lost_before(number, header));
            count += 1;
        }
        if let Some(lost) = self.channels.lost(number) {
            store(&port.state.lost, lost);
        }
        count
    }

    /// How a port stands.
    ///
    /// # Errors
    /// As [`bulkhead_abi::Hypercall::PortStatus`].
    pub fn status(&self, port: u32, now: u64) -> Result<PortStatus, Error> {
        let (number, found) = self.port(port)?;
        let state = &found.state;
        let (kind, direction) = (found.description.kind, found.description.direction);
        let sampling = kind == PortKind::Sampling as u32;
        let (mut time, mut lost) = (state.time.load(), load(&state.lost));
        let (messages, received) = if direction == PortDirection::Source as u32 {
            let messages =
                if sampling { u32::from(load(&state.count) != 0) } else { self.channels.waiting(number) };
            (messages, Received::default())
        } else if sampling {
            match self.last(number).filter(|header| Self::is_message(found, header)) {
                Some(header) => {
                    time = header.time;
                    (1, Self::sampled(found, header, now))
                }
                None => (0, Received::default()),
            }
        } else {
            match self.hold(number, found) {
                Some(header) => {
                    let lost_before = self.lost_before(number, header);
                    let overflow = lost_before != lost;
                    (time, lost) = (header.time, lost_before);
                    let received = Received { length: 0, valid: true, new: true, overflow };
                    (u32::from(!C::KEEPS_PLACE) + self.channels.waiting(number), received)
                }
                None => {
                    lost = self.channels.lost(number).unwrap_or(lost);
                    (0, Received::default())
                }
            }
        };
        let flags = received.result() as u32 & !Received::LENGTH;
        Ok(PortStatus {
            messages,
            flags,
            lost,
            reserved: 0,
            time_low: time as u32,
            time_high: (time >> 32) as u32,
            now_low: now as u32,
            now_high: (now >> 32) as u32,
        })
    }

    /// Looks what has come and gone since the last look, and tells the partition of it on its page: at the start of a
    /// window, for a host that tells of nothing.
    pub fn tell(&self, page: &SharedPage) {
        let news = self.notice();
        for (word, bits) in page.ports.iter().zip(news) {
            word.fetch_or(bits, Ordering::Relaxed);
        }
        if news != [0; 2] {
            page.pending.fetch_or(Line::Port.bit(), Ordering::Relaxed);
        }
    }

    /// The ports of which there is news since the last look, one bit each.
    pub(crate) fn notice(&self) -> [u32; 2] {
        let mut bits = [0; 2];
        for (number, port) in self.table.iter().enumerate() {
            if let Some(word) = bits.get_mut(number / 32)
                && self.has_news(number, port)
            {
                *word |= 1 << (number % 32);
            }
        }
        bits
    }

    fn has_news(&self, number: usize, port: &Port) -> bool {
        let told = &port.state.told;
        if port.is(PortKind::Sampling, PortDirection::Destination) {
            let count = self.last(number).map_or(0, |header| header.count);
            return count != told.swap(count, Ordering::Relaxed) && count != 0;
        }
        if port.is(PortKind::Queuing, PortDirection::Destination) {
            let waiting = self.channels.waiting(number);
            return waiting > told.swap(waiting, Ordering::Relaxed);
        }
        let has_room = load(told) != 0 && self.channels.waiting(number) < port.description.depth;
        if has_room {
            store(told, 0);
        }
        has_room
    }

    /// What a cold restart does: what waits at a queuing destination is dropped, and a sampling destination has had no
    /// message.
    pub fn forget(&self) {
        for (number, port) in self.table.iter().enumerate() {
            if port.is(PortKind::Queuing, PortDirection::Destination) {
                self.clear(number, port);
            }
            if port.is(PortKind::Sampling, PortDirection::Destination) {
                store(&port.state.forgotten, self.last(number).map_or(0, |header| header.count));
            }
        }
    }
}

/// A record's message, if it is whole. What a peer has written is an allegation.
fn message(record: &[u8]) -> Option<&[u8]> {
    let length = Header::of(record)?.length as usize;
    record.get(Header::SIZE..)?.get(..length)
}

/// Copies a record's message, if it is whole and there is room for it.
fn take(record: &[u8], room: &mut [u8]) -> Result<(), Error> {
    let message = message(record).ok_or(Error::NotAvailable)?;
    room.get_mut(..message.len()).ok_or(Error::BadArgument)?.copy_from_slice(message);
    Ok(())
}
