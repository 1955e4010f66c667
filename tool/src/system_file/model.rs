//! A system as its file describes it, after every rule has been checked.

use std::ops::Range;
use std::path::{Path, PathBuf};

use bulkhead_abi::{HealthError, Response, TickPolicy};

use super::building::Building;
use super::channel::Channel;
use super::device::Device;
use super::health::Health;
use super::region::Region;
use super::schedule::Schedule;
use crate::diagnostics::{Problem, Report, SourceText};
use crate::image::Image;
use crate::silent::SilentAllowance;
use crate::target::Processor;

/// A whole system.
#[derive(Clone, Debug)]
pub struct System {
    /// Name of the system; also the name of what is built.
    pub name: String,
    /// What it is built for.
    pub processor: Processor,
    /// Memory of the machine, in bytes.
    pub memory: u64,
    /// Frequency of a LEON3 board's clock in hertz, 0 for what the boot loader says.
    pub leon3_clock: u32,
    /// Number of the partition that gets the console's input.
    pub console_input: Option<usize>,
    /// The partitions, in the order of the file: a partition's number is its place here.
    pub partitions: Vec<Partition>,
    /// The schedules, in the order of the file: at least one.
    pub schedules: Vec<Schedule>,
    /// The number of the one that the system starts with.
    pub initial_schedule: usize,
    /// What is done about an error of a device of the kernel's.
    pub device_error: Response,
    /// The channels, in the order of the file.
    pub channels: Vec<Channel>,
    /// The regions of shared memory, in the order of the file.
    pub regions: Vec<Region>,
    /// The devices that partitions own, in the order of the file.
    pub devices: Vec<Device>,
    /// Whether a partition owns the disk controller of a PC's board:
    /// [`DISK_CONTROLLER`](super::device::DISK_CONTROLLER).
    pub(crate) owns_disk_controller: bool,
    /// The names of the devices that are left out because they are of other processors, each with its processor.
    pub left_out: Vec<(String, &'static str)>,
    /// Folder that relative paths start from.
    pub directory: PathBuf,
    pub(crate) source: SourceText,
    pub(crate) memory_place: Range<usize>,
    pub(crate) console_input_place: Range<usize>,
    /// How short a window may be, in nanoseconds.
    pub(crate) shortest_window: u64,
    /// The keys whose meaning our own kernel knows.
    pub(crate) own_keys: Vec<OwnKey>,
}

/// A key whose meaning our own kernel knows.
#[derive(Clone, Debug)]
pub(crate) struct OwnKey {
    /// Its name.
    pub(crate) key: &'static str,
    /// Where its value stands.
    pub(crate) place: Range<usize>,
    /// What it says is done about which error, if it says so.
    pub(crate) response: Option<(HealthError, Response)>,
}

impl System {
    /// A report of problems in this system's file.
    pub(crate) fn report(&self, problems: Vec<Problem>) -> Report {
        Report::new(self.source.clone(), problems)
    }

    /// The number of the partition with this name.
    #[must_use]
    pub fn partition_number(&self, name: &str) -> Option<usize> {
        self.partitions.iter().position(|partition| partition.name == name)
    }

    /// The name of a partition; "" where there is none with this number.
    #[must_use]
    pub fn partition_name(&self, number: usize) -> &str {
        self.partitions.get(number).map_or("", |partition| &partition.name)
    }

    /// A path of the file, from where the tool runs.
    #[must_use]
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.directory.join(relative)
    }
}

/// A partition.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Name: 1 to 30 letters, digits, `-`, `_`, `.`, the first a letter.
    pub name: String,
    /// Size of its memory in bytes, a multiple of 4 KiB.
    pub memory: u64,
    /// What runs in it.
    pub program: Program,
    /// What its sources are built with, if it has any.
    pub building: Building,
    /// Command line that it is started with.
    pub command_line: String,
    /// What its clock does with ticks missed while others ran.
    pub tick: TickPolicy,
    /// Whether it may stop, start and describe others, ask for a schedule, and read the health monitor's log.
    pub system: bool,
    /// Whether it gets the time that others give up by idling.
    pub background: bool,
    /// Whether the memory behind its image can be executed as well as written.
    pub executable_heap: bool,
    /// For how long it may run without serving its watchdog, in nanoseconds of its own windows; 0 for any time.
    pub watchdog: u64,
    /// How late its windows may begin, in nanoseconds; 0 for any time.
    pub max_lateness: u64,
    /// How many calls it may make in a window; 0 for any number.
    pub max_calls: u32,
    /// How much time it needs, and how often, if the system file says so.
    pub demand: Option<Demand>,
    /// What is done about its errors.
    pub health: Health,
    /// Functions whose silent instructions are accepted.
    pub allow_silent: Vec<SilentAllowance>,
    pub(crate) name_place: Range<usize>,
    pub(crate) memory_place: Range<usize>,
    pub(crate) program_place: Range<usize>,
}

impl Partition {
    /// Its rights, as the system file calls them.
    #[must_use]
    pub fn rights(&self) -> Vec<&'static str> {
        let rights = [
            (self.system, "system"),
            (self.background, "background"),
            (self.executable_heap, "executable-heap"),
        ];
        rights.into_iter().filter_map(|(has, right)| has.then_some(right)).collect()
    }
}

/// Time that a partition needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// In each of these, in nanoseconds.
    pub period: u64,
    /// So much, in nanoseconds.
    pub budget: u64,
    pub(crate) period_place: Range<usize>,
    pub(crate) budget_place: Range<usize>,
}

/// What runs in a partition.
#[derive(Clone, Debug)]
pub enum Program {
    /// Source files that the tool compiles and links, with paths as the system file writes them.
    Sources(Vec<PathBuf>),
    /// A linked program.
    Image {
        /// Path as the system file writes it.
        path: PathBuf,
        /// What was in it when it was checked.
        image: Image,
    },
}

/// Where a window's start and its duration stand in the file.
pub(crate) type WindowPlace = (Range<usize>, Range<usize>);

/// A window of the major frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Number of the partition that runs in it.
    pub partition: usize,
    /// Start in nanoseconds from the start of the frame.
    pub start: u64,
    /// Duration in nanoseconds.
    pub duration: u64,
}

impl Window {
    /// End in nanoseconds from the start of the frame.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.duration
    }
}
