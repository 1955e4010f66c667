//! The processes: what each was created with, what it does, and the standard's conditions. Safe code without an
//! executive or a clock.

use bulkhead_guest::NEVER;
use bulkhead_guest::partition::before_zero;

use super::{Attributes, LOCK_LEVEL_MAX, PRIORITIES, PROCESSES_MAX, STACK_MIN};
use crate::ReturnCode;
use crate::executive::Task;

/// A process, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(pub(super) usize);

/// How far a process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has ended, or has not been started.
    Dormant,
    /// It begins when the partition is in `NORMAL`.
    Early,
    /// It begins at its release.
    Due,
    /// It executes, or would.
    Begun,
}

/// A process. A free place is zeros, so that all of them take no room in a program's file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) task: Task,
    pub(super) attributes: Attributes,
    pub(super) priority: i32,
    pub(super) phase: Phase,
    /// In which order they were started before `NORMAL`.
    order: u32,
    /// How long after its start, or its first period, it begins.
    delay: u64,
    /// When it begins; of a periodic process that has begun, its next release point.
    release: u64,
    /// When what it does now has to be done.
    deadline: Option<u64>,
    /// Others keep it from executing.
    pub(super) suspended: bool,
    /// It waits in `SUSPEND_SELF`.
    pub(super) suspended_itself: bool,
    /// The error handler has a fault of it.
    pub(super) faulted: bool,
}

impl Process {
    const FREE: Self = Self {
        task: 0,
        attributes: Attributes::NONE,
        priority: 0,
        phase: Phase::Dormant,
        order: 0,
        delay: 0,
        release: 0,
        deadline: None,
        suspended: false,
        suspended_itself: false,
        faulted: false,
    };

    pub(super) const fn is_periodic(&self) -> bool {
        self.attributes.period > 0
    }

    /// Whether others may suspend it, and resume it.
    pub(super) fn can_be_suspended(&self) -> bool {
        self.phase != Phase::Dormant && !self.faulted && !self.is_periodic()
    }

    /// When it has to be done if it is released at a time; none if it need not. `InvalidConfig` if the clock never gets
    /// there.
    fn deadline_from(&self, release: u64) -> Result<Option<u64>, ReturnCode> {
        let Ok(capacity) = u64::try_from(self.attributes.time_capacity) else { return Ok(None) };
        reached(release, capacity).map(Some).ok_or(ReturnCode::InvalidConfig)
    }

    /// Its deadline as services have it.
    pub(super) fn deadline_time(&self) -> i64 {
        self.deadline.map_or(super::INFINITE, |deadline| deadline as i64)
    }
}

/// A time, if the clock ever gets there: times are signed.
pub(super) fn reached(from: u64, span: u64) -> Option<u64> {
    from.checked_add(span).filter(|time| i64::try_from(*time).is_ok())
}

/// What a task that is to execute a process finds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// The process begins.
    Now(extern "C" fn()),
    /// Not before a time.
    Wait(u64),
}

/// What is known when a service is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// The clock.
    pub(super) now: u64,
    /// The partition's period in nanoseconds.
    pub(super) period: u64,
    /// Whether the partition is in `NORMAL`.
    pub(super) normal: bool,
}

/// What a periodic process has done in a period.
#[cfg(any(feature = "trace", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedJob {
    /// How long it has taken from its release point on, in nanoseconds.
    pub(crate) took: u64,
    /// Whether it is done behind its deadline.
    pub(crate) late: bool,
}

/// A deadline that was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) task: Task,
    pub(super) is_hard: bool,
    pub(super) name: crate::directory::Name,
}

/// All processes.
pub(super) struct Table {
    places: [Process; PROCESSES_MAX],
    count: usize,
    started: u32,
    /// Where periods begin, if a window has been seen in which one began: at the first window of a major frame.
    origin: Option<u64>,
    /// No deadline comes before this; `NEVER` if there is none. None is the same as `NEVER`.
    earliest: Option<u64>,
}

impl Table {
    pub(super) const NONE: Self =
        Self { places: [Process::FREE; PROCESSES_MAX], count: 0, started: 0, origin: None, earliest: None };

    fn all(&mut self) -> &mut [Process] {
        &mut self.places[..self.count]
    }

    /// The place of a process that services know so.
    pub(super) fn find(&self, task: Task) -> Result<Place, ReturnCode> {
        let mut places = self.places[..self.count].iter();
        let place = places.position(|process| process.task == task && task != 0);
        place.map(Place).ok_or(ReturnCode::InvalidParam)
    }

    pub(super) fn get(&mut self, place: Place) -> &mut Process {
        // A place comes from this table, which has no fewer later.
        &mut self.places[place.0 % PROCESSES_MAX]
    }

