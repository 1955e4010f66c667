//! Ports and regions of the simulated kernel, and what happens at the other end of their channels.
//!
//! A test adds what the system file would say, then acts as the other partitions: messages [`arrive`] at destinations,
//! and what the program under test has sent is seen by [`sent`] and [`leave`].

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use bulkhead_abi::{
    Error, Line, PortDescription, PortDirection, PortKind, PortStatus, Received, RegionDescription,
};

use super::{clock, padded, raise_as_kernel};
use crate::host::{Host, Kernel};

/// A port with its channel, of which it is the only other end.
struct Port {
    description: PortDescription,
    /// Sampling: the last message, if any; queuing: those that wait.
    messages: VecDeque<Vec<u8>>,
    /// When the last message was complete.
    time: u64,
    /// Sampling: it has not been read.
    fresh: bool,
    overflow: bool,
    lost: u32,
}

impl Port {
    fn is(&self, kind: PortKind, direction: PortDirection) -> Result<(), Error> {
        let matches = self.description.kind == kind as u32 && self.description.direction == direction as u32;
        if matches { Ok(()) } else { Err(Error::NotPermitted) }
    }

    /// Puts a message into the channel.
    fn put(&mut self, message: &[u8], waits: bool) -> Result<(), Error> {
        if message.is_empty() || message.len() > self.description.message_size as usize {
            return Err(Error::BadArgument);
        }
        if self.description.kind == PortKind::Sampling as u32 {
            self.messages.clear();
            self.fresh = true;
        } else if self.messages.len() == self.description.depth as usize {
            if !waits {
                self.lost += 1;
                self.overflow = true;
            }
            return Err(Error::NotAvailable);
        }
        self.messages.push_back(message.to_vec());
        self.time = clock();
        Ok(())
    }

    /// What the first message would be received with.
    fn flags(&self) -> (bool, bool, bool) {
        if self.description.kind == PortKind::Queuing as u32 {
            return (true, true, self.overflow);
        }
        (clock() - self.time <= self.description.refresh(), self.fresh, false)
    }

    /// How it stands.
    fn status(&self) -> PortStatus {
        let (valid, new, overflow) = self.flags();
        let comes = !self.messages.is_empty() && self.description.direction == direction(true);
        let now = clock();
        let flags = [
            (comes && valid, Received::VALID),
            (comes && new, Received::NEW),
            (overflow, Received::OVERFLOW),
        ];
        PortStatus {
            messages: self.messages.len() as u32,
            flags: flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum(),
            lost: self.lost,
            reserved: 0,
            time_low: self.time as u32,
            time_high: (self.time >> 32) as u32,
            now_low: now as u32,
            now_high: (now >> 32) as u32,
        }
    }

    /// Copies the first message out.
    fn get(&mut self, room: &mut [u8]) -> Result<Received, Error> {
        let (valid, new, overflow) = self.flags();
        let message = self.messages.front().ok_or(Error::NotAvailable)?;
        room.get_mut(..message.len()).ok_or(Error::BadArgument)?.copy_from_slice(message);
        Ok(Received { length: message.len() as u32, valid, new, overflow })
    }
}

struct Region {
    /// None for a region that others share.
    description: Option<RegionDescription>,
    rings: u32,
}

thread_local! {
    static PORTS: RefCell<Vec<Port>> = const { RefCell::new(Vec::new()) };
    /// What comes to a port as soon as somebody has read a sampling port.
    static AFTER_READ: RefCell<Option<(u32, Vec<u8>, u32)>> = const { RefCell::new(None) };
    static REGIONS: RefCell<Vec<Region>> = const { RefCell::new(Vec::new()) };
}

fn with<T>(port: u32, work: impl FnOnce(&mut Port) -> Result<T, Error>) -> Result<T, Error> {
    PORTS.with_borrow_mut(|ports| work(ports.get_mut(port as usize).ok_or(Error::BadArgument)?))
}

/// Adds a port as a system file would have it; its number.
pub fn add(description: PortDescription) -> u32 {
    PORTS.with_borrow_mut(|ports| {
        let messages = VecDeque::new();
        ports.push(Port { description, messages, time: 0, fresh: false, overflow: false, lost: 0 });
        ports.len() as u32 - 1
    })
}

const fn direction(destination: bool) -> u32 {
    (if destination { PortDirection::Destination } else { PortDirection::Source }) as u32
}

/// Adds a sampling port; its number. `size` is the longest message's, `refresh` in nanoseconds.
pub fn add_sampling(name: &str, size: u32, destination: bool, refresh: u64) -> u32 {
    add(PortDescription {
        name: padded(name.as_bytes()),
        kind: PortKind::Sampling as u32,
        direction: direction(destination),
        message_size: size,
        depth: 1,
        refresh_low: refresh as u32,
        refresh_high: (refresh >> 32) as u32,
        ..PortDescription::default()
    })
}

/// Adds a queuing port for `depth` messages; its number. `size` is the longest message's.
pub fn add_queuing(name: &str, size: u32, depth: u32, destination: bool) -> u32 {
    add(PortDescription {
        name: padded(name.as_bytes()),
        kind: PortKind::Queuing as u32,
        direction: direction(destination),
        message_size: size,
        depth,
        ..PortDescription::default()
    })
}

