//! The ports of a guest: what the tool tells the monitor of them, and where both have their messages.
//!
//! Each end of a channel has pages of its own guest's memory that it alone writes, and lets the guests at the other end
//! read: a source has its messages there, the destination of a queue how many it has taken. Which grants these are
//! follows from the order of the ports, so that nothing has to be exchanged.

use core::fmt;

use bulkhead_abi::port::{MESSAGE_SIZE_MAX, PORTS_PER_PARTITION_MAX};
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{NAME_SIZE, PAGE_SIZE, PortDirection, PortKind};
use bulkhead_ports::{Header, Port};

use crate::command_line::{copy, long, number, text};
use crate::regions::Partitions;

/// The most ports of a partition.
pub const PORTS_MAX: usize = PORTS_PER_PARTITION_MAX as usize;

/// The most other ends of all ports of a partition together.
pub const PEERS_MAX: usize = 128;

/// The first grant that is the monitor's: Xen's tools have the ones before.
pub const GRANT_FIRST: u32 = 8;

/// How many grants ports and regions can have: there is one page of them, of 8 bytes each, and behind these is one for
/// every partition, see [`bell_grant`].
pub const GRANTS_MAX: u32 = (PAGE_SIZE / 8) as u32 - PARTITIONS_MAX as u32 - GRANT_FIRST;

/// The grant by which a guest lets another partition's read the page by which they find and ring each other's bell.
#[must_use]
pub const fn bell_grant(partition: u32) -> u32 {
    GRANT_FIRST + GRANTS_MAX + partition % PARTITIONS_MAX as u32
}

/// The most pages of other guests that ports can see.
pub const IMPORTS_MAX: u32 = 1024;

/// Bytes in front of the records of a source: how many are complete, how many are begun, how many found no room.
pub const AREA_HEADER: u32 = 64;

/// How many records a sampling source has: the last one, and one that is being written.
pub const SAMPLES: u32 = 2;

/// A port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortWords {
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// What its channel does with messages.
    pub kind: PortKind,
    /// Which end it is.
    pub direction: PortDirection,
    /// The longest message in bytes.
    pub message_size: u32,
    /// How many messages can wait; 1 for a sampling port.
    pub depth: u32,
    /// How old a message may be that counts as valid, in nanoseconds; 0 for a queuing port.
    pub refresh: u64,
    /// How many other ends it has.
    pub peers: u32,
}

/// The other end of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The partition there.
    pub partition: u32,
    /// The first of the grants by which it lets this partition read its pages.
    pub grant: u32,
}

/// All ports of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortTable {
    ports: [PortWords; PORTS_MAX],
    count: usize,
    peers: [Peer; PEERS_MAX],
    peer_count: usize,
}

impl PortWords {
    /// No port.
    pub const EMPTY: Self = Self {
        name: [0; NAME_SIZE],
        kind: PortKind::Sampling,
        direction: PortDirection::Source,
        message_size: 0,
        depth: 0,
        refresh: 0,
        peers: 0,
    };

    /// Bytes of room for a record.
    #[must_use]
    pub const fn record_room(&self) -> u32 {
        (Header::SIZE as u32 + self.message_size).next_multiple_of(16)
    }

    /// How many records there is room for at the channel's source.
    #[must_use]
    pub const fn records(&self) -> u32 {
        match self.kind {
            PortKind::Sampling => SAMPLES,
            PortKind::Queuing => self.depth,
        }
    }

    /// Pages of the messages at the channel's source.
    const fn message_pages(&self) -> u32 {
        (AREA_HEADER + self.records() * self.record_room()).div_ceil(PAGE_SIZE as u32)
    }

    /// Pages that this end writes and lets the other ends read.
    #[must_use]
    pub const fn own_pages(&self) -> u32 {
        match (self.kind, self.direction) {
            (_, PortDirection::Source) => self.message_pages(),
            (PortKind::Queuing, PortDirection::Destination) => 1,
            (PortKind::Sampling, PortDirection::Destination) => 0,
        }
    }