    /// The process of this name.
    pub(super) fn named(&self, name: &[u8]) -> Option<Task> {
        let is_named = |process: &&Process| {
            process.attributes.is_there() && before_zero(&process.attributes.name) == before_zero(name)
        };
        self.places[..self.count].iter().find(is_named).map(|process| process.task)
    }

    /// The place of a process that can be created, which is its own from now on. Whether there is memory for it, who
    /// creates the task finds out.
    pub(super) fn reserve(
        &mut self,
        attributes: &Attributes,
        circumstances: Circumstances,
    ) -> Result<Place, ReturnCode> {
        let place = self.places.iter().position(|process| !process.attributes.is_there());
        let place = place.ok_or(ReturnCode::InvalidConfig)?;
        if self.named(&attributes.name).is_some() {
            return Err(ReturnCode::NoAction);
        }
        let Attributes { period, time_capacity, .. } = *attributes;
        if attributes.entry.is_none()
            || attributes.stack_size < STACK_MIN
            || !PRIORITIES.contains(&attributes.base_priority)
            || attributes.deadline > 1
            || period == 0
        {
            return Err(ReturnCode::InvalidParam);
        }
        if period > 0 && (period as u64).checked_rem(circumstances.period) != Some(0) {
            return Err(ReturnCode::InvalidConfig);
        }
        if time_capacity == 0 || period > 0 && period < time_capacity {
            return Err(ReturnCode::InvalidParam);
        }
        if circumstances.normal {
            return Err(ReturnCode::InvalidMode);
        }
        let priority = attributes.base_priority;
        self.places[place] = Process { attributes: *attributes, priority, ..Process::FREE };
        self.count = self.count.max(place + 1);
        Ok(Place(place))
    }

    /// A process is there, at the place that was reserved for it; or it is not, and the place is free again.
    pub(super) fn put(&mut self, place: Place, task: Option<Task>) {
        match task {
            Some(task) => self.get(place).task = task,
            None => *self.get(place) = Process::FREE,
        }
    }

    /// When periods begin next: with the partition's first window of a major frame. As long as no such window has been
    /// seen, when the next frame begins, and the window is awaited then.
    fn next_origin(&self, Circumstances { now, period, .. }: Circumstances) -> u64 {
        let (period, origin) = (period.max(1), self.origin.unwrap_or_default());
        let periods = now.saturating_sub(origin) / period + 1;
        origin.saturating_add(periods.saturating_mul(period))
    }

    /// Starts a process that is dormant.
    pub(super) fn start(
        &mut self,
        place: Place,
        delay: i64,
        circumstances: Circumstances,
    ) -> Result<(), ReturnCode> {
        let process = self.get(place);
        if process.phase != Phase::Dormant {
            return Err(ReturnCode::NoAction);
        }
        let delay = u64::try_from(delay).map_err(|_| ReturnCode::InvalidParam)?;
        let is_longer = process.is_periodic() && delay >= process.attributes.period as u64;
        if is_longer || reached(circumstances.now, delay).is_none() {
            return Err(ReturnCode::InvalidParam);
        }
        process.deadline_from(circumstances.now.saturating_add(delay))?;
        process.priority = process.attributes.base_priority;
        (process.suspended, process.suspended_itself, process.faulted) = (false, false, false);
        process.delay = delay;
        if circumstances.normal {
            return self.schedule(place, circumstances);
        }
        process.phase = Phase::Early;
        self.started += 1;
        let order = self.started;
        self.get(place).order = order;
        Ok(())
    }

    /// A process is due from now on.
    fn schedule(&mut self, place: Place, circumstances: Circumstances) -> Result<(), ReturnCode> {
        let origin = self.next_origin(circumstances);
        let process = self.get(place);
        let begin = if process.is_periodic() { origin } else { circumstances.now };
        let release = begin.saturating_add(process.delay);
        let deadline = process.deadline_from(release)?;
        (process.phase, process.release, process.deadline) = (Phase::Due, release, deadline);
        self.watch(deadline);
        Ok(())
    }

    /// The partition is in `NORMAL`: the first of the processes that have been started, until there is none. One whose
    /// deadline the clock never reaches is not started.
    pub(super) fn begin_next(&mut self, circumstances: Circumstances) -> Option<Task> {
        loop {
            let early = self.all().iter().enumerate().filter(|(_, process)| process.phase == Phase::Early);
            let (place, task) = early
                .min_by_key(|(_, process)| process.order)
                .map(|(place, process)| (Place(place), process.task))?;
            if self.schedule(place, circumstances).is_ok() {
                return Some(task);
            }
            self.get(place).phase = Phase::Dormant;
        }
    }

