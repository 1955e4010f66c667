//! Channels between partitions, as the system file describes them.

use std::ops::Range;

use bulkhead_abi::{PortDirection, PortKind};

use super::System;

/// The buffers of a channel begin at a multiple of this, in bytes: no two channels share a line of a cache.
pub(crate) const BUFFERS_ALIGNMENT: u64 = 64;

/// A channel: one port that messages go out of, and ports that they come to.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Name; no two channels have the same.
    pub name: String,
    /// What becomes of a message.
    pub transfer: Transfer,
    /// The longest message, in bytes.
    pub message_size: u32,
    /// Where messages go out.
    pub source: Port,
    /// Where they come to: one port of a queuing channel, one or more of a sampling one.
    pub destinations: Vec<Port>,
    pub(crate) place: Range<usize>,
    pub(crate) kind_place: Range<usize>,
    pub(crate) message_size_place: Range<usize>,
}

/// What a channel does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// It keeps the last one.
    Sampling {
        /// How old a message may be that counts as valid, in nanoseconds.
        refresh: u64,
    },
    /// It keeps them until they are received.
    Queuing {
        /// How many can wait.
        depth: u32,
    },
}

/// An end of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Number of the partition that has it.
    pub partition: usize,
    /// Name; no two ports of a partition have the same.
    pub name: String,
}

/// A port as the system table has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacedPort<'a> {
    pub(crate) port: &'a Port,
    /// Number of its channel.
    pub(crate) channel: usize,
    pub(crate) direction: PortDirection,
}

impl Transfer {
    /// The kind.
    #[must_use]
    pub const fn kind(self) -> PortKind {
        match self {
            Self::Sampling { .. } => PortKind::Sampling,
            Self::Queuing { .. } => PortKind::Queuing,
        }
    }

    /// The kind as the system file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sampling { .. } => "sampling",
            Self::Queuing { .. } => "queuing",
        }
    }

    /// How old a message may be that counts as valid, in nanoseconds, as a table has it: 0 in a queue.
    #[must_use]
    pub const fn refresh(self) -> u64 {
        match self {
            Self::Sampling { refresh } => refresh,
            Self::Queuing { .. } => 0,
        }
    }

    /// How many messages the buffers of a channel with so many destinations hold. While each destination reads one, a
    /// sampling channel has its last message in another, and one more is free to write.
    #[must_use]
    pub const fn buffers(self, destinations: usize) -> u32 {
        match self {
            Self::Sampling { .. } => destinations as u32 + 2,
            Self::Queuing { depth } => depth,
        }
    }
}

impl Channel {
    /// The channel as the system table has it, with its buffers at a physical address.
    #[must_use]
    pub(crate) fn entry(&self, memory: u64) -> bulkhead_abi::system_table::Channel {
        bulkhead_abi::system_table::Channel {
            kind: self.transfer.kind() as u32,
            message_size: self.message_size,
            buffers: self.transfer.buffers(self.destinations.len()),
            reserved: 0,
            refresh: self.transfer.refresh(),
            memory,
        }
    }

    /// Bytes of its buffers.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let entry = self.entry(0);
        u64::from(entry.buffers) * entry.buffer_size()
    }

    /// Its ports: the source, then the destinations.
    pub(crate) fn ports(&self) -> impl Iterator<Item = (&Port, PortDirection)> {
        let destinations = self.destinations.iter().map(|port| (port, PortDirection::Destination));
        std::iter::once((&self.source, PortDirection::Source)).chain(destinations)
    }
}

impl System {
    /// All ports in the order of the system table: those of a partition together, in the order of the file.
    pub(crate) fn ports(&self) -> Vec<PlacedPort<'_>> {
        let mut ports: Vec<PlacedPort<'_>> = Vec::new();
        for (channel, described) in self.channels.iter().enumerate() {
            ports.extend(described.ports().map(|(port, direction)| PlacedPort { port, channel, direction }));
        }
        // Stable: within a partition the order stays.
        ports.sort_by_key(|placed| placed.port.partition);
        ports
    }
}
