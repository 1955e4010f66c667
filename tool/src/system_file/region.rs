//! Memory that partitions share, as the system file describes it.

use std::ops::Range;

use bulkhead_abi::system_table::{Mapping as MappingEntry, READ, READ_WRITE};

use super::System;
use super::device::{self, Device};

/// How far the tool leaves a region from what is before it in a partition's addresses, in bytes: what runs over the end
/// of one does not reach the next.
pub(crate) const REGION_GAP: u64 = 64 << 10;

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Name; no two regions have the same.
    pub name: String,
    /// Size in bytes, a multiple of 4 KiB.
    pub size: u64,
    /// The partitions that have it, each once, in the order of the file.
    pub mappings: Vec<Mapping>,
    pub(crate) name_place: Range<usize>,
    pub(crate) size_place: Range<usize>,
}

/// A region as one partition has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Number of the partition.
    pub partition: usize,
    /// What it may do.
    pub access: Access,
    /// Where it sees the region: a multiple of 4 KiB, behind its memory.
    pub address: u64,
    /// The line that another's doorbell makes pending.
    pub doorbell: Option<u32>,
}

/// What a partition may do with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

impl Access {
    /// That of who may read, and may write or may not.
    pub(crate) const fn of(writable: bool) -> Self {
        if writable { Self::ReadWrite } else { Self::Read }
    }

    /// The access as the system file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
        }
    }
}

/// What a fault at an address of a partition has to do with a region, to follow the words of the kernel: nothing where
/// the address is in none that the partition has.
pub(crate) fn fault_in_region(
    regions: &[Region],
    partition: usize,
    access: bulkhead_abi::Access,
    address: u64,
) -> Option<String> {
    let (region, mapping) = regions.iter().find_map(|region| {
        let has = |mapping: &&Mapping| {
            mapping.partition == partition
                && (mapping.address..mapping.address.saturating_add(region.size)).contains(&address)
        };
        region.mappings.iter().find(has).map(|mapping| (region, mapping))
    })?;
    let name = &region.name;
    Some(match (access, mapping.access) {
        (bulkhead_abi::Access::Write, Access::Read) => format!(": it may only read the region `{name}`"),
        (bulkhead_abi::Access::Execute, _) => format!(": nobody executes anything in the region `{name}`"),
        _ => format!(": in the region `{name}`"),
    })
}

impl Mapping {
    /// The mapping of a region with this number as the system table has it.
    pub(crate) fn entry(&self, region: usize) -> MappingEntry {
        MappingEntry {
            region: region as u32,
            partition: self.partition as u32,
            rights: match self.access {
                Access::Read => READ,
                Access::ReadWrite => READ_WRITE,
            },
            line: self.doorbell.unwrap_or(0),
            address: self.address,
        }
    }
}

/// How far a partition's memory of this size and the regions and devices behind it reach, in bytes from the memory's
/// start, which is at `base` in the partition's addresses.
pub(crate) fn mapped(
    (regions, devices): (&[Region], &[Device]),
    partition: usize,
    memory: u64,
    base: u64,
) -> u64 {
    let ends = regions.iter().flat_map(|region| {
        let own = region.mappings.iter().filter(move |mapping| mapping.partition == partition);
        own.map(|mapping| (mapping.address + region.size).saturating_sub(base))
    });
    device::mapped(devices, partition, ends.fold(memory, u64::max), base)
}

impl System {
    /// Bytes of the room for a partition's page tables and interface pages.
    pub(crate) fn tables_size(&self, partition: usize) -> u64 {
        let board = self.processor.board();
        let memory = self.partitions.get(partition).map_or(0, |partition| partition.memory);
        let parts = (&*self.regions, &*self.devices);
        (board.tables_size)(mapped(parts, partition, memory, board.partition_memory))
    }

    /// How many mappings all regions together have.
    pub(crate) fn mappings(&self) -> usize {
        self.regions.iter().map(|region| region.mappings.len()).sum()
    }
}
