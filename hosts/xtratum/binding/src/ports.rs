//! XtratuM's ports, which are objects: what moves the records of the partition's ports.

use core::sync::atomic::Ordering;

use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_ports::{Channels, Port};
use bulkhead_xtratum_facts::{
    CREATE_PORT, Hypercall, PORT_STATUS, PortCreation, QueueStatus, direction, port, port_name,
};

use crate::binding::Calls;

/// The partition's ports as the hypervisor has them. The first word of each port's state that is the host's is its
/// descriptor.
#[derive(Debug)]
pub(crate) struct Objects<'a, C> {
    pub(crate) calls: &'a C,
    pub(crate) partition: u32,
    pub(crate) ports: &'a [Port],
}

impl<C: Calls> Objects<'_, C> {
    /// Creates all ports. One that the configuration does not have is refused, and so is every call for it later.
    pub(crate) fn create(&self) {
        for (number, entry) in (0..).zip(self.ports) {
            let kind = PortKind::from_number(entry.description.kind).unwrap_or(PortKind::Queuing);
            let end = PortDirection::from_number(entry.description.direction);
            let end = direction(end.unwrap_or(PortDirection::Destination));
            let words = match kind {
                PortKind::Sampling => [entry.record_size(), end, 0, 0, 0, 0],
                PortKind::Queuing => [entry.description.depth, entry.record_size(), end, 0, 0, 0],
            };
            let name = port_name(number);
            let creation = PortCreation { name: name.as_ptr(), words };
            let object = port(kind, self.partition, 0) as usize;
            let arguments = [object, CREATE_PORT as usize, (&raw const creation) as usize];
            let identifier = self.calls.hypercall(Hypercall::ControlObject, arguments);
            let descriptor =
                u32::try_from(identifier).map_or(0, |identifier| port(kind, self.partition, identifier));
            entry.state.host[0].store(descriptor, Ordering::Relaxed);
        }
    }

    /// A port's descriptor.
    fn object(&self, number: usize) -> usize {
        self.ports.get(number).map_or(0, |port| port.state.host[0].load(Ordering::Relaxed)) as usize
    }
}

impl<C: Calls> Channels for Objects<'_, C> {
    fn with_record<R>(&self, number: usize, with: impl FnOnce(&mut [u8]) -> R) -> R {
        let Some(port) = self.ports.get(number) else { return with(&mut []) };
        let (record, size) = (self.calls.record(port), port.record_size() as usize);
        // SAFETY: the tool has put a port's record there, as long as this; nothing else uses it, and a call for a port
        // is not interrupted by another.
        with(unsafe { core::slice::from_raw_parts_mut(record, size) })
    }

    fn write(&self, number: usize, room: &[u8], size: usize) -> bool {
        let arguments = [self.object(number), room.as_ptr() as usize, size];
        self.calls.hypercall(Hypercall::WriteObject, arguments) == 0
    }

    fn read(&self, number: usize, record: &mut [u8]) -> usize {
        let arguments = [self.object(number), record.as_mut_ptr() as usize, record.len()];
        usize::try_from(self.calls.hypercall(Hypercall::ReadObject, arguments)).unwrap_or(0)
    }

    fn waiting(&self, number: usize) -> u32 {
        let mut status = QueueStatus::default();
        let arguments = [self.object(number), PORT_STATUS as usize, (&raw mut status) as usize];
        match self.calls.hypercall(Hypercall::ControlObject, arguments) {
            0 => status.messages,
            _ => 0,
        }
    }
}
