//! The tasks in partitions, and when each ran.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::event::{TaskEvent, What};
use crate::model::Timeline;

/// The most tasks of a partition that are known: identifiers are what the partition says.
pub const TASKS_MAX: usize = 1024;

/// A task of an executive in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The number of the partition.
    pub partition: usize,
    /// The executive's identifier.
    pub id: u32,
    /// Its name; empty if that is not known.
    pub name: String,
}

impl Task {
    /// What it is called: its name, or else its identifier.
    pub(crate) fn title(&self) -> String {
        if self.name.is_empty() { format!("{:#010x}", self.id) } else { self.name.clone() }
    }
}

/// A stretch of time in which a task had its partition's processor. In time of other partitions it stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSpan {
    /// The place of the task in [`Timeline::tasks`].
    pub task: usize,
    /// From when, in nanoseconds of the clock.
    pub begin: u64,
    /// Until when.
    pub end: u64,
}

impl Timeline {
    /// The tasks that events tell of, by partition and identifier: of each partition the first [`TASKS_MAX`].
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks: BTreeMap<(usize, u32), String> = BTreeMap::new();
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for event in &self.events {
            let (Some(partition), What::Task(told)) = (event.partition, &event.what) else { continue };
            let (id, name) = match told {
                TaskEvent::SwitchIn { task } | TaskEvent::SwitchOut { task } => (*task, None),
                TaskEvent::Name { task, name } => (*task, Some(name)),
                _ => continue,
            };
            let task = match tasks.entry((partition, id)) {
                Entry::Occupied(task) => task.into_mut(),
                Entry::Vacant(place) => {
                    let count = counts.entry(partition).or_default();
                    if *count == TASKS_MAX {
                        continue;
                    }
                    *count += 1;
                    place.insert(String::new())
                }
            };
            if let Some(name) = name {
                task.clone_from(name);
            }
        }
        tasks.into_iter().map(|((partition, id), name)| Task { partition, id, name }).collect()
    }

    /// When each of [`Timeline::tasks`] ran, in the order of beginnings.
    #[must_use]
    pub fn task_spans(&self) -> Vec<TaskSpan> {
        self.spans_of(&self.tasks())
    }

    /// The same, of tasks that are known already.
    pub(crate) fn spans_of(&self, tasks: &[Task]) -> Vec<TaskSpan> {
        let places: HashMap<(usize, u32), usize> =
            tasks.iter().enumerate().map(|(place, task)| ((task.partition, task.id), place)).collect();
        let mut spans = Vec::new();
        let mut running: HashMap<usize, (u32, u64)> = HashMap::new();
        let mut end = |running: Option<(u32, u64)>, partition, time| {
            if let Some((task, begin)) = running
                && let Some(&task) = places.get(&(partition, task))
            {
                spans.push(TaskSpan { task, begin, end: time });
            }
        };
        for event in &self.events {
            let (Some(partition), What::Task(told)) = (event.partition, &event.what) else { continue };
            match told {
                TaskEvent::SwitchIn { task } => {
                    end(running.insert(partition, (*task, event.time)), partition, event.time);
                }
                TaskEvent::SwitchOut { .. } => end(running.remove(&partition), partition, event.time),
                _ => {}
            }
        }
        for (partition, last) in running {
            end(Some(last), partition, self.end());
        }
        spans.sort_by_key(|span: &TaskSpan| (span.begin, span.task));
        spans
    }
}
