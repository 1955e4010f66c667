//! What the kernel knows of a partition.

use bulkhead_abi::system_table::{FaultAction, PARTITIONS_MAX};
use bulkhead_abi::{StartReason, TickPolicy};

use crate::clock::FAR;
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

/// What a partition is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its memory is being prepared; so many bytes are done.
    Loading(usize),
    /// It runs, or would if it had the processor.
    Ready,
    /// It has given up the processor until an interrupt or its next window.
    Idle,
    /// It has ended itself, with a status.
    Halted(u32),
    /// The health monitor has ended it.
    Stopped,
}

/// A place for every partition that there can be.
pub type Partitions = [Partition; PARTITIONS_MAX];

/// A partition.
#[derive(Clone, Copy, Debug)]
pub struct Partition {
    /// What it is doing.
    pub state: State,
    /// Its timer's deadline, or [`FAR`].
    pub deadline: u64,
    /// Where interrupts continue it; 0 if it has not said.
    pub interrupt_entry: usize,
    /// Where faults continue it; 0 if it has not said.
    pub fault_entry: usize,
    /// Its memory.
    pub region: Region,
    /// How many of its windows have begun.
    pub windows: u32,
    /// How often it has been started before.
    pub restarts: u32,
    /// Why it was started last.
    pub reason: StartReason,
    /// Its entry point.
    pub entry: usize,
    /// Bytes of its image.
    pub image_size: usize,
    /// Offset at which a warm start stops clearing.
    pub data_end: usize,
    /// Its name, padded with zeros.
    pub name: [u8; 32],
    /// Handed on to its clock driver.
    pub tick_policy: TickPolicy,
    /// What a fault does that it does not handle itself.
    pub fault_action: FaultAction,
    /// Where its command line lies in the system table, and how long it is.
    pub command_line: (usize, usize),
}

impl Partition {
    /// A place for a partition that does not exist.
    pub const NONE: Self = Self {
        state: State::Stopped,
        deadline: FAR,
        interrupt_entry: 0,
        fault_entry: 0,
        region: Region { base: 0, size: 0, read_only: 0 },
        windows: 0,
        restarts: 0,
        reason: StartReason::SystemStart,
        entry: 0,
        image_size: 0,
        data_end: 0,
        name: [0; 32],
        tick_policy: TickPolicy::CatchUp,
        fault_action: FaultAction::Stop,
        command_line: (0, 0),
    };

    /// Begins a start: forgets what the partition had asked for, and has its memory prepared.
    pub fn begin_start(&mut self, reason: StartReason) {
        self.state = State::Loading(0);
        self.reason = reason;
        self.deadline = FAR;
        self.interrupt_entry = 0;
        self.fault_entry = 0;
    }

    /// Whether it will never run again.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, State::Halted(_) | State::Stopped)
    }

    /// Offset at which the start that is under way has prepared everything.
    #[must_use]
    pub const fn load_end(&self) -> usize {
        match self.reason {
            StartReason::WarmRestart => self.data_end,
            _ => self.region.size,
        }
    }
}
