//! Rate-monotonic periods: a task is released once in each, and told when it was too late.

use bulkhead_abi::record::event;

use super::alarm::Scale;
use super::object::{self, Id, Named};
use super::wait::Wait;
use super::{Answer, Executive, Patience, Port, Progress, Status, admit};

/// What a period does, with the numbers of the Classic API.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodState {
    /// Not begun, or cancelled.
    Inactive = 0,
    /// Running.
    Active = 1,
    /// Ended before its owner was done.
    Expired = 2,
}

/// A period.
#[derive(Debug)]
pub struct Period {
    name: u32,
    /// The task that created it, while that exists.
    owner: Option<usize>,
    state: PeriodState,
    length: u32,
    /// Periods that have begun while the owner was late.
    postponed: u32,
    /// The owner has become late, and nobody has been told.
    untold: bool,
    /// Clock and owner's processor time when the current job began.
    began: u64,
    began_processor_time: u64,
    statistics: Statistics,
}

impl Named for Period {
    fn name(&self) -> u32 {
        self.name
    }
}

/// Shortest, longest and total time, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The shortest; `u64::MAX` before there was any.
    pub minimum: u64,
    /// The longest.
    pub maximum: u64,
    /// All together.
    pub total: u64,
}

impl Span {
    /// Nothing measured yet.
    pub const EMPTY: Self = Self { minimum: u64::MAX, maximum: 0, total: 0 };

    fn add(&mut self, time: u64) {
        self.minimum = self.minimum.min(time);
        self.maximum = self.maximum.max(time);
        self.total += time;
    }
}

/// What is known about the jobs of a period that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// How many there were.
    pub count: u32,
    /// How many of them ended too late.
    pub missed: u32,
    /// Their processor time.
    pub processor_time: Span,
    /// Their time by the clock.
    pub wall_time: Span,
}

impl Statistics {
    /// Nothing measured yet.
    pub const EMPTY: Self = Self { count: 0, missed: 0, processor_time: Span::EMPTY, wall_time: Span::EMPTY };
}

/// How a period stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodStatus {
    /// The task that owns it; 0 if it was deleted.
    pub owner: Id,
    /// Its state.
    pub state: PeriodState,
    /// Nanoseconds since the current job began, 0 if it is inactive.
    pub since: u64,
    /// The owner's processor time since then, in nanoseconds.
    pub executed: u64,
    /// Periods that have begun while the owner was late.
    pub postponed: u32,
}

