//! A partition as it is configured. What becomes of it while it runs is in [`crate::guest`].

use bulkhead_abi::system_table::{FaultAction, PARTITIONS_MAX};
use bulkhead_abi::{NAME_SIZE, TickPolicy};

use crate::channel::PortIndex;
use crate::memory::Region;

/// The number of a partition, always below [`PARTITIONS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index(u8);

const _: () = assert!(PARTITIONS_MAX.is_power_of_two() && PARTITIONS_MAX <= 256);

impl Index {
    /// The first partition.
    pub const FIRST: Self = Self(0);

    /// The partition with this number, if there can be one.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if (number as usize) < PARTITIONS_MAX { Some(Self(number as u8)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// The partition's place in an array that has one for each. The mask changes nothing; it lets the compiler
    /// see that the place exists.
    #[inline(always)]
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize & (PARTITIONS_MAX - 1)
    }
}

/// A place for every partition that there can be.
pub type Partitions = [Partition; PARTITIONS_MAX];

/// A partition as the system table has it.
#[derive(Clone, Copy, Debug)]
pub struct Partition {
    /// Its memory.
    pub region: Region,
    /// Its entry point.
    pub entry: usize,
    /// Bytes of its image.
    pub image_size: usize,
    /// Offset at which a warm start stops clearing.
    pub data_end: usize,
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Handed on to its clock driver.
    pub tick_policy: TickPolicy,
    /// What a fault does that it does not handle itself.
    pub fault_action: FaultAction,
    /// Where its command line lies in the system table, and how long it is.
    pub command_line: (usize, usize),
    /// Its first port, and how many it has.
    pub ports: (PortIndex, u8),
}

impl Partition {
    /// A place for a partition that does not exist.
    pub const NONE: Self = Self {
        region: Region { base: 0, size: 0, read_only: 0 },
        entry: 0,
        image_size: 0,
        data_end: 0,
        name: [0; NAME_SIZE],
        tick_policy: TickPolicy::CatchUp,
        fault_action: FaultAction::Stop,
        command_line: (0, 0),
        ports: (PortIndex::NONE, 0),
    };
}
