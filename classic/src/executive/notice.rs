//! Notices: one flag for each task, with which somebody outside the executive wakes it. Tasks that wait at the
//! partition's ports do so by them.

use super::object::Id;
use super::wait::Wait;
use super::{Answer, Executive, Patience, Port, Progress};

impl<P: Port> Executive<'_, P> {
    /// The calling task and its priority, if it may wait: in an interrupt handler nobody does.
    #[must_use]
    pub fn notice_caller(&self) -> Option<(Id, u32)> {
        let task = self.waiting_caller().ok()?;
        Some((self.tasks.id(task), u32::from(self.tasks[task].effective_priority)))
    }

    /// Waits for a notice, or takes the one that is there.
    ///
    /// # Errors
    /// `CalledFromIsr`; the outcome of waiting is `Timeout` if none came in time.
    pub fn notice_wait(&mut self, patience: Patience) -> Answer<Progress> {
        let task = self.waiting_caller()?;
        if core::mem::take(&mut self.tasks[task].noticed) {
            return Ok(Progress::Done(0));
        }
        self.block(Wait::Notice, patience)
    }

    /// Gives a task a notice. One that it has already is enough.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn notice_send(&mut self, id: Id) -> Answer<()> {
        let task = self.tasks.find(id)?;
        if matches!(self.tasks[task].wait, Some(Wait::Notice)) {
            self.unblock(task, Ok(0));
        } else {
            self.tasks[task].noticed = true;
        }
        Ok(())
    }
}
