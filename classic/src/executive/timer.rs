//! Timers: routines to be called after some ticks or at a time of day.

use super::alarm::Scale;
use super::object::{Id, Named};
use super::wait::Wait;
use super::{Answer, Executive, Patience, Port, Progress, Status, admit};

/// A timer.
pub struct Timer<P: Port> {
    name: u32,
    /// When it last was to fire, and what it calls; none if it never was set.
    order: Option<Order<P>>,
}

struct Order<P: Port> {
    routine: P::Routine,
    /// Ticks or seconds.
    initial: u64,
    scale: Scale,
    by_server: bool,
    started: u64,
    stopped: u64,
}

impl<P: Port> Named for Timer<P> {
    fn name(&self) -> u32 {
        self.name
    }
}

/// A timer whose routine is to be called.
pub struct Fired<P: Port> {
    /// The timer.
    pub id: Id,
    /// What to call.
    pub routine: P::Routine,
}

/// What can be asked about a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerInformation {
    /// Class number of the Classic API: 0 never set, 4 interval, 5 time of day, plus 2 if a server calls it.
    pub class: u32,
    /// The interval in ticks, or the time in seconds.
    pub initial: u32,
    /// Tick at which it was set.
    pub start: u32,
    /// Tick at which it fired or was cancelled.
    pub stop: u32,
}

impl<P: Port> Executive<'_, P> {
    /// Creates a timer.
    ///
    /// # Errors
    /// `InvalidName`, `TooMany`.
    pub fn timer_create(&mut self, name: u32) -> Answer<Id> {
        admit(&self.timers, name)?;
        let position = self.timers.insert(Timer { name, order: None }).ok_or(Status::TooMany)?;
        Ok(self.timers.id(position))
    }

    /// Has a routine called after some ticks, by the timer server or by the clock's interrupt handler.
    ///
    /// # Errors
    /// `InvalidId`; `InvalidNumber` for 0 ticks; `IncorrectState` if there is no server.
    pub fn timer_fire_after(
        &mut self,
        id: Id,
        ticks: u32,
        routine: P::Routine,
        by_server: bool,
    ) -> Answer<()> {
        if by_server && self.timer_server.is_none() {
            return Err(Status::IncorrectState);
        }
        if ticks == 0 {
            return Err(Status::InvalidNumber);
        }
        let timer = self.timers.find(id)?;
        self.set_timer(timer, routine, u64::from(ticks), Scale::Ticks, by_server);
        Ok(())
    }

    /// Has a routine called at a time of day in seconds since 1970.
    ///
    /// # Errors
    /// `InvalidId`; `NotDefined` if the time of day is not set; `InvalidClock` if it has passed; `IncorrectState` if
    /// there is no server.
    pub fn timer_fire_when(
        &mut self,
        id: Id,
        seconds: u64,
        routine: P::Routine,
        by_server: bool,
    ) -> Answer<()> {
        if by_server && self.timer_server.is_none() {
            return Err(Status::IncorrectState);
        }
        if seconds <= self.wall_seconds()? {
            return Err(Status::InvalidClock);
        }
        let timer = self.timers.find(id)?;
        self.set_timer(timer, routine, seconds, Scale::Wall, by_server);
        Ok(())
    }

    /// Keeps a timer from firing.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn timer_cancel(&mut self, id: Id) -> Answer<()> {
        let timer = self.timers.find(id)?;
        if self.alarms.cancel(self.timer_alarm(timer)) {
            self.note_stop(timer);
        }
        Ok(())
    }

    /// Begins an interval timer's interval anew.
    ///
    /// # Errors
    /// `InvalidId`; `NotDefined` if it is no interval timer or never was set.
    pub fn timer_reset(&mut self, id: Id) -> Answer<()> {
        let timer = self.timers.find(id)?;
        let Some(Order { routine, initial, scale: Scale::Ticks, by_server, .. }) = self.timers[timer].order
        else {
            return Err(Status::NotDefined);
        };
        self.set_timer(timer, routine, initial, Scale::Ticks, by_server);
        Ok(())
    }

    /// Deletes a timer.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn timer_delete(&mut self, id: Id) -> Answer<()> {
        let timer = self.timers.find(id)?;
        self.alarms.cancel(self.timer_alarm(timer));
        self.timers.remove(timer);
        Ok(())
    }

    /// What is known about a timer.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn timer_information(&self, id: Id) -> Answer<TimerInformation> {
        let timer = self.timers.find(id)?;
        Ok(match &self.timers[timer].order {
            None => TimerInformation { class: 0, initial: 0, start: 0, stop: 0 },
            Some(order) => TimerInformation {
                class: 4 + u32::from(order.scale == Scale::Wall) + 2 * u32::from(order.by_server),
                initial: order.initial as u32,
                start: order.started as u32,
                stop: order.stopped as u32,
            },
        })
    }

    /// Makes a task the timer server.
    ///
    /// # Errors
    /// `InvalidId`; `IncorrectState` if there is a server already.
    pub fn timer_server_set(&mut self, id: Id) -> Answer<()> {
        let task = self.find_task(id)?;
        if self.has_timer_server() {
            return Err(Status::IncorrectState);
        }
        self.timer_server = Some(task);
        Ok(())
    }

    /// Whether there is a timer server.
    #[must_use]
    pub fn has_timer_server(&self) -> bool {
        self.timer_server.is_some()
    }

    /// The next routine that the timer server is to call.
    pub fn timer_server_next(&mut self) -> Option<Fired<P>> {
        let alarm = self.alarms.expire(Scale::Server, u64::MAX)?;
        self.fired(alarm - self.tasks.capacity())
    }

    /// Makes the timer server wait until there is a routine to call.
    ///
    /// # Errors
    /// `CalledFromIsr`.
    pub fn timer_server_wait(&mut self) -> Answer<Progress> {
        if self.alarms.has(Scale::Server) {
            return Ok(Progress::Done(0));
        }
        self.block(Wait::ExpiredTimer, Patience::Forever)
    }

    /// A timer's time has come: returns what to call, or hands it to the server.
    pub(super) fn timer_expired(&mut self, timer: usize) -> Option<Fired<P>> {
        let by_server = self.timers[timer].order.as_ref().is_some_and(|order| order.by_server);
        if !by_server {
            return self.fired(timer);
        }
        self.alarms.set(self.timer_alarm(timer), Scale::Server, 0);
        if let Some(server) = self.timer_server
            && matches!(self.tasks[server].wait, Some(Wait::ExpiredTimer))
        {
            self.unblock(server, Ok(0));
        }
        None
    }

    fn fired(&mut self, timer: usize) -> Option<Fired<P>> {
        self.note_stop(timer);
        let id = self.timers.id(timer);
        self.timers[timer].order.as_ref().map(|order| Fired { id, routine: order.routine })
    }

    fn note_stop(&mut self, timer: usize) {
        if let Some(order) = &mut self.timers[timer].order {
            order.stopped = self.ticks;
        }
    }

    fn set_timer(&mut self, timer: usize, routine: P::Routine, initial: u64, scale: Scale, by_server: bool) {
        let started = self.ticks;
        self.timers[timer].order = Some(Order { routine, initial, scale, by_server, started, stopped: 0 });
        let time = if scale == Scale::Ticks { self.ticks + initial } else { initial };
        self.alarms.set(self.timer_alarm(timer), scale, time);
    }
}