/// Adds a region that the partition shares; its number.
pub fn add_region(name: &str, address: u32, size: u32, writable: bool, line: u32) -> u32 {
    let name = padded(name.as_bytes());
    let writable = u32::from(writable);
    push_region(Some(RegionDescription {
        name,
        address,
        size,
        writable,
        line,
        ..RegionDescription::default()
    }))
}

/// Adds a region that the partition does not share; its number.
pub fn add_foreign_region() -> u32 {
    push_region(None)
}

fn push_region(description: Option<RegionDescription>) -> u32 {
    REGIONS.with_borrow_mut(|regions| {
        regions.push(Region { description, rings: 0 });
        regions.len() as u32 - 1
    })
}

/// Tells the partition that something has happened at a port, and delivers it.
fn tell(port: u32) {
    Kernel::shared().ports[port as usize / 32].fetch_or(1 << (port % 32), Ordering::Relaxed);
    raise_as_kernel(Line::Port);
}

/// A message comes to a destination from another partition, which does not wait where the queue is full.
pub fn arrive(port: u32, message: &[u8]) {
    match with(port, |port| port.put(message, false)) {
        Ok(()) => tell(port),
        Err(Error::NotAvailable) => {}
        Err(error) => panic!("port {port} cannot have this message: {error:?}"),
    }
}

/// A message comes to a destination a nanosecond after the next message has been read, as it does when the window ends
/// there.
pub fn arrive_after_read(port: u32, message: &[u8]) {
    arrive_after_reads(port, message, 1);
}

/// The same after each of so many reads.
pub fn arrive_after_reads(port: u32, message: &[u8], times: u32) {
    AFTER_READ.set(Some((port, message.to_vec(), times)));
}

/// The other partition takes the oldest message that a queuing source has sent.
pub fn leave(port: u32) -> Option<Vec<u8>> {
    let (message, was_full) = with(port, |port| {
        let was_full = port.messages.len() == port.description.depth as usize;
        Ok((port.messages.pop_front(), was_full))
    })
    .expect("a port");
    if was_full {
        tell(port);
    }
    message
}

/// What a source has sent and nobody has taken, or what a destination has not received.
#[must_use]
pub fn sent(port: u32) -> Vec<Vec<u8>> {
    with(port, |port| Ok(port.messages.iter().cloned().collect())).expect("a port")
}

/// How often the partition has rung at a region.
#[must_use]
pub fn rings(region: u32) -> u32 {
    REGIONS.with_borrow(|regions| regions[region as usize].rings)
}

/// Takes all ports and regions away.
pub fn remove_all() {
    PORTS.take();
    REGIONS.take();
    for word in &Kernel::shared().ports {
        word.store(0, Ordering::Relaxed);
    }
}

pub(super) fn describe(port: u32) -> Result<PortDescription, Error> {
    with(port, |port| Ok(port.description))
}

pub(super) fn status(port: u32) -> Result<PortStatus, Error> {
    with(port, |port| Ok(port.status()))
}

pub(super) fn write(port: u32, message: &[u8]) -> Result<(), Error> {
    with(port, |port| {
        port.is(PortKind::Sampling, PortDirection::Source)?;
        port.put(message, false)
    })
}

pub(super) fn read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
    let answer = with(port, |port| {
        port.is(PortKind::Sampling, PortDirection::Destination)?;
        let received = port.get(room)?;
        port.fresh = false;
        Ok(received)
    });
    if let Some((port, message, times)) = AFTER_READ.take() {
        super::advance_to(clock() + 1);
        arrive(port, &message);
        AFTER_READ.set((times > 1).then_some((port, message, times - 1)));
    }
    answer
}

pub(super) fn send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
    with(port, |port| {
        port.is(PortKind::Queuing, PortDirection::Source)?;
        port.put(message, waits)
    })
}

pub(super) fn receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
    with(port, |port| {
        port.is(PortKind::Queuing, PortDirection::Destination)?;
        let received = port.get(room)?;
        port.messages.pop_front();
        port.overflow = false;
        Ok(received)
    })
}

pub(super) fn clear(port: u32) -> Result<usize, Error> {
    with(port, |port| {
        port.is(PortKind::Queuing, PortDirection::Destination)?;
        Ok(std::mem::take(&mut port.messages).len())
    })
}

/// A region that the partition shares.
fn region<T>(number: u32, work: impl FnOnce(&mut u32, RegionDescription) -> T) -> Result<T, Error> {
    REGIONS.with_borrow_mut(|regions| {
        let region = regions.get_mut(number as usize).ok_or(Error::BadArgument)?;
        let description = region.description.ok_or(Error::NotPermitted)?;
        Ok(work(&mut region.rings, description))
    })
}

pub(super) fn describe_region(number: u32) -> Result<RegionDescription, Error> {
    region(number, |_, description| description)
}

pub(super) fn ring(number: u32) -> Result<(), Error> {
    region(number, |rings, _| *rings += 1)
}