    /// The clock has come to a time. The first window in which a periodic process is due says where periods begin.
    pub(super) fn settle(&mut self, now: u64, period: u64, window: impl FnOnce() -> u64) {
        let due = |process: &Process| {
            process.phase == Phase::Due && process.is_periodic() && process.release <= now
        };
        if self.origin.is_some() || !self.all().iter().any(due) {
            return;
        }
        let offset = window().min(now) % period.max(1);
        self.origin = Some(offset);
        for process in self.all() {
            if process.phase == Phase::Due && process.is_periodic() {
                process.release = process.release.saturating_add(offset);
                process.deadline = process.deadline.map(|deadline| deadline.saturating_add(offset));
            }
        }
    }

    /// What the task finds that executes the process at a place.
    pub(super) fn turn(&mut self, place: Place, now: u64) -> Turn {
        let process = self.get(place);
        let (Phase::Due | Phase::Begun, Some(entry)) = (process.phase, process.attributes.entry) else {
            return Turn::Wait(NEVER);
        };
        if process.phase == Phase::Due {
            if process.release > now {
                return Turn::Wait(process.release);
            }
            process.phase = Phase::Begun;
            process.release = process.release.saturating_add(process.attributes.period.max(0) as u64);
        }
        Turn::Now(entry)
    }

    /// A process has done what it had to do in this period; its next release point.
    pub(super) fn end_period(&mut self, place: Place) -> Result<u64, ReturnCode> {
        let process = self.get(place);
        if !process.is_periodic() {
            return Err(ReturnCode::InvalidMode);
        }
        let release = process.release;
        let deadline = process.deadline_from(release)?;
        process.deadline = deadline;
        process.release = release.saturating_add(process.attributes.period as u64);
        self.watch(deadline);
        Ok(release)
    }

    /// The job that a process ends by waiting for its next period, if it is periodic.
    #[cfg(any(feature = "trace", test))]
    pub(super) fn ended_job(&mut self, place: Place, now: u64) -> Option<EndedJob> {
        let process = self.get(place);
        let period = u64::try_from(process.attributes.period).ok().filter(|_| process.is_periodic())?;
        let release = process.release.saturating_sub(period);
        // A deadline that was told to be missed is none any more.
        let is_bound = process.deadline_from(release).is_ok_and(|deadline| deadline.is_some());
        let late = is_bound && process.deadline.is_none_or(|deadline| deadline < now);
        Some(EndedJob { took: now.saturating_sub(release), late })
    }

    /// A process has so much time from now on.
    pub(super) fn replenish(&mut self, place: Place, deadline: Option<u64>) -> Result<(), ReturnCode> {
        let process = self.get(place);
        if process.is_periodic() && deadline.is_none_or(|deadline| deadline > process.release) {
            return Err(ReturnCode::InvalidMode);
        }
        // Without a time capacity there is no deadline.
        if process.deadline.is_some() {
            process.deadline = deadline;
            self.watch(deadline);
        }
        Ok(())
    }

    /// A process is dormant from now on.
    pub(super) fn stop(&mut self, place: Place) {
        let process = self.get(place);
        (process.phase, process.deadline) = (Phase::Dormant, None);
        (process.suspended, process.suspended_itself, process.faulted) = (false, false, false);
    }

    fn watch(&mut self, deadline: Option<u64>) {
        if let Some(deadline) = deadline {
            self.earliest = Some(self.earliest.map_or(deadline, |earliest| earliest.min(deadline)));
        }
    }

    /// When it is to be looked for missed deadlines.
    pub(super) fn alarm(&self) -> u64 {
        // It is missed when it has passed.
        self.earliest.map_or(NEVER, |earliest| earliest.saturating_add(1))
    }

    /// A deadline that was missed. Each is once.
    pub(super) fn take_missed(&mut self, now: u64) -> Option<Missed> {
        let is_missed = |process: &&mut Process| process.deadline.is_some_and(|deadline| deadline < now);
        if let Some(process) = self.all().iter_mut().find(is_missed) {
            process.deadline = None;
            let is_hard = process.attributes.deadline != 0;
            return Some(Missed { task: process.task, is_hard, name: process.attributes.name });
        }
        self.earliest = self.all().iter().filter_map(|process| process.deadline).min();
        None
    }
}

/// The level of a lock that is taken once more.
pub(super) fn deeper(level: u32) -> Result<u32, ReturnCode> {
    if level < LOCK_LEVEL_MAX { Ok(level + 1) } else { Err(ReturnCode::InvalidConfig) }
}
