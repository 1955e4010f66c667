//! The kernel's own check of what the system table says of channels, ports and shared memory.
//!
//! What passes here is what the copies of messages and the mappings of regions rest on: buffers and regions that lie in
//! RAM and apart from everything else, each channel with one writer, each mapping outside the partition's memory.

use bulkhead_abi::port::{MESSAGE_SIZE_MAX, PORTS_PER_PARTITION_MAX, PortDirection, PortKind};
use bulkhead_abi::system_table::{
    ByteOrder, CHANNELS_MAX, Channel as ChannelEntry, DESTINATIONS_MAX, MAPPINGS_MAX, MESSAGES_MAX,
    Mapping as MappingEntry, PORTS_MAX, Port as PortEntry, REGIONS_MAX, Region as RegionEntry,
};
use bulkhead_abi::{Line, PAGE_SIZE};

use crate::channel::{Channel, End, Port, PortIndex};
use crate::clock::FAR;
use crate::configuration::{
    Configuration, Limits, Ranges, Refusal, aligned, apart, inside, may_write, narrow,
};
use crate::partition::Index;
use crate::region::Mapping;

/// Bytes of the table that its channels, ports, regions and mappings take.
pub(crate) fn size(header: &bulkhead_abi::system_table::Header) -> Result<usize, Refusal> {
    let (channels, ports) = (header.channels as usize, header.ports as usize);
    let (regions, mappings) = (header.regions as usize, header.mappings as usize);
    if channels > CHANNELS_MAX || ports > PORTS_MAX || regions > REGIONS_MAX || mappings > MAPPINGS_MAX {
        return Err("it has more channels, ports or regions than this kernel can take");
    }
    Ok(channels * ChannelEntry::SIZE
        + ports * PortEntry::SIZE
        + regions * RegionEntry::SIZE
        + mappings * MappingEntry::SIZE)
}

/// Where a region lies.
type Memory = (usize, usize);

impl Configuration {
    /// Reads and checks everything that partitions are connected by; in the table it begins at `offset`.
    pub(crate) fn read_connections(
        &mut self,
        table: &[u8],
        offset: usize,
        ranges: &Ranges,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let header = self.header;
        let ports = offset + header.channels as usize * ChannelEntry::SIZE;
        let regions = ports + header.ports as usize * PortEntry::SIZE;
        let mappings = regions + header.regions as usize * RegionEntry::SIZE;
        self.read_channels(table, offset, ranges)?;
        self.read_ports(table, ports)?;
        self.check_ends()?;
        let memories = self.read_regions(table, regions, ranges)?;
        self.read_mappings(table, mappings, &memories, limits)
    }

    fn read_channels(&mut self, table: &[u8], offset: usize, ranges: &Ranges) -> Result<(), Refusal> {
        let [start, end] = narrow([self.header.buffers_start, self.header.buffers_end])?;
        let size = end.checked_sub(start).ok_or("the buffers of its channels end before they begin")?;
        let placed = aligned(start) && aligned(end) && inside(start, size, &ranges.memories);
        if size != 0 && !placed {
            return Err("the buffers of its channels lie outside the partitions' range");
        }
        if !self.is_apart((start, size)) {
            return Err("the buffers of its channels overlap a partition's memory");
        }
        let (mut free, mut first_length) = (start, 0);
        for number in 0..self.header.channels as usize {
            let entry =
                ChannelEntry::decode(table, offset + number * ChannelEntry::SIZE, ByteOrder::native())
                    .ok_or("a channel lies outside it")?;
            let kind = PortKind::from_number(entry.kind).ok_or("a channel's kind is unknown")?;
            if entry.message_size == 0 || entry.message_size > MESSAGE_SIZE_MAX {
                return Err("a channel's messages are empty or too long");
            }
            let refreshes = entry.refresh != 0 && entry.refresh <= FAR;
            if refreshes != (kind == PortKind::Sampling) {
                return Err("a channel's refresh period is not right for its kind");
            }
            let buffers = entry.buffers as usize;
            if buffers == 0 || buffers > MESSAGES_MAX - first_length {
                return Err("its channels hold no messages, or too many");
            }
            let [memory, stride] = narrow([entry.memory, entry.buffer_size()])?;
            let size = buffers.checked_mul(stride).ok_or("a channel's buffers have no size")?;
            if !memory.is_multiple_of(8) || !inside(memory, size, &(free..end)) {
                return Err("a channel's buffers lie outside those of all, or before others");
            }
            free = memory + size;
            *self.channels.channels.get_mut(number).ok_or("there are too many channels")? = Channel {
                refresh: entry.refresh,
                memory: memory - start,
                stride: stride as u32,
                message_size: entry.message_size,
                first_length: first_length as u16,
                buffers: buffers as u16,
                number: number as u8,
                queuing: kind == PortKind::Queuing,
                ..Channel::NONE
            };
            first_length += buffers;
        }
        Ok(())
    }