    /// Pages of the other end that this one reads.
    #[must_use]
    pub const fn peer_pages(&self) -> u32 {
        match (self.kind, self.direction) {
            (_, PortDirection::Destination) => self.message_pages(),
            (PortKind::Queuing, PortDirection::Source) => 1,
            (PortKind::Sampling, PortDirection::Source) => 0,
        }
    }
}

impl PortTable {
    /// Of a partition without ports.
    pub const EMPTY: Self = Self {
        ports: [PortWords::EMPTY; PORTS_MAX],
        count: 0,
        peers: [Peer { partition: 0, grant: 0 }; PEERS_MAX],
        peer_count: 0,
    };

    /// The ports.
    #[must_use]
    pub fn ports(&self) -> &[PortWords] {
        self.ports.get(..self.count).unwrap_or_default()
    }

    /// The ports, each with its other ends.
    pub fn with_peers(&self) -> impl Iterator<Item = (&PortWords, &[Peer])> {
        let mut rest = self.peers.get(..self.peer_count).unwrap_or_default();
        self.ports().iter().map(move |port| {
            let (peers, others) = rest.split_at_checked(port.peers as usize).unwrap_or((rest, &[]));
            rest = others;
            (port, peers)
        })
    }

    /// Adds a port with its other ends; false if there is no room.
    pub fn add(&mut self, port: PortWords, peers: impl Iterator<Item = Peer>) -> bool {
        let Some(place) = self.ports.get_mut(self.count) else { return false };
        *place = PortWords { peers: 0, ..port };
        for peer in peers {
            let Some(room) = self.peers.get_mut(self.peer_count) else { return false };
            *room = peer;
            self.peer_count += 1;
            place.peers += 1;
        }
        self.count += 1;
        true
    }

    /// The partitions at the other ends, one bit each.
    #[must_use]
    pub fn others(&self) -> Partitions {
        let peers = self.peers.get(..self.peer_count).unwrap_or_default();
        peers.iter().fold(0, |others, peer| others | 1 << (peer.partition % Partitions::BITS))
    }

    /// Pages that the partition's ends write, all together.
    #[must_use]
    pub fn own_pages(&self) -> u32 {
        self.ports().iter().map(PortWords::own_pages).sum()
    }

    /// Pages of other guests that they read.
    #[must_use]
    pub fn peer_pages(&self) -> u32 {
        self.ports().iter().map(PortWords::peer_pages).sum()
    }

    /// How many grants the partition gives: every page of an end, to every other end.
    #[must_use]
    pub fn grants(&self) -> u32 {
        self.ports().iter().map(|port| port.own_pages() * port.peers).sum()
    }

    /// The first grant of a port's pages to one of its other ends.
    #[must_use]
    pub fn grant(&self, port: usize, peer: u32) -> u32 {
        let before: u32 = self.ports().iter().take(port).map(|port| port.own_pages() * port.peers).sum();
        GRANT_FIRST + before + peer * self.ports().get(port).map_or(0, PortWords::own_pages)
    }

    /// Bytes that the monitor needs for the table of ports, a record of each, and the pages of their ends.
    #[must_use]
    pub fn memory(&self) -> u32 {
        self.private_memory() + self.own_pages() * PAGE_SIZE as u32
    }

    /// The part of it that no other guest sees, whole pages.
    #[must_use]
    pub fn private_memory(&self) -> u32 {
        let bytes: u32 = self.ports().iter().map(|port| Port::SIZE as u32 + port.record_room()).sum();
        bytes.next_multiple_of(PAGE_SIZE as u32)
    }

