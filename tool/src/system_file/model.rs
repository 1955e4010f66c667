//! A system as its file describes it, after every rule has been checked.

use std::ops::Range;
use std::path::{Path, PathBuf};

use bulkhead_abi::TickPolicy;

use super::channel::Channel;
use super::region::Region;
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
    /// Length of the major frame, in nanoseconds.
    pub major_frame: u64,
    /// Frequency of a LEON3 board's clock in hertz, 0 for what the boot loader says.
    pub leon3_clock: u32,
    /// Number of the partition that gets the console's input.
    pub console_input: Option<usize>,
    /// The partitions, in the order of the file: a partition's number is its place here.
    pub partitions: Vec<Partition>,
    /// The windows of the major frame in the order of their starts.
    pub windows: Vec<Window>,
    /// The channels, in the order of the file.
    pub channels: Vec<Channel>,
    /// The regions of shared memory, in the order of the file.
    pub regions: Vec<Region>,
    /// Folder that relative paths start from.
    pub directory: PathBuf,
    pub(crate) source: SourceText,
    pub(crate) memory_place: Range<usize>,
    pub(crate) major_frame_place: Range<usize>,
    pub(crate) console_input_place: Range<usize>,
    /// For each window where its start and its duration stand in the file.
    pub(crate) window_places: Vec<WindowPlace>,
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

    /// Nanoseconds of a major frame that belong to a partition.
    #[must_use]
    pub fn time_of(&self, partition: usize) -> u64 {
        self.windows.iter().filter(|window| window.partition == partition).map(|window| window.duration).sum()
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
    /// Command line that it is started with.
    pub command_line: String,
    /// What its clock does with ticks missed while others ran.
    pub tick: TickPolicy,
    /// Functions whose silent instructions are accepted.
    pub allow_silent: Vec<SilentAllowance>,
    pub(crate) name_place: Range<usize>,
    pub(crate) memory_place: Range<usize>,
    pub(crate) program_place: Range<usize>,
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
