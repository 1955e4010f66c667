//! The tasks of a partition, as far as its executive has told of them.

use std::collections::BTreeMap;

use crate::event::TaskEvent;
use crate::tasks::{TASKS_MAX, Task as Named};

use super::{Meter, TaskNow};

/// What is known of the tasks of a partition.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// The first ones that were seen, by their identifiers.
    known: BTreeMap<u32, Task>,
    /// Who has the partition's processor, and how long the partition had run when that began.
    current: Option<(u32, u64)>,
}

#[derive(Debug, Default)]
struct Task {
    name: String,
    ran: Meter,
    runs: u64,
}

impl Tasks {
    /// Takes an event of a partition that has run for so many nanoseconds.
    pub(super) fn take(&mut self, told: &TaskEvent, ran: u64) {
        match told {
            TaskEvent::SwitchIn { task } => {
                self.settle(ran);
                self.current = Some((*task, ran));
                if let Some(known) = self.task(*task) {
                    known.runs += 1;
                }
            }
            TaskEvent::SwitchOut { task } => {
                self.settle(ran);
                self.current = None;
                self.task(*task);
            }
            TaskEvent::Name { task, name } => {
                if let Some(known) = self.task(*task) {
                    known.name.clone_from(name);
                }
            }
            _ => {}
        }
    }

    /// Nobody knows any more which task has the processor.
    pub(super) const fn forget_who_runs(&mut self) {
        self.current = None;
    }

    /// An interval ends, in which the partition has come to run for so many nanoseconds.
    pub(super) fn mark(&mut self, ran: u64) {
        self.settle(ran);
        self.known.values_mut().for_each(|task| task.ran.mark());
    }

    /// The figures in a partition that has run for so many nanoseconds.
    pub(super) fn now(&self, ran: u64, has_interval: bool) -> Vec<TaskNow> {
        let figures = |(id, task): (&u32, &Task)| {
            let mut meter = task.ran;
            if let Some((_, since)) = self.current.filter(|(current, _)| current == id) {
                meter.total += ran.saturating_sub(since);
            }
            let named = Named { partition: 0, id: *id, name: task.name.clone() };
            TaskNow { name: named.title(), ran: meter.growing(has_interval), runs: task.runs }
        };
        self.known.iter().map(figures).collect()
    }

    /// Adds what the task that has the processor has had of it.
    fn settle(&mut self, ran: u64) {
        if let Some((task, since)) = &mut self.current {
            if let Some(known) = self.known.get_mut(task) {
                known.ran.total += ran.saturating_sub(*since);
            }
            *since = ran;
        }
    }

    /// The task with an identifier, if it is known or can be.
    fn task(&mut self, id: u32) -> Option<&mut Task> {
        if self.known.len() == TASKS_MAX && !self.known.contains_key(&id) {
            return None;
        }
        Some(self.known.entry(id).or_default())
    }
}
