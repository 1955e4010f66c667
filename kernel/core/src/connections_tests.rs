//! Tests of the kernel's own check of channels, ports and shared memory.

use std::boxed::Box;
use std::vec::Vec;

use bulkhead_abi::Error;
use bulkhead_abi::port::{PortDirection, PortKind};
use bulkhead_abi::system_table::{
    Channel, Header, Mapping, PHYSICAL_ADDRESS_X86_64, Partition, Port, READ, READ_WRITE, Region,
    tables_size_x86_64,
};
use proptest::prelude::*;

use crate::channel::PortIndex;
use crate::configuration::{Configuration, Refusal};
use crate::configuration_tests::{BASE, MEMORY_SIZE, Table, read, table};
use crate::connections::size;
use crate::region;

/// A table with all that connects partitions: a sampling channel one way, a queuing one the other, and a region.
#[derive(Clone, Debug)]
struct Connected {
    table: Table,
    channels: Vec<Channel>,
    ports: Vec<Port>,
    regions: Vec<Region>,
    mappings: Vec<Mapping>,
}

const PAGE: u64 = 0x1000;
/// What the region takes of each partition's addresses, from a hole behind its memory on.
const REGION: (u64, u64) = (BASE + MEMORY_SIZE + 4 * PAGE, 2 * PAGE);

fn connected() -> Connected {
    let mut table = table();
    let room = tables_size_x86_64(REGION.0 + REGION.1 - BASE);
    let mut free = table.header.memory_start;
    for partition in &mut table.partitions {
        *partition = Partition { memory: free, tables: free + MEMORY_SIZE, tables_size: room, ..*partition };
        free += MEMORY_SIZE + room;
    }
    let buffers = free;
    let port = |partition, channel, direction| Port {
        name: [b'p'; 32],
        partition,
        channel,
        direction: direction as u32,
        reserved: 0,
    };
    let region = buffers + PAGE;
    let mapping = |partition, rights, line| Mapping { region: 0, partition, rights, line, address: REGION.0 };
    table.header = Header {
        channels: 2,
        ports: 4,
        regions: 1,
        mappings: 2,
        buffers_start: buffers,
        buffers_end: buffers + PAGE,
        memory_end: region + REGION.1,
        ..table.header
    };
    Connected {
        table,
        channels: std::vec![
            Channel {
                kind: PortKind::Sampling as u32,
                message_size: 60,
                buffers: 3,
                reserved: 0,
                refresh: 1_000,
                memory: buffers,
            },
            Channel {
                kind: PortKind::Queuing as u32,
                message_size: 100,
                buffers: 8,
                reserved: 0,
                refresh: 0,
                memory: buffers + 256,
            },
        ],
        ports: std::vec![
            port(0, 0, PortDirection::Source),
            port(0, 1, PortDirection::Destination),
            port(1, 0, PortDirection::Destination),
            port(1, 1, PortDirection::Source),
        ],
        regions: std::vec![Region { name: [b'r'; 32], memory: region, size: REGION.1 }],
        mappings: std::vec![mapping(0, READ_WRITE, 0), mapping(1, READ, 8)],
    }
}

impl Connected {
    fn bytes(&self) -> Vec<u8> {
        self.table.bytes_with(|bytes| {
            self.channels.iter().for_each(|channel| channel.encode(bytes));
            self.ports.iter().for_each(|port| port.encode(bytes));
            self.regions.iter().for_each(|region| region.encode(bytes));
            self.mappings.iter().for_each(|mapping| mapping.encode(bytes));
        })
    }

    fn read(&self) -> Result<Box<Configuration>, Refusal> {
        read(&self.bytes())
    }
}

