//! Regions of memory that partitions share: who has them where, and whose line a doorbell is.

use bulkhead_abi::port::RegionDescription;
use bulkhead_abi::system_table::{MAPPINGS_MAX, PARTITIONS_MAX, REGIONS_MAX};
use bulkhead_abi::{Error, NAME_SIZE};

use crate::partition::Index;

/// A region as one partition has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Whose it is.
    pub partition: Index,
    /// The line that a doorbell makes pending, or 0.
    pub line: u8,
    /// Whether the partition may write it.
    pub writable: bool,
    /// Number of the region.
    pub region: u8,
    /// Where the partition sees it.
    pub address: usize,
    /// Its physical address.
    pub memory: usize,
    /// Its size in bytes.
    pub size: usize,
}

impl Mapping {
    /// A place for a mapping that does not exist.
    pub const NONE: Self =
        Self { partition: Index::FIRST, line: 0, writable: false, region: 0, address: 0, memory: 0, size: 0 };
}

/// A region: its mappings stand together, one of each partition that has it.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// The partitions that have it, one bit each.
    pub members: u32,
    /// The number of its first mapping.
    pub first: u8,
    /// How many there are.
    pub count: u8,
}

const _: () = assert!(PARTITIONS_MAX <= 32 && MAPPINGS_MAX <= 1 << 7);

impl Region {
    /// A place for a region that does not exist.
    pub const NONE: Self = Self { name: [0; NAME_SIZE], members: 0, first: 0, count: 0 };
}

/// All regions.
#[derive(Debug)]
pub struct Regions {
    pub(crate) regions: [Region; REGIONS_MAX],
    pub(crate) count: usize,
    pub(crate) mappings: [Mapping; MAPPINGS_MAX],
    pub(crate) mapping_count: usize,
}

impl Regions {
    /// No regions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            regions: [Region::NONE; REGIONS_MAX],
            count: 0,
            mappings: [Mapping::NONE; MAPPINGS_MAX],
            mapping_count: 0,
        }
    }

    /// All mappings, at most [`MAPPINGS_MAX`].
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter().take(self.mapping_count)
    }

    /// Appends a mapping, which is behind those of the regions before and of another partition than those of its own.
    /// The answer is false, and nothing is changed, if it is not, or if there is no place for it.
    pub(crate) fn add(&mut self, mapping: Mapping) -> bool {
        let last = self.mappings().last().map_or(0, |last| last.region);
        let Some(region) = self.regions.get_mut(mapping.region as usize) else { return false };
        let Some(place) = self.mappings.get_mut(self.mapping_count) else { return false };
        let member = 1 << (mapping.partition.number() % 32);
        if mapping.region < last || region.members & member != 0 {
            return false;
        }
        if region.count == 0 {
            region.first = self.mapping_count as u8;
        }
        region.members |= member;
        region.count += 1;
        *place = mapping;
        self.mapping_count += 1;
        true
    }

    /// A region that a partition has, and who has it besides: at most as many as there are partitions.
    pub(crate) fn of(&self, partition: Index, region: u32) -> Result<(&Region, &[Mapping]), Error> {
        let region = self
            .regions
            .get(region as usize)
            .filter(|_| (region as usize) < self.count)
            .ok_or(Error::BadArgument)?;
        if region.members >> (partition.number() % 32) & 1 == 0 {
            return Err(Error::NotPermitted);
        }
        let first = region.first as usize;
        Ok((region, self.mappings.get(first..first + region.count as usize).unwrap_or_default()))
    }

    /// A region as a partition has it.
    pub(crate) fn describe(&self, partition: Index, region: u32) -> Result<RegionDescription, Error> {
        let (region, mappings) = self.of(partition, region)?;
        let mapping =
            mappings.iter().find(|mapping| mapping.partition == partition).ok_or(Error::NotPermitted)?;
        Ok(RegionDescription {
            name: region.name,
            address: mapping.address as u32,
            size: mapping.size as u32,
            writable: mapping.writable.into(),
            line: mapping.line.into(),
            reserved: [0; 4],
        })
    }
}

impl Default for Regions {
    fn default() -> Self {
        Self::new()
    }
}
