//! The ports of POK's kernel that the channels of a system become.
//!
//! Each port of a partition is one of the kernel's. A queuing channel has another one at each end, by which the
//! receiver says how many messages it has taken: POK itself looks for no room at the other end.

use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_pok_facts::{PORT_SIZE_MAX, TAKEN_SIZE, direction, kind, queue_size};
use bulkhead_ports::Header;

use crate::host::ports::{depth, of_partition, record_size};
use crate::system_file::System;

/// The longest message in bytes: it goes through a buffer of POK's with its header, and a queue is one byte longer.
pub(in crate::host) const MESSAGE_SIZE_MAX: u32 = PORT_SIZE_MAX as u32 - Header::SIZE as u32 - 1;

/// A port of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelPort {
    /// Whose it is.
    pub partition: usize,
    /// The partition's number of its port that this one is for.
    pub port: usize,
    /// Number of the channel.
    pub channel: usize,
    /// Whether it says how many messages of a queue were taken.
    pub counts: bool,
    /// What POK calls the kind.
    pub kind: u8,
    /// What POK calls the direction.
    pub direction: u8,
    /// Its room in bytes.
    pub size: u64,
}

/// All ports of the kernel, grouped by partitions; those of a partition in the order of its own ports.
#[must_use]
pub fn kernel_ports(system: &System) -> Vec<KernelPort> {
    let mut ports = Vec::new();
    for partition in 0..system.partitions.len() {
        for (port, placed) in of_partition(system, partition).iter().enumerate() {
            let channel = &system.channels[placed.channel];
            let queuing = channel.transfer.kind() == PortKind::Queuing;
            let record = record_size(channel);
            let one = KernelPort {
                partition,
                port,
                channel: placed.channel,
                counts: false,
                kind: kind(channel.transfer.kind()),
                direction: direction(placed.direction),
                size: if queuing { queue_size(record, depth(channel).into()) } else { record },
            };
            ports.push(one);
            if queuing {
                let back = match placed.direction {
                    PortDirection::Source => PortDirection::Destination,
                    PortDirection::Destination => PortDirection::Source,
                };
                ports.push(KernelPort {
                    counts: true,
                    kind: kind(PortKind::Sampling),
                    direction: direction(back),
                    size: TAKEN_SIZE.into(),
                    ..one
                });
            }
        }
    }
    ports
}

/// Where POK moves what is written to a port: numbers of ports of the kernel.
pub(super) fn destinations(ports: &[KernelPort], number: usize) -> Vec<usize> {
    let from = ports[number];
    let is_destination = |to: &KernelPort| {
        from.direction == direction(PortDirection::Source)
            && to.direction == direction(PortDirection::Destination)
            && (to.channel, to.counts) == (from.channel, from.counts)
    };
    ports.iter().enumerate().filter(|(_, to)| is_destination(to)).map(|(number, _)| number).collect()
}

/// What the binding has to know of a partition's port: its number in the kernel, and that of the one that counts.
pub(super) fn binding_words(ports: &[KernelPort], partition: usize, port: usize) -> [u32; 3] {
    let number = |counts: bool| {
        let found =
            ports.iter().position(|one| (one.partition, one.port, one.counts) == (partition, port, counts));
        found.map_or(0, |number| number as u32)
    };
    [number(false), number(true), 0]
}