#[test]
fn what_connects_partitions_is_taken() {
    let connected = connected();
    let configuration = connected.read().unwrap();
    assert_eq!(
        [configuration.partitions[0].ports, configuration.partitions[1].ports],
        [(PortIndex::new(0), 2), (PortIndex::new(2), 2)]
    );
    let ends = [0, 1, 2, 3].map(|number| configuration.channels.describe(PortIndex::new(number)).direction);
    assert_eq!(ends, [0, 1, 1, 0]);
    let [sampling, queuing, ..] = configuration.channels.channels;
    assert_eq!(
        (sampling.stride, sampling.message_size, sampling.buffers, sampling.refresh),
        (64, 60, 3, 1_000)
    );
    assert_eq!((queuing.memory, queuing.stride, queuing.first_length), (256, 104, 3));
    let mappings: Vec<region::Mapping> = configuration.regions.mappings().copied().collect();
    assert_eq!(mappings.len(), 2);
    assert!(mappings[0].writable && !mappings[1].writable);
    assert_eq!((mappings[1].line, mappings[1].address as u64), (8, REGION.0));
    assert_eq!(mappings[1].memory as u64, connected.regions[0].memory);
    let mapped = (REGION.0 + REGION.1 - BASE) as usize;
    assert!(configuration.placements.iter().take(2).all(|placement| placement.mapped == mapped));
}

#[test]
fn ports_are_for_what_the_table_says() {
    let mut configuration = connected().read().unwrap();
    let channels = &mut configuration.channels;
    let [out, queue_in, sample_in, queue_out] = [0, 1, 2, 3].map(PortIndex::new);
    assert!(channels.begin_to_put::<false>(out, 8, false).is_ok());
    assert!(channels.begin_to_put::<true>(queue_out, 8, false).is_ok());
    let (nothing, denied) = (Some(Error::NotAvailable), Some(Error::NotPermitted));
    assert_eq!(channels.begin_to_get::<false>(sample_in, 8).err(), nothing);
    assert_eq!(channels.begin_to_get::<true>(queue_in, 8).err(), nothing);
    assert_eq!(channels.begin_to_get::<false>(out, 8).err(), denied);
    assert_eq!(channels.begin_to_put::<true>(queue_in, 8, false).err(), denied);
}

