//! Figures of a system that runs, as of its last event: kept event by event, in room that does not grow.
//!
//! They are those of a [`crate::report::Report`] of the same events, as far as both have them, and besides what of them
//! is of the last interval.

mod promise;
mod tasks;
#[cfg(test)]
mod tests;

use bulkhead_abi::StartReason;
use bulkhead_abi::event::Stopper;
use bulkhead_abi::trace::Kind;

use crate::event::{Event, What};
use crate::model::{Lost, System};
use crate::running::{Activity, Processor};

use promise::Promised;
use tasks::Tasks;

/// A figure that grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growing {
    /// In all.
    pub total: u64,
    /// In the last interval ([`Now::interval`]).
    pub last: u64,
}

/// What a partition is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It starts cold: it has not said that its start is done.
    #[default]
    ColdStart,
    /// It starts warm.
    WarmStart,
    /// Its start is done.
    Normal,
    /// It has ended itself with this status.
    Halted(u32),
    /// It was stopped.
    Stopped(Stopper),
}

/// Figures of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionNow {
    /// What it is at.
    pub state: State,
    /// Whether records are missing since that was recorded: it may be at something else.
    pub doubtful: bool,
    /// How long it has run, in nanoseconds, in windows and besides.
    pub ran: Growing,
    /// How often a window of it has opened.
    pub opened: u64,
    /// How often one has not that is behind; of those in time of which records are missing nobody knows.
    pub missing: u64,
    /// How late one has opened at the latest, in nanoseconds.
    pub late: u64,
    /// Starts but for the first.
    pub restarts: u64,
    /// Errors of it that the health monitor has dealt with.
    pub errors: u64,
    /// Tasks that were seen: the first [`crate::TASKS_MAX`], by their identifiers.
    pub tasks: Vec<TaskNow>,
}

/// Figures of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskNow {
    /// Its name, or else its identifier.
    pub name: String,
    /// How long it had its partition's processor while the partition ran, in nanoseconds.
    pub ran: Growing,
    /// How often it was given that processor.
    pub runs: u64,
}

/// Figures of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelNow {
    /// Messages that were written or sent.
    pub put: Growing,
    /// How often one was read or received.
    pub got: Growing,
    /// How many of a queuing channel have not been received; nothing where records are missing.
    pub waiting: Option<u64>,
}

/// Figures of a system at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The time of the last event, in nanoseconds of the clock.
    pub time: u64,
    /// How long what is called the last interval was, in nanoseconds: until the first one is over, all time.
    pub interval: u64,
    /// The number of the schedule.
    pub schedule: usize,
    /// How many records of the kernel are lost.
    pub lost: u64,
    /// How many of partitions' executives.
    pub lost_of_tasks: u64,
    /// Partitions, by their numbers.
    pub partitions: Vec<PartitionNow>,
    /// Channels, by their numbers.
    pub channels: Vec<ChannelNow>,
}

/// A figure and what it was when the last intervals ended.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    total: u64,
    at_mark: u64,
    last: u64,
}

impl Meter {
    /// An interval ends.
    const fn mark(&mut self) {
        self.last = self.total - self.at_mark;
        self.at_mark = self.total;
    }

    const fn growing(self, has_interval: bool) -> Growing {
        Growing { total: self.total, last: if has_interval { self.last } else { self.total } }
    }
}

/// What is known of a partition.
#[derive(Debug, Default)]
struct Partition {
    /// Without what goes on.
    ran: Meter,
    state: State,
    doubtful: bool,
    restarts: u64,
    errors: u64,
    tasks: Tasks,
}

/// What is known of a channel.
#[derive(Debug)]
struct Channel {
    put: Meter,
    got: Meter,
    waiting: Option<u64>,
}

impl Channel {
    const fn new() -> Self {
        let none = Meter { total: 0, at_mark: 0, last: 0 };
        Self { put: none, got: none, waiting: Some(0) }
    }

    fn received(&mut self, count: u64) {
        self.waiting = self.waiting.map(|waiting| waiting.saturating_sub(count));
    }
}

/// Figures that are kept event by event.
#[derive(Debug)]
pub struct Live {
    time: u64,
    /// How long an interval is, in nanoseconds.
    interval: u64,
    /// When the next one ends.
    next: u64,
    lost: u64,
    lost_of_tasks: u64,
    has_ended: bool,
    processor: Processor,
    promised: Promised,
    partitions: Vec<Partition>,
    channels: Vec<Channel>,
}

impl Live {
    /// Before anything has happened. An interval has so many nanoseconds, at least one.
    #[must_use]
    pub fn new(system: System, interval: u64) -> Self {
        let interval = interval.max(1);
        Self {
            time: 0,
            interval,
            next: interval,
            lost: 0,
            lost_of_tasks: 0,
            has_ended: false,
            processor: Processor::new(system.partitions.len()),
            partitions: system.partitions.iter().map(|_| Partition::default()).collect(),
            channels: system.channels.iter().map(|_| Channel::new()).collect(),
            promised: Promised::new(system),
        }
    }

    /// Takes what has happened since the last time: events, and what is missing between them.
    pub fn feed(&mut self, mut events: Vec<Event>, mut lost: Vec<Lost>) {
        events.sort_by_key(|event| event.time);
        lost.sort_by_key(|lost| lost.time);
        let mut lost = lost.iter().peekable();
        for event in &events {
            while let Some(lost) = lost.next_if(|lost| lost.time <= event.time) {
                self.miss(lost);
            }
            self.take(event);
        }
        lost.for_each(|lost| self.miss(lost));
    }