impl<P: Port> Executive<'_, P> {
    /// Creates a period that the caller owns.
    ///
    /// # Errors
    /// `InvalidName`, `TooMany`, `CalledFromIsr`.
    pub fn period_create(&mut self, name: u32) -> Answer<Id> {
        admit(&self.periods, name)?;
        let owner = self.waiting_caller()?;
        let period = Period {
            name,
            owner: Some(owner),
            state: PeriodState::Inactive,
            length: 0,
            postponed: 0,
            untold: false,
            began: 0,
            began_processor_time: 0,
            statistics: Statistics::EMPTY,
        };
        let position = self.periods.insert(period).ok_or(Status::TooMany)?;
        Ok(self.periods.id(position))
    }

    /// Ends the caller's job: begins the first period of so many ticks, or waits for the end of the current one and
    /// begins the next. A length of 0 asks how the period stands.
    ///
    /// # Errors
    /// `InvalidId`; `NotOwner`; `Timeout` if the period had ended already; for the length 0 also `NotDefined` if it is
    /// inactive.
    pub fn period_end(&mut self, id: Id, length: u32) -> Answer<Progress> {
        let period = self.periods.find(id)?;
        let caller = self.waiting_caller()?;
        if self.periods[period].owner != Some(caller) {
            return Err(Status::NotOwner);
        }
        let state = self.periods[period].state;
        if length == 0 {
            return match state {
                PeriodState::Inactive => Err(Status::NotDefined),
                PeriodState::Active => Ok(Progress::Done(0)),
                PeriodState::Expired => Err(Status::Timeout),
            };
        }
        match state {
            PeriodState::Inactive => {
                let control = &mut self.periods[period];
                control.state = PeriodState::Active;
                control.postponed = 0;
                control.length = length;
                self.begin_period(period);
                self.begin_job(period);
                Ok(Progress::Done(0))
            }
            PeriodState::Active if self.periods[period].postponed == 0 => {
                self.end_job(period);
                self.periods[period].length = length;
                self.block(Wait::Period(period), Patience::Forever)
            }
            _ => {
                self.end_job(period);
                let control = &mut self.periods[period];
                control.postponed = control.postponed.saturating_sub(1);
                control.state = PeriodState::Active;
                control.length = length;
                self.begin_job(period);
                Err(Status::Timeout)
            }
        }
    }

    /// Ends a period's running.
    ///
    /// # Errors
    /// `InvalidId`, `NotOwner`.
    pub fn period_cancel(&mut self, id: Id) -> Answer<()> {
        let period = self.periods.find(id)?;
        if self.executing.is_none() || self.executing != self.periods[period].owner {
            return Err(Status::NotOwner);
        }
        self.stop_period(period);
        Ok(())
    }

    /// Deletes a period.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn period_delete(&mut self, id: Id) -> Answer<()> {
        let period = self.periods.find(id)?;
        let owner = self.periods[period].owner;
        self.stop_period(period);
        if let Some(owner) = owner
            && matches!(self.tasks[owner].wait, Some(Wait::Period(waited)) if waited == period)
        {
            self.unblock(owner, Err(Status::ObjectWasDeleted));
        }
        self.periods.remove(period);
        Ok(())
    }

    /// How a period stands.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn period_status(&mut self, id: Id) -> Answer<PeriodStatus> {
        let period = self.periods.find(id)?;
        let owner = self.periods[period].owner;
        let inactive = self.periods[period].state == PeriodState::Inactive;
        let (since, executed) = if inactive { (0, 0) } else { self.elapsed(period) };
        let control = &self.periods[period];
        let owner = owner.map_or(object::SELF, |owner| self.tasks.id(owner));
        Ok(PeriodStatus { owner, state: control.state, since, executed, postponed: control.postponed })
    }

    /// What is known about a period's jobs.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn period_statistics(&self, id: Id) -> Answer<Statistics> {
        Ok(self.periods[self.periods.find(id)?].statistics)
    }

    /// Forgets what is known about a period's jobs.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn period_reset_statistics(&mut self, id: Id) -> Answer<()> {
        let period = self.periods.find(id)?;
        self.periods[period].statistics = Statistics::EMPTY;
        Ok(())
    }

    /// The period at a position or the first after it: its position, identifier and name.
    #[must_use]
    pub fn period_from(&self, position: usize) -> Option<(usize, Id, u32)> {
        let found = self.periods.iter().find(|(found, _)| *found >= position);
        found.map(|(found, period)| (found, self.periods.id(found), period.name))
    }

    /// A period's time is over.
    pub(super) fn period_ended(&mut self, period: usize) {
        self.begin_period(period);
        if let Some(owner) = self.periods[period].owner
            && matches!(self.tasks[owner].wait, Some(Wait::Period(waited)) if waited == period)
        {
            self.unblock(owner, Ok(0));
            self.begin_job(period);
            return;
        }
        let control = &mut self.periods[period];
        control.state = PeriodState::Expired;
        control.postponed = control.postponed.saturating_add(1);
        control.untold |= control.postponed == 1;
        self.untold_periods |= control.untold;
    }

    /// A period whose owner has become late since it was asked for: the owner, and the period's name.
    pub fn take_missed_period(&mut self) -> Option<(Id, u32)> {
        if !self.untold_periods {
            return None;
        }
        let untold = self.periods.iter().find(|(_, period)| period.untold).map(|(position, _)| position);
        let Some(position) = untold else {
            self.untold_periods = false;
            return None;
        };
        let control = &mut self.periods[position];
        control.untold = false;
        let (owner, name) = (control.owner?, control.name);
        Some((self.tasks.id(owner), name))
    }

    /// A task is deleted: its periods do not run on, and no other task gets them.
    pub(super) fn cancel_periods_of(&mut self, task: usize) {
        for position in 0..self.periods.capacity() {
            if self.periods.contains(position) && self.periods[position].owner == Some(task) {
                self.stop_period(position);
                self.periods[position].owner = None;
            }
        }
    }

    fn stop_period(&mut self, period: usize) {
        self.alarms.cancel(self.period_alarm(period));
        self.record_job(period, event::JOBS_DROPPED);
        let control = &mut self.periods[period];
        control.state = PeriodState::Inactive;
        control.postponed = 0;
    }

    fn begin_period(&mut self, period: usize) {
        let end = self.ticks + u64::from(self.periods[period].length);
        self.alarms.set(self.period_alarm(period), Scale::Ticks, end);
        self.record_job(period, event::JOB_RELEASED);
    }

    fn record_job(&mut self, period: usize, event: u32) {
        let id = self.periods.id(period);
        self.port.record(event, id.0);
    }

    fn begin_job(&mut self, period: usize) {
        let now = self.port.now();
        let processor_time = self.owner_processor_time(period);
        let control = &mut self.periods[period];
        control.began = now;
        control.began_processor_time = processor_time;
    }

    fn end_job(&mut self, period: usize) {
        let (since, executed) = self.elapsed(period);
        let control = &mut self.periods[period];
        let is_late = control.postponed > 0;
        control.statistics.count += 1;
        control.statistics.missed += u32::from(control.state == PeriodState::Expired);
        control.statistics.wall_time.add(since);
        control.statistics.processor_time.add(executed);
        self.record_job(period, if is_late { event::JOB_ENDED_LATE } else { event::JOB_ENDED });
    }

    fn elapsed(&mut self, period: usize) -> (u64, u64) {
        let processor_time = self.owner_processor_time(period);
        let control = &self.periods[period];
        let since = self.port.now().saturating_sub(control.began);
        (since, processor_time.saturating_sub(control.began_processor_time))
    }

    fn owner_processor_time(&mut self, period: usize) -> u64 {
        self.periods[period].owner.map_or(0, |owner| self.processor_time(owner))
    }
}
