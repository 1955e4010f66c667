//! Waiting: what a task waits for, queues of waiting tasks, and how waiting ends.

use super::alarm::Scale;
use super::list::{Links, List};
use super::object::Table;
use super::{Answer, Executive, Patience, Port, Progress, Status, Task};

/// What a task waits for. The first byte is the number that a debugger reads.
#[repr(u8)]
pub(super) enum Wait<P: Port> {
    /// A time.
    Time = number::TIME,
    /// A semaphore.
    Semaphore(usize) = number::SEMAPHORE,
    /// A message, which goes to the place.
    Message(usize, P::Place) = number::MESSAGE,
    /// Events: the set, and whether all of them are needed.
    Events(u32, bool) = number::EVENTS,
    /// The end of a period.
    Period(usize) = number::PERIOD,
    /// A notice.
    Notice = number::NOTICE,
    /// A timer that has expired, as the timer server does.
    ExpiredTimer = number::TIMER,
}

/// The numbers of what a task can wait for. Any other means that it waits for nothing.
pub mod number {
    /// A time.
    pub const TIME: u8 = 0;
    /// A semaphore.
    pub const SEMAPHORE: u8 = 1;
    /// A message.
    pub const MESSAGE: u8 = 2;
    /// Events.
    pub const EVENTS: u8 = 3;
    /// The end of a period.
    pub const PERIOD: u8 = 4;
    /// A notice.
    pub const NOTICE: u8 = 5;
    /// An expired timer.
    pub const TIMER: u8 = 6;
}

/// Tasks that wait for the same object.
#[derive(Debug)]
pub(super) struct WaitQueue {
    list: List,
    by_priority: bool,
}

impl WaitQueue {
    pub(super) const fn new(by_priority: bool) -> Self {
        Self { list: List::EMPTY, by_priority }
    }

    /// The task to be served next.
    pub(super) fn first(&self) -> Option<usize> {
        self.list.first()
    }

    /// Whether service is by priority.
    #[cfg(test)]
    pub(super) fn by_priority(&self) -> bool {
        self.by_priority
    }

    /// The list in the order of service.
    pub(super) fn list(&self) -> &List {
        &self.list
    }

    fn insert<P: Port>(&mut self, links: &mut Links, tasks: &Table<Task<P>>, task: usize) {
        let priority = tasks[task].effective_priority;
        let later = match self.by_priority {
            true => links.members(&self.list).find(|&other| tasks[other].effective_priority > priority),
            false => None,
        };
        links.insert_before(&mut self.list, task, later);
    }
}

impl<P: Port> Executive<'_, P> {
    /// Makes the executing task wait, for as long as `patience` allows.
    pub(super) fn block(&mut self, wait: Wait<P>, patience: Patience) -> Answer<Progress> {
        if patience == Patience::None {
            return Err(Status::Unsatisfied);
        }
        let task = self.waiting_caller()?;
        self.leave_ready(task);
        self.tasks[task].wait = Some(wait);
        self.tasks[task].outcome = Ok(0);
        self.enter_wait_queue(task);
        if let Patience::Ticks(ticks) = patience {
            self.alarms.set(task, Scale::Ticks, self.ticks + u64::from(ticks));
        }
        Ok(Progress::Blocked)
    }

    /// The executing task, if it may wait now.
    pub(super) fn waiting_caller(&self) -> Answer<usize> {
        match self.executing {
            Some(task) if !self.in_interrupt() && !self.abandoned => Ok(task),
            _ => Err(Status::CalledFromIsr),
        }
    }

    /// Ends a task's waiting with an outcome.
    pub(super) fn unblock(&mut self, task: usize, outcome: Answer<u32>) {
        self.stop_waiting(task);
        self.tasks[task].outcome = outcome;
        self.enter_ready(task);
    }

    /// Takes a task out of whatever it waits in, without making it ready. Returns whether it waited.
    pub(super) fn stop_waiting(&mut self, task: usize) -> bool {
        self.alarms.cancel(task);
        self.leave_wait_queue(task);
        let Some(wait) = self.tasks[task].wait.take() else {
            return false;
        };
        // Who holds the semaphore may have inherited the priority.
        if let Wait::Semaphore(semaphore) = wait
            && let Some(owner) = self.semaphores[semaphore].owner()
        {
            self.refresh_priority(owner, true);
        }
        true
    }

    /// Ends the waiting of everyone in a queue; `next` gives its first task.
    pub(super) fn unblock_all(&mut self, next: impl Fn(&Self) -> Option<usize>, status: Status) -> u32 {
        let mut count = 0;
        while let Some(task) = next(self) {
            self.unblock(task, Err(status));
            count += 1;
        }
        count
    }

    /// Puts a waiting task where its priority belongs after it has changed. A queue in the order of arrival stays as
    /// it is.
    pub(super) fn resort_waiting(&mut self, task: usize) {
        let by_priority = match self.tasks[task].wait {
            Some(Wait::Semaphore(semaphore)) => self.semaphores[semaphore].waiting.by_priority,
            Some(Wait::Message(queue, _)) => self.queues[queue].waiting.by_priority,
            _ => false,
        };
        if by_priority {
            self.leave_wait_queue(task);
            self.enter_wait_queue(task);
        }
    }

    fn enter_wait_queue(&mut self, task: usize) {
        match self.tasks[task].wait {
            Some(Wait::Semaphore(semaphore)) => {
                self.semaphores[semaphore].waiting.insert(&mut self.links, &self.tasks, task);
            }
            Some(Wait::Message(queue, _)) => {
                self.queues[queue].waiting.insert(&mut self.links, &self.tasks, task);
            }
            _ => {}
        }
    }

    fn leave_wait_queue(&mut self, task: usize) {
        match self.tasks[task].wait {
            Some(Wait::Semaphore(semaphore)) => {
                self.links.remove(&mut self.semaphores[semaphore].waiting.list, task);
            }
            Some(Wait::Message(queue, _)) => {
                self.links.remove(&mut self.queues[queue].waiting.list, task);
            }
            _ => {}
        }
    }
}
