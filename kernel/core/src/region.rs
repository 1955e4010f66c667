//! Regions of memory that partitions share: who has them where, and whose line a doorbell is.

use bulkhead_abi::port::RegionDescription;
use bulkhead_abi::system_table::{MAPPINGS_MAX, REGIONS_MAX};
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

/// All regions.
#[derive(Debug)]
pub struct Regions {
    pub(crate) names: [[u8; NAME_SIZE]; REGIONS_MAX],
    pub(crate) count: usize,
    pub(crate) mappings: [Mapping; MAPPINGS_MAX],
    pub(crate) mapping_count: usize,
}

impl Regions {
    /// No regions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            names: [[0; NAME_SIZE]; REGIONS_MAX],
            count: 0,
            mappings: [Mapping::NONE; MAPPINGS_MAX],
            mapping_count: 0,
        }
    }

    /// All mappings, at most [`MAPPINGS_MAX`].
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter().take(self.mapping_count)
    }

    /// The mapping that a partition has of a region.
    pub(crate) fn mapping(&self, partition: Index, region: u32) -> Result<&Mapping, Error> {
        if region as usize >= self.count {
            return Err(Error::BadArgument);
        }
        let mine = |mapping: &&Mapping| u32::from(mapping.region) == region && mapping.partition == partition;
        self.mappings().find(mine).ok_or(Error::NotPermitted)
    }

    /// A region as a partition has it.
    pub(crate) fn describe(&self, partition: Index, region: u32) -> Result<RegionDescription, Error> {
        let mapping = self.mapping(partition, region)?;
        Ok(RegionDescription {
            name: self.names[mapping.region as usize % REGIONS_MAX],
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
