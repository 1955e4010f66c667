//! A model of XtratuM's port objects: the checks and the answers that its interface has, for partition 3.

use std::collections::VecDeque;
use std::ffi::CStr;

use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_xtratum_facts::{
    CREATE_PORT, Hypercall, PORT_STATUS, PortCreation, QueueStatus, direction, port,
};

/// The partition, and the number that its first port has in the hypervisor.
const PARTITION: u32 = 3;
const FIRST: u32 = 40;

/// No such port or command, a size or a depth that is not the configuration's, no message or no room.
const INVALID_PARAMETER: i32 = -3;
const INVALID_CONFIGURATION: i32 = -5;
const NOT_AVAILABLE: i32 = -7;

/// The longest record, and the depth of the queues.
const SIZE: usize = 48;
const DEPTH: usize = 2;

/// Ports as the configuration has them, each with what is in its channel.
#[derive(Default)]
pub(crate) struct Objects {
    created: [bool; 4],
    channels: [VecDeque<Vec<u8>>; 4],
}

const fn configured(number: usize) -> (PortKind, PortDirection) {
    match number {
        0 => (PortKind::Sampling, PortDirection::Source),
        1 => (PortKind::Sampling, PortDirection::Destination),
        2 => (PortKind::Queuing, PortDirection::Source),
        _ => (PortKind::Queuing, PortDirection::Destination),
    }
}

impl Objects {
    /// How many ports are created.
    pub(crate) fn created(&self) -> usize {
        self.created.iter().filter(|created| **created).count()
    }

    /// What a port's channel has.
    pub(crate) fn written(&self, number: usize) -> Vec<Vec<u8>> {
        self.channels[number].iter().cloned().collect()
    }

    /// Another partition writes or sends.
    pub(crate) fn peer_writes(&mut self, number: usize, record: &[u8]) {
        self.put(number, record.to_vec());
    }

    /// Another partition receives.
    pub(crate) fn peer_takes(&mut self, number: usize) {
        self.channels[number].pop_front();
    }

    fn put(&mut self, number: usize, record: Vec<u8>) -> i32 {
        let (channel, sampling) = (&mut self.channels[number], configured(number).0 == PortKind::Sampling);
        if sampling {
            channel.clear();
        } else if channel.len() == DEPTH {
            return NOT_AVAILABLE;
        }
        channel.push_back(record);
        0
    }

    fn create(&mut self, descriptor: usize, address: usize) -> i32 {
        // SAFETY: the binding passes the address of its own.
        let (name, words) = unsafe {
            let creation = &*(address as *const PortCreation);
            (CStr::from_ptr(creation.name.cast()), creation.words)
        };
        let Some(number) = ["p00", "p01", "p02", "p03"].iter().position(|known| Ok(*known) == name.to_str())
        else {
            return INVALID_PARAMETER;
        };
        let (kind, end) = configured(number);
        let expected = match kind {
            PortKind::Sampling => [SIZE as u32, direction(end), 0],
            PortKind::Queuing => [DEPTH as u32, SIZE as u32, direction(end)],
        };
        if descriptor as u32 != port(kind, PARTITION, 0) || words[..3] != expected {
            return INVALID_CONFIGURATION;
        }
        self.created[number] = true;
        (FIRST + number as u32) as i32
    }

    /// The port that a descriptor names, if it has been created and is for this.
    fn object(&self, descriptor: usize, end: Option<PortDirection>) -> Option<usize> {
        (0..4).find(|number| {
            let (kind, direction) = configured(*number);
            self.created[*number]
                && descriptor as u32 == port(kind, PARTITION, FIRST + *number as u32)
                && end.is_none_or(|end| end == direction)
        })
    }

    /// A hypercall for an object that is not a console.
    pub(crate) fn hypercall(&mut self, call: Hypercall, [descriptor, second, third]: [usize; 3]) -> i32 {
        if call == Hypercall::ControlObject && second == CREATE_PORT as usize {
            return self.create(descriptor, third);
        }
        let end = match call {
            Hypercall::WriteObject => Some(PortDirection::Source),
            Hypercall::ReadObject => Some(PortDirection::Destination),
            _ => None,
        };
        let Some(number) = self.object(descriptor, end) else { return INVALID_PARAMETER };
        if call == Hypercall::ControlObject {
            if second != PORT_STATUS as usize || configured(number).0 == PortKind::Sampling {
                return INVALID_PARAMETER;
            }
            // SAFETY: the binding passes the address of its own.
            let status = unsafe { &mut *(third as *mut QueueStatus) };
            status.messages = self.channels[number].len() as u32;
            return 0;
        }
        if third == 0 || third > SIZE {
            return INVALID_CONFIGURATION;
        }
        if call == Hypercall::WriteObject {
            // SAFETY: the binding passes a slice of its own.
            let record = unsafe { std::slice::from_raw_parts(second as *const u8, third) };
            return self.put(number, record.to_vec());
        }
        let record = match configured(number).0 {
            PortKind::Sampling => self.channels[number].front().cloned(),
            PortKind::Queuing => self.channels[number].pop_front(),
        };
        // A sampling port that was never written has a message of no bytes.
        let Some(record) = record else {
            return if configured(number).0 == PortKind::Sampling { 0 } else { NOT_AVAILABLE };
        };
        // SAFETY: the binding passes a slice of its own.
        let room = unsafe { std::slice::from_raw_parts_mut(second as *mut u8, third) };
        let size = room.len().min(record.len());
        room[..size].copy_from_slice(&record[..size]);
        size as i32
    }
}
