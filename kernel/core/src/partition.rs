//! A partition as it is configured. What becomes of it while it runs is in [`crate::guest`].

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{Action, HealthError, NAME_SIZE, Response, TickPolicy};

use crate::channel::PortIndex;
use crate::clock::FAR;
use crate::memory::Region;
use crate::restarts::Budget;

/// The number of a partition, always below [`PARTITIONS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// [`bulkhead_abi::system_table::checksum`] of its image.
    pub checksum: u32,
    /// Offset at which a warm start stops clearing.
    pub data_end: usize,
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Handed on to its clock driver.
    pub tick_policy: TickPolicy,
    /// Whether it has rights over the others.
    pub system: bool,
    /// Whether it is told where its memory is.
    pub physical: bool,
    /// What is done about each error of its; the first place is no error's.
    pub responses: [Response; HealthError::COUNT],
    /// What is done about an error in a start instead, if anything is.
    pub initialization: Option<Response>,
    /// How many restarts the health monitor has for it, and what is done when there is none.
    pub budget: Budget,
    /// What is done about an error for which it has no restart left.
    pub restarts_exceeded: Response,
    /// For how long it may run without serving its watchdog, in nanoseconds; [`FAR`] for any time.
    pub watchdog: u64,
    /// How late its windows may begin, in nanoseconds; [`FAR`] for any time.
    pub lateness: u64,
    /// One more than how many calls it may make in a window; 0 for any number.
    pub calls: u32,
    /// Where its command line lies in the system table, and how long it is.
    pub command_line: (usize, usize),
    /// Its first port, and how many it has.
    pub ports: (PortIndex, u8),
}

impl Partition {
    /// Whether its time, its calls or its windows are watched.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.watchdog != FAR || self.lateness != FAR || self.calls != 0
    }

    /// A place for a partition that does not exist.
    pub const NONE: Self = Self {
        region: Region { base: 0, size: 0, read_only: 0 },
        entry: 0,
        image_size: 0,
        checksum: 0,
        data_end: 0,
        name: [0; NAME_SIZE],
        tick_policy: TickPolicy::CatchUp,
        system: false,
        physical: false,
        responses: [Response::new(Action::Ignore); HealthError::COUNT],
        initialization: None,
        budget: Budget { most: 0, period: 0 },
        restarts_exceeded: Response::new(Action::Idle),
        watchdog: FAR,
        lateness: FAR,
        calls: 0,
        command_line: (0, 0),
        ports: (PortIndex::NONE, 0),
    };
}
