//! AIR's ports: what moves the records of the partition's ports.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_air_facts::{NAME_SIZE, OWN, QueueStatus, SamplingStatus, Service, direction, kind, port_name};
use bulkhead_ports::{Channels, Port};

use crate::binding::Calls;

/// The partition's ports as the kernel has them. The first word of each port's state that is the host's is its number.
#[derive(Debug)]
pub(crate) struct Channel<'a, C> {
    pub(crate) calls: &'a C,
    pub(crate) ports: &'a [Port],
}

/// A port's kind, as the tool has described it.
fn kind_of(port: &Port) -> PortKind {
    PortKind::from_number(port.description.kind).unwrap_or(PortKind::Queuing)
}

impl<C: Calls> Channel<'_, C> {
    /// Creates all ports. One that the configuration does not have is refused, and so is every call for it later.
    pub(crate) fn create(&self) {
        for (number, port) in (0..).zip(self.ports) {
            let end = PortDirection::from_number(port.description.direction);
            let end = direction(end.unwrap_or(PortDirection::Destination));
            let message_size = port.record_size();
            let depth = port.description.depth;
            let queue = QueueStatus { depth, message_size, direction: end, ..QueueStatus::default() };
            let sampling = SamplingStatus { message_size, direction: end, ..SamplingStatus::default() };
            let configuration = match kind_of(port) {
                PortKind::Queuing => (&raw const queue) as usize,
                PortKind::Sampling => (&raw const sampling) as usize,
            };
            let mut name = [0_u8; NAME_SIZE];
            name[..4].copy_from_slice(&port_name(number));
            let identifier = AtomicU32::new(number);
            let arguments = [
                kind(kind_of(port)) as usize,
                name.as_ptr() as usize,
                configuration,
                identifier.as_ptr() as usize,
                0,
            ];
            self.calls.service(Service::CreatePort, arguments);
            port.state.host[0].store(identifier.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Reads a port into room for its longest record; how long what came is, 0 if nothing has.
    fn fetch(&self, port: &Port, room: &mut [u8]) -> usize {
        let length = AtomicU32::new(0);
        let mut status = SamplingStatus::default();
        let arguments = [
            kind(kind_of(port)) as usize,
            port.state.host[0].load(Ordering::Relaxed) as usize,
            room.as_mut_ptr() as usize,
            length.as_ptr() as usize,
            (&raw mut status) as usize,
        ];
        // 4 is said of a message that came all the same: the queue has overflowed before it.
        match self.calls.service(Service::ReadPort, arguments) {
            0 | 4 => (length.load(Ordering::Relaxed) as usize).min(room.len()),
            _ => 0,
        }
    }
}

impl<C: Calls> Channels for Channel<'_, C> {
    fn with_record<R>(&self, number: usize, with: impl FnOnce(&mut [u8]) -> R) -> R {
        let Some(port) = self.ports.get(number) else { return with(&mut []) };
        let (record, size) = (self.calls.record(port), port.record_size() as usize);
        // SAFETY: the tool has put a port's record there, as long as this; nothing else uses it, and a call for a port
        // is not interrupted by another.
        with(unsafe { core::slice::from_raw_parts_mut(record, size) })
    }

    fn write(&self, number: usize, room: &[u8], size: usize) -> bool {
        let Some(port) = self.ports.get(number) else { return false };
        let mut status = SamplingStatus::default();
        let arguments = [
            kind(kind_of(port)) as usize,
            port.state.host[0].load(Ordering::Relaxed) as usize,
            room.as_ptr() as usize,
            size,
            (&raw mut status) as usize,
        ];
        self.calls.service(Service::WritePort, arguments) == 0
    }

    fn read(&self, number: usize, record: &mut [u8]) -> usize {
        let Some(port) = self.ports.get(number) else { return 0 };
        if record.len() >= port.record_size() as usize {
            return self.fetch(port, record);
        }
        // The kernel stores all of a message, whatever there is room for.
        self.with_record(number, |whole| {
            let size = self.fetch(port, whole).min(record.len());
            record[..size].copy_from_slice(&whole[..size]);
            size
        })
    }

    fn waiting(&self, number: usize) -> u32 {
        let Some(port) = self.ports.get(number) else { return 0 };
        let mut status = QueueStatus::default();
        let arguments = [
            kind(PortKind::Queuing) as usize,
            OWN as usize,
            port.state.host[0].load(Ordering::Relaxed) as usize,
            (&raw mut status) as usize,
            0,
        ];
        match self.calls.service(Service::PortStatus, arguments) {
            0 => status.messages,
            _ => 0,
        }
    }
}
