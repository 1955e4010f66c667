//! The model: a system, and what has happened in it.

use crate::event::Event;

/// What is known of a system before it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// What it is called.
    pub name: String,
    /// The processor's name.
    pub processor: String,
    /// The partitions, by their numbers.
    pub partitions: Vec<Partition>,
    /// The schedules, by their numbers.
    pub schedules: Vec<Schedule>,
    /// The number of the schedule with which the system starts.
    pub initial_schedule: usize,
    /// The channels, by their numbers.
    pub channels: Vec<Channel>,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// What it is called.
    pub name: String,
}

/// A schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// What it is called.
    pub name: String,
    /// How long its frame is, in nanoseconds, at least 1.
    pub frame: u64,
    /// Its windows, in the order of their starts.
    pub windows: Vec<Window>,
}

/// A window of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The number of the window among those of all schedules, as the kernel's report has it.
    pub number: usize,
    /// The number of the partition.
    pub partition: usize,
    /// When it begins, in nanoseconds from the frame's start.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// A channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// What it is called.
    pub name: String,
    /// Where messages come from.
    pub source: End,
    /// Where they go.
    pub destinations: Vec<End>,
}

/// An end of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The number of the partition.
    pub partition: usize,
    /// The name of the port.
    pub port: String,
}

/// Records that were overwritten before they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The time of the last record before them, in nanoseconds of the clock; 0 if there is none.
    pub since: u64,
    /// The time of the first record behind them; where none is, that of the last one before.
    pub time: u64,
    /// How many.
    pub count: u64,
    /// Of which partition's executive they were; none for the kernel's.
    pub partition: Option<usize>,
}

/// A stretch of time of which records are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Of which partition's executive; none for the kernel's records, which tell of all.
    pub partition: Option<usize>,
    /// From when, in nanoseconds of the clock.
    pub begin: u64,
    /// Until when.
    pub end: u64,
    /// How many.
    pub count: u64,
}

/// What has happened in a system, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The system.
    pub system: System,
    /// What has happened: times never go back.
    pub events: Vec<Event>,
    /// What is not known, in the order of time.
    pub lost: Vec<Lost>,
    /// How many of the records that are lost were read, and are not kept since too many are.
    pub too_many: u64,
}

impl Timeline {
    /// A timeline of these events, which it sorts by time; those of the same time stay in their order.
    #[must_use]
    pub fn new(system: System, mut events: Vec<Event>) -> Self {
        events.sort_by_key(|event| event.time);
        Self { system, events, lost: Vec::new(), too_many: 0 }
    }

    /// When the first event was; 0 without events.
    #[must_use]
    pub fn begin(&self) -> u64 {
        self.events.first().map_or(0, |event| event.time)
    }

    /// When the last event was; 0 without events.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.events.last().map_or(0, |event| event.time)
    }

    /// How many records are lost.
    #[must_use]
    pub fn lost_count(&self) -> u64 {
        self.lost.iter().map(|lost| lost.count).sum()
    }

    /// When records are missing, whose and how many: what happened then is not known. Those of the kernel, and those of
    /// each partition, are apart from one another, in the order of time, and none is shorter than a nanosecond.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for lost in &self.lost {
            let end = lost.time.max(lost.since.saturating_add(1));
            let before = gaps.iter_mut().rfind(|gap| gap.partition == lost.partition);
            match before {
                Some(gap) if lost.since < gap.end => {
                    gap.end = gap.end.max(end);
                    gap.count = gap.count.saturating_add(lost.count);
                }
                _ => gaps.push(Gap { partition: lost.partition, begin: lost.since, end, count: lost.count }),
            }
        }
        gaps
    }

    /// The name of a partition, or what it is called if there is none with this number.
    #[must_use]
    pub fn partition_name(&self, partition: usize) -> String {
        let known = self.system.partitions.get(partition);
        known.map_or_else(|| format!("partition {partition}"), |partition| partition.name.clone())
    }
}
