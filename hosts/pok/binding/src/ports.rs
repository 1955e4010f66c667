//! POK's ports: what moves the records of the partition's ports.
//!
//! A sampling port is one of POK's, with records. A queue of POK is one of bytes, so every record in it is as long as
//! the longest. POK moves what was sent to the other end when the sender's slot ends, and looks for no room there: so
//! the receiver says how many records it has taken, by a sampling port that goes the other way, and the sender counts.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_pok_facts::{Call, TAKEN_SIZE};
use bulkhead_ports::{Channels, Port};

/// The way into the kernel.
pub(crate) trait Calls {
    /// Makes a call; its answer.
    fn call(&self, number: Call, values: [usize; 5]) -> u32;

    /// Where a port's record is.
    fn record(&self, port: &Port) -> *mut u8;
}

/// The partition's ports as the kernel has them. The host's words of a port's table entry are its number in the kernel
/// and, of a queuing port, that of the port for how many records were taken. The first word of its state is how many
/// records were sent or taken.
#[derive(Debug)]
pub(crate) struct Channel<'a, C> {
    pub(crate) calls: C,
    pub(crate) ports: &'a [Port],
}

impl<C: Calls> Channel<'_, C> {
    /// Reads a sampling port of the kernel into room for its longest message; how long that is, 0 if there is none.
    fn sample(&self, number: u32, room: &mut [u8]) -> usize {
        let (length, valid) = (AtomicU32::new(0), AtomicU32::new(0));
        let pointers = [&length, &valid].map(|word| word.as_ptr() as usize);
        let values = [number as usize, room.as_mut_ptr() as usize, pointers[0], pointers[1], 0];
        match self.calls.call(Call::SamplingRead, values) {
            0 => (length.load(Ordering::Relaxed) as usize).min(room.len()),
            _ => 0,
        }
    }

    fn count(port: &Port) -> &AtomicU32 {
        &port.state.host[0]
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
        let (kernel, address) = (port.host[0] as usize, room.as_ptr() as usize);
        if port.is(PortKind::Sampling, PortDirection::Source) {
            return self.calls.call(Call::SamplingWrite, [kernel, address, size, 0, 0]) == 0;
        }
        let sent = self.waiting(number) < port.description.depth
            && self.calls.call(Call::QueuingSend, [kernel, address, room.len(), 0, 0]) == 0;
        if sent {
            Self::count(port).fetch_add(1, Ordering::Relaxed);
        }
        sent
    }

    fn read(&self, number: usize, record: &mut [u8]) -> usize {
        let Some(port) = self.ports.get(number) else { return 0 };
        let size = port.record_size() as usize;
        if port.is(PortKind::Sampling, PortDirection::Destination) {
            if record.len() >= size {
                return self.sample(port.host[0], record);
            }
            // The kernel stores all of a message, whatever is asked for.
            return self.with_record(number, |whole| {
                let size = self.sample(port.host[0], whole).min(record.len());
                record[..size].copy_from_slice(&whole[..size]);
                size
            });
        }
        let length = AtomicU32::new(0);
        let pointers = [record.as_mut_ptr() as usize, length.as_ptr() as usize];
        let values = [port.host[0] as usize, 0, size, pointers[0], pointers[1]];
        if record.len() < size || self.calls.call(Call::QueuingReceive, values) != 0 {
            return 0;
        }
        let taken = AtomicU32::new(Self::count(port).fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let values = [port.host[1] as usize, taken.as_ptr() as usize, TAKEN_SIZE as usize, 0, 0];
        self.calls.call(Call::SamplingWrite, values);
        (length.load(Ordering::Relaxed) as usize).min(record.len())
    }

    fn waiting(&self, number: usize) -> u32 {
        let Some(port) = self.ports.get(number) else { return 0 };
        if port.is(PortKind::Queuing, PortDirection::Source) {
            let mut taken = [0; TAKEN_SIZE as usize];
            self.sample(port.host[1], &mut taken);
            // What the peer says is an allegation: it can make this queue full or empty, and no more.
            return Self::count(port).load(Ordering::Relaxed).wrapping_sub(u32::from_le_bytes(taken));
        }
        self.calls.call(Call::QueuingStatus, [port.host[0] as usize, 0, 0, 0, 0]) / port.record_size()
    }
}
