//! The tasks of a partition, which execute its processes and its error handler: what each waits for, and whose turn it
//! is. Safe code without a clock, a stack or a processor, tested on the developer's machine.
//!
//! Whose turn it is: the task with the highest priority of those that are ready; of these that of a periodic process
//! before that of an aperiodic one, as ARINC 653 part 4 has it of its two processes; of these the one that has been
//! ready for longest.

use bulkhead_apex::executive::RAISED_PRIORITY;
use bulkhead_guest::NEVER;

/// The most processes of a partition. Part 4 asks for two.
pub(crate) const PROCESSES_MAX: usize = 16;

/// The places of the table: the processes and the error handler.
pub(crate) const PLACES: usize = PROCESSES_MAX + 1;

/// A task, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index(pub(crate) usize);

/// What a task begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub(crate) entry: extern "C" fn(usize),
    pub(crate) argument: usize,
}

#[derive(Clone, Copy, Debug)]
struct Task {
    beginning: Beginning,
    /// Of which a lower number comes first.
    priority: u32,
    is_periodic: bool,
    /// It has [`RAISED_PRIORITY`] besides its own.
    raised: bool,
    suspended: bool,
    /// It waits until it is woken or the clock has this value.
    waits: Option<u64>,
    /// When it became ready, in the order of these.
    order: u64,
    /// It has been woken since it asked whether it may wait.
    woken: bool,
}

impl Task {
    const fn is_ready(&self) -> bool {
        self.waits.is_none() && !self.suspended
    }

    fn rank(&self) -> (u32, bool, u64) {
        let priority = if self.raised { self.priority.min(RAISED_PRIORITY) } else { self.priority };
        (priority, !self.is_periodic, self.order)
    }
}

/// The tasks of a partition.
#[derive(Debug)]
pub(crate) struct Tasks {
    places: [Option<Task>; PLACES],
    current: Option<Index>,
    /// How often a task has become ready.
    order: u64,
    /// Whether tasks execute: the partition is in `NORMAL`.
    execute: bool,
}

impl Tasks {
    pub(crate) const NONE: Self =
        Self { places: [const { None }; PLACES], current: None, order: 0, execute: false };

    /// Creates a task that is ready; none if there is no place.
    pub(crate) fn create(&mut self, beginning: Beginning, priority: u32, is_periodic: bool) -> Option<Index> {
        let place = self.places.iter().position(Option::is_none)?;
        let order = self.next_order();
        self.places[place] = Some(Task {
            beginning,
            priority,
            is_periodic,
            raised: false,
            suspended: false,
            waits: None,
            order,
            woken: false,
        });
        Some(Index(place))
    }

    /// Whether there is room for a process.
    pub(crate) fn has_room(&self) -> bool {
        self.places.iter().flatten().count() < PROCESSES_MAX
    }

    /// Tasks execute from now on.
    pub(crate) fn begin(&mut self) {
        self.execute = true;
    }

    /// The task that executes.
    pub(crate) fn current(&self) -> Option<Index> {
        self.current
    }

    /// What the task that executes begins with.
    pub(crate) fn beginning(&self) -> Option<Beginning> {
        Some(self.places.get(self.current?.0)?.as_ref()?.beginning)
    }

    /// The task that executes, and its priority. It has not been woken from now on.
    pub(crate) fn caller(&mut self) -> Option<(Index, u32)> {
        let index = self.current?;
        let task = self.task(index)?;
        task.woken = false;
        Some((index, task.priority))
    }

    /// The task that executes waits until it is woken or the clock has this value, unless it has been woken since it
    /// was the [`Tasks::caller`].
    pub(crate) fn wait(&mut self, until: u64) {
        let Some(task) = self.current.and_then(|index| self.task(index)) else { return };
        if !core::mem::take(&mut task.woken) {
            task.waits = Some(until);
        }
    }

    /// Wakes a task; one that does not wait now is not going to wait the next time. Before tasks execute they are put
    /// in the order in which they are woken.
    pub(crate) fn wake(&mut self, index: Index) {
        let early = !self.execute;
        let Some(task) = self.task(index) else { return };
        if task.waits.is_some() || early { self.ready(index) } else { task.woken = true }
    }

    /// Everything that waited for a time that has come is ready.
    pub(crate) fn advance(&mut self, now: u64) {
        for index in (0..PLACES).map(Index) {
            if self.task(index).is_some_and(|task| task.waits.is_some_and(|until| until <= now)) {
                self.ready(index);
            }
        }
    }

    /// The next time that something waits for; `NEVER` if nothing does.
    pub(crate) fn alarm(&self) -> u64 {
        self.places.iter().flatten().filter_map(|task| task.waits).min().unwrap_or(NEVER)
    }

    /// Whose turn it is, who executes from now on; none if nobody is ready.
    pub(crate) fn choose(&mut self) -> Option<Index> {
        let ready = |(place, task): (usize, &Option<Task>)| {
            task.as_ref().filter(|task| task.is_ready()).map(|task| (task.rank(), Index(place)))
        };
        let next = self.places.iter().enumerate().filter_map(ready).min_by_key(|(rank, _)| *rank);
        self.current = next.map(|(_, index)| index).filter(|_| self.execute);
        self.current
    }

    /// The task that executes goes behind the others of its priority.
    pub(crate) fn give_way(&mut self) {
        if let Some(index) = self.current {
            self.ready(index);
        }
    }

    /// A task begins anew.
    pub(crate) fn restart(&mut self, index: Index) {
        if let Some(task) = self.task(index) {
            (task.suspended, task.raised, task.woken) = (false, false, false);
            self.ready(index);
        }
    }

    /// Keeps a task from executing, or lets it execute again.
    pub(crate) fn suspend(&mut self, index: Index, suspended: bool) {
        if let Some(task) = self.task(index) {
            task.suspended = suspended;
            if task.is_ready() {
                self.ready(index);
            }
        }
    }

    /// Gives a task a priority; it is the last of those that have it.
    pub(crate) fn set_priority(&mut self, index: Index, priority: u32) {
        let order = self.next_order();
        if let Some(task) = self.task(index) {
            (task.priority, task.order) = (priority, order);
        }
    }

    /// Gives a task [`RAISED_PRIORITY`] besides its own, or takes that back.
    pub(crate) fn raise(&mut self, index: Index, raised: bool) {
        if let Some(task) = self.task(index) {
            task.raised = raised;
        }
    }

    /// Whether a task waits for nothing, and is not suspended.
    pub(crate) fn is_ready(&self, index: Index) -> bool {
        self.places.get(index.0).and_then(Option::as_ref).is_some_and(Task::is_ready)
    }

    fn ready(&mut self, index: Index) {
        let order = self.next_order();
        if let Some(task) = self.task(index) {
            (task.waits, task.order) = (None, order);
        }
    }

    fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn task(&mut self, index: Index) -> Option<&mut Task> {
        self.places.get_mut(index.0)?.as_mut()
    }
}

#[cfg(test)]
mod tests;
