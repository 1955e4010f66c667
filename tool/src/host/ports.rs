//! The ports of a partition on a host that has ports of its own: what the binding finds in memory of them.

use bulkhead_ports::{Header, Port};

use crate::system_file::System;
use crate::system_file::channel::{Channel, PlacedPort, Transfer};

/// A port's record begins at a multiple of this, in bytes.
const RECORD_ALIGNMENT: u64 = 16;

/// The ports of a partition, in the order of their numbers.
pub(super) fn of_partition(system: &System, partition: usize) -> Vec<PlacedPort<'_>> {
    system.ports().into_iter().filter(|placed| placed.port.partition == partition).collect()
}

/// The longest record of a channel, in bytes.
pub(super) fn record_size(channel: &Channel) -> u64 {
    u64::from(channel.message_size) + Header::SIZE as u64
}

/// How many records a channel of the host holds.
pub(super) const fn depth(channel: &Channel) -> u32 {
    match channel.transfer {
        Transfer::Sampling { .. } => 1,
        Transfer::Queuing { depth } => depth,
    }
}

fn room(channel: &Channel) -> u64 {
    record_size(channel).next_multiple_of(RECORD_ALIGNMENT)
}

/// Bytes of a partition's table and of the room for its records behind it.
pub(super) fn size(system: &System, partition: usize) -> u64 {
    let ports = of_partition(system, partition);
    ports.iter().map(|placed| Port::SIZE as u64 + room(&system.channels[placed.channel])).sum()
}

/// A partition's table that is to lie at an address, the room for records behind it left out: it need not be zero.
/// `host` says what the host has to know of a port.
pub(super) fn table(
    system: &System,
    partition: usize,
    address: u64,
    host: impl Fn(usize) -> [u32; 3],
) -> Vec<u8> {
    let ports = of_partition(system, partition);
    let mut record = address + (Port::SIZE * ports.len()) as u64;
    let mut table = Vec::new();
    for (number, placed) in ports.iter().enumerate() {
        let channel = &system.channels[placed.channel];
        let kind = (channel.transfer.kind(), placed.direction);
        let size = (channel.message_size, depth(channel));
        let description = Port::describe(&placed.port.name, kind, size, channel.transfer.refresh());
        let port = Port { description, record: record as u32, host: host(number), ..Port::default() };
        table.extend_from_slice(&port.bytes());
        record += room(channel);
    }
    table
}