    /// The time of the last event, in nanoseconds of the clock.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// Whether the system has ended, or its kernel has faulted.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The figures now.
    #[must_use]
    pub fn now(&self) -> Now {
        let has_interval = self.next > self.interval;
        let partition = |(number, known): (usize, &Partition)| {
            let mut ran = known.ran;
            ran.total = self.ran(number);
            let windows = self.promised.of(number, self.time);
            PartitionNow {
                state: known.state,
                doubtful: known.doubtful,
                ran: ran.growing(has_interval),
                opened: windows.opened,
                missing: windows.missing,
                late: windows.late,
                restarts: known.restarts,
                errors: known.errors,
                tasks: known.tasks.now(ran.total, has_interval),
            }
        };
        let channel = |known: &Channel| ChannelNow {
            put: known.put.growing(has_interval),
            got: known.got.growing(has_interval),
            waiting: known.waiting,
        };
        Now {
            time: self.time,
            interval: if has_interval { self.interval } else { self.time },
            schedule: self.promised.schedule(),
            lost: self.lost,
            lost_of_tasks: self.lost_of_tasks,
            partitions: self.partitions.iter().enumerate().map(partition).collect(),
            channels: self.channels.iter().map(channel).collect(),
        }
    }

    /// Records are missing: what would have followed from them is not known.
    fn miss(&mut self, lost: &Lost) {
        if let Some(partition) = lost.partition {
            self.lost_of_tasks = self.lost_of_tasks.saturating_add(lost.count);
            if let Some(known) = self.partitions.get_mut(partition) {
                known.tasks.forget_who_runs();
            }
            return;
        }
        self.lost = self.lost.saturating_add(lost.count);
        self.processor.miss();
        self.settle();
        self.promised.miss(lost.since, lost.time);
        self.partitions.iter_mut().for_each(|known| known.doubtful = true);
        self.channels.iter_mut().for_each(|channel| channel.waiting = None);
    }

    fn take(&mut self, event: &Event) {
        self.advance(event.time);
        self.time = self.time.max(event.time);
        match &event.what {
            What::Kernel(kind, argument) => self.take_kernel(event, *kind, *argument),
            What::Task(told) => {
                let Some(number) = event.partition else { return };
                let ran = self.ran(number);
                if let Some(known) = self.partitions.get_mut(number) {
                    known.tasks.take(told, ran);
                }
            }
            What::Line(_) => {}
        }
    }

    fn take_kernel(&mut self, event: &Event, kind: Kind, argument: u32) {
        self.processor.take(event);
        self.settle();
        self.promised.take(event);
        self.has_ended |= matches!(kind, Kind::End | Kind::KernelFault);
        let value = |name: &str| kind.fields().iter().find(|it| it.name == name).map(|it| it.value(argument));
        if kind.has_channel() {
            let number = value("channel").unwrap_or(u32::MAX) as usize;
            let Some(channel) = self.channels.get_mut(number) else { return };
            match kind {
                Kind::Put => {
                    channel.put.total += 1;
                    channel.waiting = channel.waiting.map(|waiting| waiting + 1);
                }
                Kind::Got => {
                    channel.got.total += 1;
                    channel.received(1);
                }
                _ => channel.received(value("count").unwrap_or_default().into()),
            }
            return;
        }
        if kind == Kind::ModuleRestarted {
            self.channels.iter_mut().for_each(|channel| channel.waiting = Some(0));
        }
        let Some(known) = event.partition.and_then(|number| self.partitions.get_mut(number)) else { return };
        let state = match kind {
            Kind::Normal => State::Normal,
            Kind::Halted => State::Halted(argument),
            Kind::Stopped => State::Stopped(Stopper::from_number(argument).unwrap_or_default()),
            Kind::Restarted => {
                known.restarts += 1;
                known.tasks.forget_who_runs();
                match StartReason::from_number(argument) {
                    Some(StartReason::WarmRestart | StartReason::HealthMonitorWarm) => State::WarmStart,
                    _ => State::ColdStart,
                }
            }
            Kind::Health => {
                known.errors += 1;
                return;
            }
            _ => return,
        };
        (known.state, known.doubtful) = (state, false);
    }

    /// Adds up what the processor did.
    fn settle(&mut self) {
        for span in self.processor.spans.drain(..) {
            if span.activity == Activity::Runs
                && let Some(known) = self.partitions.get_mut(span.partition)
            {
                known.ran.total = known.ran.total.saturating_add(span.end - span.begin);
            }
        }
    }

    /// How long a partition has run until now, in nanoseconds.
    fn ran(&self, partition: usize) -> u64 {
        let open = self.processor.open.as_ref();
        let goes_on = open.filter(|it| it.partition == partition && it.activity == Activity::Runs);
        let since = goes_on.map_or(0, |span| self.time.saturating_sub(span.begin));
        self.partitions.get(partition).map_or(0, |known| known.ran.total.saturating_add(since))
    }

    /// Ends the intervals that end until a time. Of those between the first and the last two nothing is to be seen.
    fn advance(&mut self, time: u64) {
        let Some(whole) = time.checked_sub(self.next).map(|since| since / self.interval) else { return };
        self.mark(self.next);
        if whole > 1 {
            self.mark(self.next + (whole - 1) * self.interval);
        }
        if whole > 0 {
            self.mark(self.next + whole * self.interval);
        }
        self.next = self.next.saturating_add((whole + 1).saturating_mul(self.interval));
    }

    /// An interval ends at a time.
    fn mark(&mut self, time: u64) {
        self.time = self.time.max(time);
        for number in 0..self.partitions.len() {
            let ran = self.ran(number);
            let known = &mut self.partitions[number];
            (known.ran.last, known.ran.at_mark) = (ran.saturating_sub(known.ran.at_mark), ran);
            known.tasks.mark(ran);
        }
        for channel in &mut self.channels {
            channel.put.mark();
            channel.got.mark();
        }
    }
}
