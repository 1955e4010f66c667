//! The passing of time: ticks, what expires with them, and the time of day.

use super::alarm::Scale;
use super::calendar::TimeOfDay;
use super::wait::Wait;
use super::{Answer, Executive, Fired, Port, Status};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// What the announcement of a tick leaves to the caller.
pub enum Announcement<P: Port> {
    /// A timer's routine is to be called; then ask again.
    Call(Fired<P>),
    /// Everything whose time has come has been dealt with.
    Done,
}

impl<P: Port> Executive<'_, P> {
    /// A tick has passed. [`Executive::expire`] has to be called until it is done.
    pub fn tick(&mut self) {
        self.ticks += 1;
        self.charge_slice();
    }

    /// Deals with what is due, in the order of time, up to the first timer whose routine is to be called.
    pub fn expire(&mut self) -> Announcement<P> {
        let wall = self.wall_seconds().unwrap_or(0);
        loop {
            let alarm = self.alarms.expire(Scale::Ticks, self.ticks);
            let Some(alarm) = alarm.or_else(|| self.alarms.expire(Scale::Wall, wall)) else {
                return Announcement::Done;
            };
            if let Some(fired) = self.alarm_expired(alarm) {
                return Announcement::Call(fired);
            }
        }
    }

    /// Ticks since the start.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Nanoseconds since the start.
    pub fn uptime(&mut self) -> u64 {
        self.port.now().saturating_sub(self.started_at)
    }

    /// Sets the time of day.
    ///
    /// # Errors
    /// `InvalidClock` if it is no valid time.
    pub fn clock_set(&mut self, time: &TimeOfDay) -> Answer<()> {
        if !time.is_valid() || u64::from(time.ticks) >= SECOND / self.settings.nanoseconds_per_tick {
            return Err(Status::InvalidClock);
        }
        let wall = time.seconds() * SECOND + u64::from(time.ticks) * self.settings.nanoseconds_per_tick;
        self.wall_offset = Some(wall.wrapping_sub(self.port.now()));
        Ok(())
    }

    /// The time of day in nanoseconds since 1970.
    ///
    /// # Errors
    /// `NotDefined` if it has not been set.
    pub fn wall_time(&mut self) -> Answer<u64> {
        let offset = self.wall_offset.ok_or(Status::NotDefined)?;
        Ok(offset.wrapping_add(self.port.now()))
    }

    /// The time of day.
    ///
    /// # Errors
    /// `NotDefined` if it has not been set.
    pub fn time_of_day(&mut self) -> Answer<TimeOfDay> {
        let wall = self.wall_time()?;
        let ticks = (wall % SECOND / self.settings.nanoseconds_per_tick) as u32;
        Ok(TimeOfDay { ticks, ..TimeOfDay::from_seconds(wall / SECOND) })
    }

    /// The time of day in whole seconds since 1970.
    pub(super) fn wall_seconds(&mut self) -> Answer<u64> {
        Ok(self.wall_time()? / SECOND)
    }

    fn alarm_expired(&mut self, alarm: usize) -> Option<Fired<P>> {
        let tasks = self.tasks.capacity();
        let timers = self.timers.capacity();
        if alarm < tasks {
            let outcome = match self.tasks[alarm].wait {
                Some(Wait::Time) => Ok(0),
                _ => Err(Status::Timeout),
            };
            self.unblock(alarm, outcome);
            None
        } else if alarm < tasks + timers {
            self.timer_expired(alarm - tasks)
        } else {
            self.period_ended(alarm - tasks - timers);
            None
        }
    }
}
