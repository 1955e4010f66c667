//! The ports of a guest: what its monitor is told of them, and whether there is room for them.

use bulkhead_abi::PortDirection;
use bulkhead_xen_facts::ports::{GRANTS_MAX, IMPORTS_MAX, Peer, PortTable, PortWords};

use crate::diagnostics::Problem;
use crate::host::ports::{depth, of_partition};
use crate::pack::padded;
use crate::system_file::System;
use crate::system_file::channel::PlacedPort;

/// Bytes of memory that the monitor of a partition needs for its ports.
pub(super) fn memory(system: &System, partition: usize) -> u64 {
    u64::from(plain(system, partition).memory())
}

/// How many grants the ports of a partition take.
pub(super) fn grants(system: &System, partition: usize) -> u32 {
    plain(system, partition).grants()
}

/// The ports of a partition, with the grants of the other ends.
pub(super) fn table(system: &System, partition: usize) -> PortTable {
    let tables: Vec<PortTable> =
        (0..system.partitions.len()).map(|partition| plain(system, partition)).collect();
    let mut table = PortTable::EMPTY;
    for placed in of_partition(system, partition) {
        let peers = ends(system, &placed).into_iter().map(|other| {
            // Where this end is among those that the other one grants its pages to.
            let place = ends(system, &other).iter().position(|end| end.port == placed.port);
            let number = of_partition(system, other.port.partition)
                .iter()
                .position(|placed| placed.port == other.port);
            let grant = tables[other.port.partition].grant(number.unwrap_or(0), place.unwrap_or(0) as u32);
            Peer { partition: other.port.partition as u32, grant }
        });
        table.add(words(system, &placed), peers);
    }
    table
}

/// The ports of a partition, the grants of the other ends left out.
fn plain(system: &System, partition: usize) -> PortTable {
    let mut table = PortTable::EMPTY;
    for placed in of_partition(system, partition) {
        let peers = ends(system, &placed).into_iter().map(|_| Peer::default());
        table.add(words(system, &placed), peers);
    }
    table
}

fn words(system: &System, placed: &PlacedPort<'_>) -> PortWords {
    let channel = &system.channels[placed.channel];
    PortWords {
        name: padded(&placed.port.name),
        kind: channel.transfer.kind(),
        direction: placed.direction,
        message_size: channel.message_size,
        depth: depth(channel),
        refresh: channel.transfer.refresh(),
        peers: 0,
    }
}

/// The other ends of a port's channel.
fn ends<'a>(system: &'a System, placed: &PlacedPort<'_>) -> Vec<PlacedPort<'a>> {
    let is_other = |direction: PortDirection| direction != placed.direction;
    let ends = system.channels[placed.channel].ports().filter(|(_, direction)| is_other(*direction));
    ends.map(|(port, direction)| PlacedPort { port, channel: placed.channel, direction }).collect()
}

/// Complains about ports that need more pages than guests can show each other.
pub(super) fn check(system: &System, problems: &mut Vec<Problem>) {
    for number in 0..system.partitions.len() {
        let (table, own) = (plain(system, number), of_partition(system, number));
        let name = &system.partitions[number].name;
        let largest = |pages: &dyn Fn(&PortWords) -> u32| {
            let pages = table.ports().iter().map(pages);
            let (channel, _) = own.iter().map(|placed| placed.channel).zip(pages).max_by_key(|one| one.1)?;
            Some(system.channels[channel].message_size_place.clone())
        };
        let mut complain = |what: &str, count: u32, most: u32, pages: &dyn Fn(&PortWords) -> u32| {
            if count > most {
                let text = format!("the ports of {name} need {count} {what} on Xen, and there are {most}");
                let help = "each page of messages counts, for each other end: shorten the messages of this channel, \
                            or its queue, the largest here";
                problems.push(Problem::new(largest(pages).unwrap_or(0..0), text).help(help));
            }
        };
        complain("grants", table.grants(), GRANTS_MAX, &|port| port.own_pages() * port.peers);
        complain("pages of other guests", table.peer_pages(), IMPORTS_MAX, &PortWords::peer_pages);
    }
}
