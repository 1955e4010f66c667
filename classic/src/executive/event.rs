//! Events: 32 flags for each task.

use super::object::Id;
use super::wait::Wait;
use super::{Answer, Executive, Patience, Port, Progress, Status};

/// The event set that asks which events are pending.
pub const PENDING_EVENTS: u32 = 0;

impl<P: Port> Executive<'_, P> {
    /// Sends events to a task.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn event_send(&mut self, id: Id, events: u32) -> Answer<()> {
        let task = self.find_task(id)?;
        self.tasks[task].pending_events |= events;
        let Some(Wait::Events(wanted, all)) = self.tasks[task].wait else {
            return Ok(());
        };
        if let Some(seized) = self.seize(task, wanted, all) {
            self.unblock(task, Ok(seized));
        }
        Ok(())
    }

    /// Takes events that are pending for the caller, or waits for them. The number is the set that was taken.
    ///
    /// # Errors
    /// `Unsatisfied` if they are not there and the caller does not wait; `CalledFromIsr`.
    pub fn event_receive(&mut self, wanted: u32, all: bool, patience: Patience) -> Answer<Progress> {
        let task = self.executing.filter(|_| !self.in_interrupt()).ok_or(Status::CalledFromIsr)?;
        if wanted == PENDING_EVENTS {
            return Ok(Progress::Done(self.tasks[task].pending_events));
        }
        match self.seize(task, wanted, all) {
            Some(seized) => Ok(Progress::Done(seized)),
            None => self.block(Wait::Events(wanted, all), patience),
        }
    }

    /// Takes the events that a task wants, if they are enough.
    fn seize(&mut self, task: usize, wanted: u32, all: bool) -> Option<u32> {
        let seized = self.tasks[task].pending_events & wanted;
        let enough = if all { seized == wanted } else { seized != 0 };
        if !enough {
            return None;
        }
        self.tasks[task].pending_events &= !seized;
        Some(seized)
    }
}