#[test]
fn each_lie_about_connections_is_found() {
    type Lie = fn(&mut Connected);
    let lies: [(&str, Lie); 45] = [
        ("more channels", |it| it.table.header.channels = 257),
        ("more channels", |it| it.table.header.ports = 513),
        ("more channels", |it| it.table.header.regions = 33),
        ("more channels", |it| it.table.header.mappings = 129),
        ("arrays", |it| it.table.header.ports = 512),
        ("end before they begin", |it| it.table.header.buffers_end = it.table.header.buffers_start - 1),
        ("channels lie outside", |it| it.table.header.buffers_end += 1),
        ("channels lie outside", |it| it.table.header.buffers_end += 1 << 30),
        ("channels overlap", |it| it.table.header.buffers_start -= PAGE),
        ("kind is unknown", |it| it.channels[0].kind = 3),
        ("empty or too long", |it| it.channels[0].message_size = 0),
        ("empty or too long", |it| it.channels[1].message_size = 65_537),
        ("refresh", |it| it.channels[0].refresh = 0),
        ("refresh", |it| it.channels[0].refresh = u64::MAX),
        ("refresh", |it| it.channels[1].refresh = 1),
        ("no messages", |it| it.channels[1].buffers = 0),
        ("or too many", |it| it.channels[1].buffers = 4_094),
        ("outside those of all", |it| it.channels[0].memory += 4),
        ("outside those of all", |it| it.channels[0].memory -= 8),
        ("outside those of all", |it| it.channels[1].memory -= 72),
        ("outside those of all", |it| it.channels[1].memory += PAGE),
        ("outside those of all", |it| it.channels[1].memory = !7),
        ("port is of a partition", |it| it.ports[3].partition = 2),
        ("out of order", |it| it.ports[0].partition = 1),
        ("port is of a channel", |it| it.ports[3].channel = 2),
        ("direction", |it| it.ports[3].direction = 2),
        ("two sources", |it| it.ports[2].direction = 0),
        ("no source", |it| it.ports[0].direction = 1),
        ("no destination", |it| it.table.header.ports = 3),
        ("to itself", |it| it.ports.swap(2, 1)),
        ("more destinations", |it| it.channels[0].buffers = 2),
        ("more destinations", |it| it.channels[0].buffers = 4),
        ("region lies outside", |it| it.regions[0].size = 0),
        ("region lies outside", |it| it.regions[0].memory += 8),
        ("region lies outside", |it| it.regions[0].memory -= 8),
        ("region lies outside", |it| it.regions[0].size -= 8),
        ("region lies outside", |it| it.regions[0].size += PAGE),
        ("region overlaps", |it| it.regions[0].memory -= PAGE),
        ("mapping is of a partition", |it| it.mappings[1].partition = 2),
        ("mapping is of a region", |it| it.mappings[1].region = 1),
        ("region twice", |it| {
            it.mappings[1] = Mapping { address: it.mappings[0].address + REGION.1, ..it.mappings[0] };
        }),
        ("rights", |it| it.mappings[1].rights = 2),
        ("line", |it| it.mappings[1].line = 7),
        ("something else is", |it| it.mappings[1].address = BASE + MEMORY_SIZE - PAGE),
        ("too small", |it| it.mappings[1].address = BASE + (4 << 20)),
    ];
    for (words, lie) in lies {
        let mut connected = connected();
        lie(&mut connected);
        if words == "to itself" {
            // Both ports of the sampling channel in partition 0, both of the other in partition 1.
            for (number, port) in connected.ports.iter_mut().enumerate() {
                port.partition = number as u32 / 2;
            }
        }
        let refusal = connected.read().expect_err(words);
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
}

/// As many and as long as there can be are not too many and not too long: what is refused then is something else.
#[test]
fn the_bounds_of_connections_are_where_they_are_said_to_be() {
    type Change = fn(&mut Connected);
    let changes: [(&str, &str, Change); 7] = [
        ("more channels", "arrays", |it| it.table.header.channels = 256),
        ("more channels", "arrays", |it| it.table.header.ports = 512),
        ("more channels", "", |it| it.table.header.regions = 32),
        ("more channels", "", |it| it.table.header.mappings = 128),
        ("too long", "outside those of all", |it| it.channels[0].message_size = 65_536),
        ("too many", "outside those of all", |it| it.channels[1].buffers = 4_093),
        ("region lies outside", "region overlaps", |it| it.regions[0].memory = it.table.header.buffers_start),
    ];
    for (wrong, words, change) in changes {
        let mut connected = connected();
        change(&mut connected);
        let refusal = connected.read().unwrap_err();
        assert!(!refusal.contains(wrong) && refusal.contains(words), "{wrong:?}: {refusal:?}");
    }
    let header = Header { channels: 2, ports: 3, regions: 5, mappings: 7, ..connected().table.header };
    let expected = 2 * Channel::SIZE + 3 * Port::SIZE + 5 * Region::SIZE + 7 * Mapping::SIZE;
    assert_eq!(size(&header), Ok(expected));
}

#[test]
fn two_regions_and_two_mappings_do_not_overlap() {
    let mut twice = connected();
    let second = Region { memory: twice.regions[0].memory, ..twice.regions[0] };
    twice.regions.push(second);
    twice.table.header.regions = 2;
    assert_eq!(twice.read().unwrap_err(), "a region overlaps something else");
    twice.regions[1].memory += REGION.1;
    twice.table.header.memory_end += REGION.1;
    assert!(twice.read().is_ok());
    twice.mappings.push(Mapping { region: 1, ..twice.mappings[1] });
    twice.table.header.mappings = 3;
    assert_eq!(twice.read().unwrap_err(), "a partition would see a region where something else is");
    twice.mappings[2].address += REGION.1;
    assert!(twice.read().is_ok(), "{:?}", twice.read().err());
    twice.mappings.swap(1, 2);
    twice.mappings.swap(0, 1);
    assert!(twice.read().unwrap_err().contains("out of order"), "those of the second region come first");
}

/// Whatever the tool may write, up to the longest time of ARINC 653.
#[test]
fn a_refresh_period_may_be_as_long_as_time() {
    let mut patient = connected();
    patient.channels[0].refresh = i64::MAX as u64;
    assert!(patient.read().is_ok(), "{:?}", patient.read().err());
    patient.channels[0].refresh += 1;
    assert!(patient.read().unwrap_err().contains("refresh"));
}

/// Two partitions with `count` ports each, one channel for each port of the first.
fn many(count: u32) -> Result<Box<Configuration>, Refusal> {
    let mut many = connected();
    let (channel, port) = (many.channels[1], many.ports[0]);
    let buffers = many.table.header.buffers_start;
    many.channels = (0..count)
        .map(|number| Channel {
            message_size: 8,
            buffers: 1,
            memory: buffers + 8 * u64::from(number),
            ..channel
        })
        .collect();
    many.ports.clear();
    for (partition, direction) in [(0, PortDirection::Source), (1, PortDirection::Destination)] {
        for channel in 0..count {
            many.ports.push(Port { partition, channel, direction: direction as u32, ..port });
        }
    }
    let header = &mut many.table.header;
    (header.channels, header.ports, header.size) = (count, 2 * count, 0x4000);
    many.table.image.physical = PHYSICAL_ADDRESS_X86_64 + 0x4000;
    header.images_end = many.table.image.physical + 0x4000;
    let mut bytes = many.bytes();
    bytes.resize(0x4000, 0);
    read(&bytes)
}

#[test]
fn a_partition_has_a_most_of_ports() {
    let configuration = many(64).unwrap();
    assert_eq!(configuration.partitions[1].ports, (PortIndex::new(64), 64));
    assert_eq!(many(65).unwrap_err(), "a partition has too many ports");
}

proptest! {
    /// Whatever a damaged table says: if it is taken, buffers and regions lie apart from everything, each channel leads
    /// to others, and each mapping lies behind its partition's memory.
    #[test]
    fn what_is_taken_connects_only_whom_it_says(
        changes in prop::collection::vec((0usize..0x500, any::<u8>()), 1..5),
    ) {
        let mut bytes = connected().bytes();
        for (place, value) in changes {
            bytes[place] = value;
        }
        let Ok(configuration) = read(&bytes) else { return Ok(()) };
        let header = configuration.header;
        let (start, end) = (header.buffers_start as usize, header.buffers_end as usize);
        let (size, mut ranges) = (end - start, std::vec![(start, end)]);
        for placement in configuration.placements.iter().take(configuration.count) {
            ranges.push((placement.memory, placement.memory + placement.memory_size));
            ranges.push((placement.tables, placement.tables + placement.tables_size));
        }
        let mut regions: Vec<(usize, usize)> =
            configuration.regions.mappings().map(|it| (it.memory, it.memory + it.size)).collect();
        regions.sort_unstable();
        regions.dedup();
        ranges.extend(regions);
        ranges.retain(|range| range.0 != range.1);
        ranges.sort_unstable();
        prop_assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        for mapping in configuration.regions.mappings() {
            let placement = configuration.placements[mapping.partition.place()];
            prop_assert!(mapping.address >= BASE as usize + placement.memory_size);
            prop_assert!(mapping.address + mapping.size <= BASE as usize + placement.mapped);
            prop_assert!(tables_size_x86_64(placement.mapped as u64) <= placement.tables_size as u64);
        }
        let mut free = 0;
        for channel in configuration.channels.channels.iter().take(configuration.header.channels as usize) {
            prop_assert!(channel.memory >= free);
            free = channel.memory + usize::from(channel.buffers) * channel.stride as usize;
            prop_assert!(free <= size && channel.message_size <= channel.stride);
        }
    }
}