    fn read_ports(&mut self, table: &[u8], offset: usize) -> Result<(), Refusal> {
        let mut previous = 0;
        for number in 0..self.header.ports as usize {
            let entry = PortEntry::decode(table, offset + number * PortEntry::SIZE, ByteOrder::native())
                .ok_or("a port lies outside it")?;
            let owner = Index::new(entry.partition)
                .filter(|index| index.place() < self.count && index.place() >= previous)
                .ok_or("a port is of a partition that does not exist, or out of order")?;
            previous = owner.place();
            let channel = Some(entry.channel as usize)
                .filter(|channel| *channel < self.header.channels as usize)
                .and_then(|channel| self.channels.channels.get_mut(channel))
                .ok_or("a port is of a channel that does not exist")?;
            let direction =
                PortDirection::from_number(entry.direction).ok_or("a port's direction is unknown")?;
            let (first, count) = &mut self.partitions[owner.place()].ports;
            let index = PortIndex::new(number);
            if *count == 0 {
                *first = index;
            }
            if u32::from(*count) >= PORTS_PER_PARTITION_MAX {
                return Err("a partition has too many ports");
            }
            let end = if direction == PortDirection::Source { End::Source } else { End::Empty };
            let mut port = Port::new(owner, *count, (entry.channel as u8, channel.queuing), end);
            *count += 1;
            match direction {
                PortDirection::Source if channel.source != PortIndex::NONE => {
                    return Err("a channel has two sources");
                }
                PortDirection::Source => channel.source = index,
                PortDirection::Destination => {
                    port.next = channel.destination;
                    channel.destination = index;
                }
            }
            self.channels.set_port(index, port, entry.name);
        }
        Ok(())
    }

    /// Each channel has a source, and as many destinations in other partitions as its kind and its buffers allow.
    fn check_ends(&self) -> Result<(), Refusal> {
        for channel in self.channels.channels.iter().take(self.header.channels as usize) {
            if channel.source == PortIndex::NONE || channel.destination == PortIndex::NONE {
                return Err("a channel has no source or no destination");
            }
            let source = self.channels.port(channel.source).partition;
            let (mut next, mut destinations) = (channel.destination, 0);
            while next != PortIndex::NONE && destinations <= DESTINATIONS_MAX {
                let port = self.channels.port(next);
                if port.partition == source {
                    return Err("a channel leads from a partition to itself");
                }
                next = port.next;
                destinations += 1;
            }
            let right = if channel.queuing {
                destinations == 1
            } else {
                destinations <= DESTINATIONS_MAX && usize::from(channel.buffers) == destinations + 2
            };
            if !right {
                return Err("a channel has more destinations than its kind or its buffers allow");
            }
        }
        Ok(())
    }

    fn read_regions(
        &mut self,
        table: &[u8],
        offset: usize,
        ranges: &Ranges,
    ) -> Result<[Memory; REGIONS_MAX], Refusal> {
        let mut memories = [(0, 0); REGIONS_MAX];
        let buffers = narrow([self.header.buffers_start, self.header.buffers_end])?;
        for number in 0..self.header.regions as usize {
            let entry = RegionEntry::decode(table, offset + number * RegionEntry::SIZE, ByteOrder::native())
                .ok_or("a region lies outside it")?;
            let [start, size] = narrow([entry.memory, entry.size])?;
            if !aligned(start) || !aligned(size) || size == 0 || !inside(start, size, &ranges.memories) {
                return Err("a region lies outside the partitions' range");
            }
            let others = memories.iter().take(number);
            if !self.is_apart((start, size))
                || !apart((start, size), (buffers[0], buffers[1].saturating_sub(buffers[0])))
                || !others.into_iter().all(|&other| apart((start, size), other))
            {
                return Err("a region overlaps something else");
            }
            *memories.get_mut(number).ok_or("there are too many regions")? = (start, size);
            self.regions.regions.get_mut(number).ok_or("there are too many regions")?.name = entry.name;
        }
        self.regions.count = self.header.regions as usize;
        Ok(memories)
    }

    fn read_mappings(
        &mut self,
        table: &[u8],
        offset: usize,
        memories: &[Memory],
        limits: &Limits,
    ) -> Result<(), Refusal> {
        for number in 0..self.header.mappings as usize {
            let entry =
                MappingEntry::decode(table, offset + number * MappingEntry::SIZE, ByteOrder::native())
                    .ok_or("a mapping lies outside it")?;
            let partition = Index::new(entry.partition)
                .filter(|index| index.place() < self.count)
                .ok_or("a mapping is of a partition that does not exist")?;
            let &(memory, size) = memories
                .get(entry.region as usize)
                .filter(|_| (entry.region as usize) < self.regions.count)
                .ok_or("a mapping is of a region that does not exist")?;
            let writable = may_write(entry.rights).ok_or("a mapping's rights are unknown")?;
            if entry.line != 0 && !Line::DOORBELLS.contains(&entry.line) {
                return Err("a doorbell's line is none that a doorbell can have");
            }
            let [address] = narrow([entry.address])?;
            if !self.see(partition, (address, size), limits) {
                return Err("a partition would see a region where something else is");
            }
            let mapping = Mapping {
                partition,
                line: entry.line as u8,
                writable,
                region: entry.region as u8,
                address,
                memory,
                size,
            };
            if !self.regions.add(mapping) {
                return Err("a partition has a region twice, or the mappings are out of order");
            }
        }
        Ok(())
    }

    /// Whether no partition has anything of a range of physical memory.
    fn is_apart(&self, range: Memory) -> bool {
        self.placements.iter().take(self.count).all(|placement| placement.is_apart(range))
    }
}

const _: () = assert!(PAGE_SIZE.is_multiple_of(8));
