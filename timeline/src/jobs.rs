//! What periodic tasks do: one job in each of their periods, from its release to its end.

use std::collections::{BTreeMap, VecDeque};

use bulkhead_abi::trace::Kind;

use crate::event::{TaskEvent, What};
use crate::model::Timeline;
use crate::tasks::TASKS_MAX;

/// A job of a periodic task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The number of the partition.
    pub partition: usize,
    /// The executive's identifier of the task that has done it.
    pub task: u32,
    /// When its time began, in nanoseconds of the clock.
    pub release: u64,
    /// When it has ended.
    pub end: u64,
    /// Whether it was late: the next one was released before, or the deadline of the process has passed.
    pub late: bool,
}

/// Jobs of a period that are released and have not ended, at the most: a partition can say that there are more.
const RELEASED_MAX: usize = 4096;

/// What is known of a partition.
#[derive(Default)]
struct Known {
    /// Who executes.
    task: Option<u32>,
    /// When jobs were released, of each period.
    released: BTreeMap<u32, VecDeque<u64>>,
}

impl Timeline {
    /// The jobs of periodic tasks whose releases and ends are both known, in the order of their ends.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        let mut known: BTreeMap<usize, Known> = BTreeMap::new();
        let mut jobs = Vec::new();
        let mut lost = self.lost.iter().filter(|lost| lost.partition.is_some()).peekable();
        for event in &self.events {
            while let Some(lost) = lost.next_if(|lost| lost.time <= event.time) {
                // Which job ends next nobody knows.
                known.remove(&lost.partition.unwrap_or_default());
            }
            let Some(partition) = event.partition else { continue };
            let told = match &event.what {
                What::Kernel(Kind::Restarted, _) => {
                    known.remove(&partition);
                    continue;
                }
                What::Task(told) => told,
                _ => continue,
            };
            let known = known.entry(partition).or_default();
            match told {
                TaskEvent::SwitchIn { task } => known.task = Some(*task),
                TaskEvent::JobReleased { period }
                    if known.released.len() < TASKS_MAX || known.released.contains_key(period) =>
                {
                    let released = known.released.entry(*period).or_default();
                    if released.len() == RELEASED_MAX {
                        released.pop_front();
                    }
                    released.push_back(event.time);
                }
                TaskEvent::JobEnded { period, late, took } => {
                    let release = match took {
                        Some(took) => Some(event.time.saturating_sub((*took).into())),
                        None => known.released.get_mut(period).and_then(VecDeque::pop_front),
                    };
                    if let Some((task, release)) = known.task.zip(release) {
                        jobs.push(Job { partition, task, release, end: event.time, late: *late });
                    }
                }
                TaskEvent::JobsDropped { period } => drop(known.released.remove(period)),
                _ => {}
            }
        }
        jobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::system;
    use crate::{Event, Lost};

    const PERIOD: u32 = 0x4201_0001;

    fn timeline() -> Timeline {
        let task = |time, event| Event::task(time, 1, event);
        let released = |time| task(time, TaskEvent::JobReleased { period: PERIOD });
        let ended = |time, late| task(time, TaskEvent::JobEnded { period: PERIOD, late, took: None });
        let events = vec![
            task(1, TaskEvent::Name { task: 7, name: "LOOP".to_owned() }),
            task(1, TaskEvent::SwitchIn { task: 7 }),
            released(10),
            ended(14, false),
            released(20),
            // Somebody else executes meanwhile.
            task(21, TaskEvent::SwitchIn { task: 8 }),
            released(30),
            task(32, TaskEvent::SwitchIn { task: 7 }),
            ended(33, true),
            ended(34, false),
            released(40),
            task(41, TaskEvent::JobsDropped { period: PERIOD }),
            ended(42, false),
            released(50),
            ended(51, false),
        ];
        Timeline::new(system(), events)
    }

    fn spans(timeline: &Timeline) -> Vec<(u64, u64, bool)> {
        assert!(timeline.jobs().iter().all(|job| (job.partition, job.task) == (1, 7)));
        timeline.jobs().iter().map(|job| (job.release, job.end, job.late)).collect()
    }

    #[test]
    fn a_job_ends_that_was_released_first() {
        let expected = [(10, 14, false), (20, 33, true), (30, 34, false), (50, 51, false)];
        assert_eq!(spans(&timeline()), expected);
    }

    /// A partition can make up periods without end; those that are known stay so.
    #[test]
    fn periods_without_end_hide_none_that_is_known() {
        let task = |time, event| Event::task(time, 1, event);
        let released = |time, period| task(time, TaskEvent::JobReleased { period });
        let mut events = vec![task(1, TaskEvent::SwitchIn { task: 7 }), released(2, PERIOD)];
        events.extend((0..2 * TASKS_MAX as u32).map(|period| released(3, period)));
        events.push(task(4, TaskEvent::JobEnded { period: PERIOD, late: false, took: None }));
        events.push(released(10, PERIOD));
        events.push(task(12, TaskEvent::JobEnded { period: PERIOD, late: false, took: None }));
        assert_eq!(spans(&Timeline::new(system(), events)), [(2, 4, false), (10, 12, false)]);
    }

    /// A process says itself how long it has taken.
    #[test]
    fn a_job_of_a_process_needs_no_release() {
        let mut processes = timeline();
        let ended = TaskEvent::JobEnded { period: 7, late: true, took: Some(22) };
        processes.events.push(Event::task(60, 1, ended));
        assert_eq!(spans(&processes).last(), Some(&(38, 60, true)));
    }

    #[test]
    fn what_is_missing_ends_no_job() {
        let mut missing = timeline();
        missing.lost.push(Lost { since: 21, time: 32, count: 1, partition: Some(1) });
        assert_eq!(spans(&missing), [(10, 14, false), (50, 51, false)]);
        let mut again = timeline();
        again.events.insert(7, Event::kernel(31, Kind::Restarted, Some(1), 0));
        assert_eq!(spans(&again), [(10, 14, false), (50, 51, false)]);
    }

    #[test]
    fn responses_are_figures() {
        let report = crate::report::Report::of(&timeline());
        let [of_loop] = &report.periodic[..] else { panic!("{report:?}") };
        let figures = (of_loop.jobs, of_loop.missed, of_loop.response_least, of_loop.response_most);
        assert_eq!((&*of_loop.task, figures, of_loop.response_mean), ("LOOP", (4, 1, 1, 13), 22 / 4));
        let text = report.text();
        let line = "  display    LOOP              4        1                   1            5           13";
        assert!(text.contains(line), "{text}");
        assert!(report.broken(None).contains(&"LOOP of display was late with 1 of 4 jobs".to_owned()));
    }
}