    /// Whether all that fits where it is to go.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.grants() > GRANTS_MAX {
            return Err("the ports need more grants than there are");
        }
        if self.peer_pages() > IMPORTS_MAX {
            return Err("the ports need more pages of other guests than there is room for");
        }
        Ok(())
    }

    /// Reads what [`fmt::Display`] has written of one port: `name,kind,direction,size,depth,refresh`, and for each
    /// other end `,partition:grant`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), &'static str> {
        const FEW: &str = "a port has too few words";
        let mut words = text.split(|byte| *byte == b',');
        let mut port = PortWords::EMPTY;
        copy(&mut port.name[..NAME_SIZE - 1], words.next().ok_or(FEW)?)?;
        let mut next = || words.next().ok_or(FEW).and_then(number);
        port.kind = PortKind::from_number(next()?).ok_or("a port has no such kind")?;
        port.direction = PortDirection::from_number(next()?).ok_or("a port has no such direction")?;
        port.message_size = next()?;
        port.depth = next()?;
        port.refresh = words.next().ok_or(FEW).and_then(long)?;
        let fits = (1..=MESSAGE_SIZE_MAX).contains(&port.message_size);
        // What the grants let read is no longer than that anyway.
        let fits =
            fits && u64::from(port.depth) * u64::from(port.record_room()) <= u64::from(IMPORTS_MAX) << 12;
        fits.then_some(()).ok_or("a port's messages are too long, or too many")?;
        let mut wrong = None;
        let peers = words.map_while(|word| {
            let peer = peer(word);
            wrong = peer.err();
            peer.ok()
        });
        if !self.add(port, peers) {
            return Err("there are too many ports");
        }
        wrong.map_or(Ok(()), Err)
    }
}

fn peer(word: &[u8]) -> Result<Peer, &'static str> {
    let mut parts = word.split(|byte| *byte == b':');
    let mut next = || parts.next().ok_or("the other end of a port has no grant").and_then(number);
    Ok(Peer { partition: next()?, grant: next()? })
}

impl fmt::Display for PortTable {
    /// The words of the command line.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (port, peers) in self.with_peers() {
            let name = text(&port.name);
            let (kind, direction) = (port.kind as u32, port.direction as u32);
            let PortWords { message_size, depth, refresh, .. } = port;
            write!(to, " port={name},{kind},{direction},{message_size},{depth},{refresh}")?;
            for Peer { partition, grant } in peers {
                write!(to, ",{partition}:{grant}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[&str]) -> Result<PortTable, &'static str> {
        let mut table = PortTable::EMPTY;
        words.iter().try_for_each(|word| table.read(word.as_bytes())).map(|()| table)
    }

    #[test]
    fn grants_follow_from_the_order_of_the_ports() {
        let words =
            ["rate,1,0,64,1,5000,1:0,2:0", "big,2,0,4096,3,0,1:77", "in,2,1,16,2,0,2:9", "see,1,1,8,1,7,2:8"];
        let table = table(&words).unwrap_or_else(|why| panic!("{why}"));
        // 64 + 2 * 80 bytes; 64 + 3 * 4112; how many were taken; nothing.
        assert_eq!(table.ports().iter().map(PortWords::own_pages).collect::<Vec<_>>(), [1, 4, 1, 0]);
        assert_eq!(table.ports().iter().map(PortWords::peer_pages).collect::<Vec<_>>(), [0, 1, 1, 1]);
        assert_eq!(
            [(0, 0), (0, 1), (1, 0), (2, 0)].map(|(port, peer)| table.grant(port, peer)),
            [8, 9, 10, 14]
        );
        assert_eq!((table.grants(), table.own_pages(), table.peer_pages()), (7, 6, 3));
        assert_eq!(table.private_memory(), 8192);
        assert_eq!(table.memory(), 8192 + 6 * 4096);
        assert_eq!(table.check(), Ok(()));
        assert_eq!(table.others(), 0b110);
        let peers: Vec<_> = table.with_peers().map(|(_, peers)| peers.to_vec()).collect();
        assert_eq!(peers[1], [Peer { partition: 1, grant: 77 }]);
        assert_eq!(table.to_string(), format!(" port={}", words.join(" port=")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (word, why) in [
            ("rate", "too few"),
            ("rate,1,0,64,1", "too few"),
            ("rate,3,0,64,1,5", "kind"),
            ("rate,1,2,64,1,5", "direction"),
            ("rate,1,0,0,1,5", "too long"),
            ("rate,1,0,65537,1,5", "too long"),
            ("rate,2,0,65536,4294967295,0", "too many"),
            ("rate,1,0,64,1,5,1", "grant"),
            ("rate,1,0,64,1,5,1:x", "number is none"),
        ] {
            assert!(table(&[word]).is_err_and(|error| error.contains(why)), "{word}");
        }
        let many = table(&["big,2,0,65536,30,0,1:8,2:8"]).unwrap_or_else(|why| panic!("{why}"));
        assert!(many.check().is_err());
    }
}
