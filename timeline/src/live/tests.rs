//! Figures that are kept event by event are those of the whole.

use bulkhead_abi::event::Stopper;
use bulkhead_abi::trace::{Kind, health};
use bulkhead_abi::{Action, Ground, HealthError, Level, StartReason};
use proptest::prelude::*;

use super::{Growing, Live, Now, State};
use crate::report::Report;
use crate::tests::{system, timeline};
use crate::{Event, Lost, TaskEvent, Timeline};

fn kernel(time: u64, kind: Kind, partition: Option<usize>, argument: u32) -> Event {
    Event::kernel(time, kind, partition, argument)
}

/// The timeline of the views' tests, with two tasks in its second partition.
fn with_tasks() -> Timeline {
    let task = |time, event| Event::task(time, 1, event);
    let mut events = timeline().events;
    events.extend([
        task(420, TaskEvent::Name { task: 7, name: "LOOP".to_owned() }),
        task(420, TaskEvent::SwitchIn { task: 7 }),
        task(600, TaskEvent::SwitchOut { task: 7 }),
        task(600, TaskEvent::SwitchIn { task: 8 }),
        task(1_500, TaskEvent::SwitchIn { task: 7 }),
    ]);
    Timeline::new(system(), events)
}

fn fed(timeline: &Timeline, interval: u64, pieces: usize) -> Now {
    let mut live = Live::new(timeline.system.clone(), interval);
    let mut lost = timeline.lost.iter().peekable();
    for piece in timeline.events.chunks(pieces) {
        let last = piece.last().map_or(0, |event| event.time);
        let missing = std::iter::from_fn(|| lost.next_if(|lost| lost.time <= last).copied()).collect();
        live.feed(piece.to_vec(), missing);
    }
    live.now()
}

/// What a report of a whole timeline has of these figures.
fn assert_as_reported(timeline: &Timeline, now: &Now) {
    let report = Report::of(timeline);
    assert_eq!((now.time, now.lost + now.lost_of_tasks), (report.end, report.lost));
    let mut tasks = report.tasks.iter();
    for (known, now) in report.partitions.iter().zip(&now.partitions) {
        assert_eq!((known.ran, known.errors, known.restarts), (now.ran.total, now.errors, now.restarts));
        let of_it = || report.windows.iter().filter(|window| window.partition == known.name);
        assert_eq!(of_it().map(|window| window.late).max().unwrap_or(0), now.late);
        assert_eq!(of_it().map(|window| window.promised - window.opened).sum::<u64>(), now.missing);
        for task in &now.tasks {
            let known = tasks.next().expect("a task");
            assert_eq!((&known.name, known.times, known.ran), (&task.name, task.runs, task.ran.total));
        }
    }
    assert_eq!(tasks.next(), None);
    let put = |it: &crate::report::ChannelFigures| it.put;
    assert!(report.channels.iter().map(put).eq(now.channels.iter().map(|it| it.put.total)));
}

#[test]
fn figures_are_those_of_a_report() {
    let timeline = with_tasks();
    let now = fed(&timeline, 1_000, 1);
    assert_as_reported(&timeline, &now);
    assert_eq!((now.schedule, now.partitions[1].opened), (1, 2));
    assert_eq!(now.channels[0].waiting, Some(0), "what is sampled is read again and again");
    let names: Vec<&str> = now.partitions[1].tasks.iter().map(|task| &*task.name).collect();
    assert_eq!(names, ["LOOP", "0x00000008"]);
}

#[test]
fn an_interval_has_what_was_in_it() {
    let timeline = with_tasks();
    let until = |time: u64| {
        let mut live = Live::new(system(), 1_000);
        let before = timeline.events.iter().filter(|event| event.time <= time);
        live.feed(before.cloned().collect(), Vec::new());
        live.now()
    };
    // Until an interval is over, all that there is.
    let now = until(407);
    assert_eq!((now.interval, now.partitions[0].ran), (407, Growing { total: 197, last: 197 }));
    // The display has run from 407 to 901 in the first and from 1,400 to 1,902 in the second; its task 7 from 1,500 on.
    let now = until(1_400);
    assert_eq!((now.interval, now.partitions[1].ran), (1_000, Growing { total: 494, last: 494 }));
    assert_eq!(now.partitions[1].tasks[0].ran, Growing { total: 180, last: 180 });
    let now = until(2_001);
    assert_eq!(now.partitions[1].ran, Growing { total: 996, last: 502 });
    assert_eq!(now.partitions[1].tasks[0].ran, Growing { total: 582, last: 402 });
    assert_eq!((now.channels[0].put, now.channels[0].got.last), (Growing { total: 1, last: 0 }, 0));
    // In a window that goes on: from 2,001 to 3,000.
    let now = until(3_500);
    assert_eq!(now.partitions[0].ran.last, 999);
}

#[test]
fn a_window_that_has_not_opened_is_missing_when_it_is_behind() {
    let mut live = Live::new(system(), 1_000);
    let missing = |live: &Live| {
        let now = live.now();
        [now.partitions[0].missing, now.partitions[1].missing]
    };
    live.feed(vec![kernel(3, Kind::Window, Some(0), 3), kernel(850, Kind::Alarm, None, 0)], Vec::new());
    assert_eq!(missing(&live), [0, 0]);
    live.feed(vec![kernel(900, Kind::Unassigned, None, 0)], Vec::new());
    assert_eq!(missing(&live), [0, 1]);
    live.feed(vec![kernel(1_500, Kind::Window, Some(1), 100)], Vec::new());
    assert_eq!((missing(&live), live.now().partitions[1].late), ([1, 1], 100));
    // Where records are missing nobody knows.
    let lost = Lost { since: 1_500, time: 3_950, count: 9, partition: None };
    live.feed(vec![kernel(3_950, Kind::Alarm, None, 0)], vec![lost]);
    let now = live.now();
    assert_eq!((missing(&live), now.lost, now.channels[0].waiting), ([1, 1], 9, None));
    live.feed(vec![kernel(5_950, Kind::Alarm, None, 0)], Vec::new());
    assert_eq!(missing(&live), [3, 3]);
}

#[test]
fn partitions_are_at_what_they_have_come_to() {
    let mut live = Live::new(system(), 1_000);
    let mut state = |kind, argument| {
        live.feed(vec![kernel(5, kind, Some(1), argument)], Vec::new());
        live.now().partitions[1].state
    };
    let decided = health(HealthError::Memory, Action::Idle, Level::Partition, Ground::Error);
    assert_eq!(state(Kind::Started, 0), State::ColdStart);
    assert_eq!(state(Kind::Normal, 0), State::Normal);
    assert_eq!(state(Kind::Health, decided), State::Normal);
    assert_eq!(state(Kind::Restarted, StartReason::HealthMonitorWarm as u32), State::WarmStart);
    assert_eq!(state(Kind::Halted, 7), State::Halted(7));
    assert_eq!(state(Kind::Restarted, StartReason::ColdRestart as u32), State::ColdStart);
    assert_eq!(state(Kind::Stopped, Stopper::Partition as u32), State::Stopped(Stopper::Partition));
    let known = &live.now().partitions[1];
    assert_eq!((known.restarts, known.errors), (2, 1));
}

/// The record of a window that is late can be among those that are missing, behind others of the time when it began.
#[test]
fn a_window_that_has_just_begun_where_records_are_missing_is_not() {
    for (since, expected) in [(1_399, 0), (1_400, 0), (1_850, 0), (1_900, 1)] {
        let mut live = Live::new(system(), 1_000);
        let begin = [kernel(1, Kind::Window, Some(0), 1), kernel(401, Kind::Window, Some(1), 1)];
        let next = [kernel(1_001, Kind::Window, Some(0), 1), kernel(since, Kind::Alarm, None, 0)];
        live.feed([&begin[..], &next].concat(), Vec::new());
        // In pieces: nobody knows of one window only.
        for time in [since + 10, since + 20, since + 30] {
            let lost = Lost { since: live.now().time, time, count: 1, partition: None };
            live.feed(vec![kernel(time, Kind::Alarm, None, 0)], vec![lost]);
        }
        live.feed(vec![kernel(1_990, Kind::Alarm, None, 0)], Vec::new());
        assert_eq!(live.now().partitions[1].missing, expected, "{since}");
        // The next one has not opened, and that is known.
        live.feed(vec![kernel(2_990, Kind::Alarm, None, 0)], Vec::new());
        assert_eq!(live.now().partitions[1].missing, expected + 1, "{since}");
    }
}

/// Where records are missing, a partition can have come to something else.
#[test]
fn what_a_partition_is_at_is_doubtful_where_records_are_missing() {
    let mut live = Live::new(system(), 1_000);
    let mut doubtful = |kind, missing: Option<Option<usize>>| {
        let lost = missing.map(|partition| Lost { since: 5, time: 5, count: 1, partition });
        live.feed(vec![kernel(5, kind, Some(1), 0)], lost.into_iter().collect());
        live.now().partitions.iter().map(|known| known.doubtful).collect::<Vec<_>>()
    };
    assert_eq!(doubtful(Kind::Started, None), [false, false]);
    assert_eq!(doubtful(Kind::Window, Some(Some(1))), [false, false], "records of tasks tell nothing of it");
    assert_eq!(doubtful(Kind::Window, Some(None)), [true, true]);
    assert_eq!(doubtful(Kind::Idle, None), [true, true]);
    assert_eq!(doubtful(Kind::Normal, None), [true, false]);
}

#[test]
fn messages_wait_until_they_are_received_or_dropped() {
    let mut live = Live::new(system(), 1_000);
    let mut waiting = |kind, argument| {
        live.feed(vec![kernel(5, kind, Some(1), argument)], Vec::new());
        live.now().channels[0].waiting
    };
    let all: Vec<_> = (0..5).map(|_| waiting(Kind::Put, 0)).collect();
    assert_eq!(all.last(), Some(&Some(5)));
    assert_eq!(waiting(Kind::Got, 0), Some(4));
    assert_eq!(waiting(Kind::Dropped, 3 << 8), Some(1));
    // A channel that there is not is nobody's.
    assert_eq!(waiting(Kind::Put, 9), Some(1));
    assert_eq!(waiting(Kind::ModuleRestarted, 0), Some(0));
}

/// Identifiers are what the partition says.
#[test]
fn tasks_without_end_have_an_end() {
    let mut live = Live::new(system(), 100);
    for round in 0..20 {
        let task = |number: u32| {
            Event::task(u64::from(number), 1, TaskEvent::SwitchIn { task: round * 1_000 + number })
        };
        live.feed((0..1_000).map(task).collect(), Vec::new());
    }
    assert_eq!(live.now().partitions[1].tasks.len(), crate::TASKS_MAX);
}

proptest! {
    /// In whichever pieces events come, and however long an interval is, the figures are the same.
    #[test]
    fn pieces_make_the_whole(pieces in 1_usize..30, interval in 1_u64..5_000) {
        let timeline = with_tasks();
        let now = fed(&timeline, interval, pieces);
        assert_as_reported(&timeline, &now);
        prop_assert_eq!(now, fed(&timeline, interval, 1_000));
    }

    /// Whatever a ring says, figures come of it.
    #[test]
    fn nothing_that_is_told_breaks_the_figures(
        told in prop::collection::vec((any::<u64>(), 0..26_usize, 0..4_usize, any::<u32>()), 0..50),
        lost in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 0..5),
        interval in any::<u64>(),
    ) {
        let mut live = Live::new(system(), interval);
        for (time, kind, partition, argument) in told {
            let kind = Kind::ALL[kind];
            live.feed(vec![kernel(time, kind, Some(partition), argument)], Vec::new());
            let _ = live.now();
        }
        for (since, time, count) in lost {
            live.feed(Vec::new(), vec![Lost { since, time, count, partition: None }]);
            let _ = live.now();
        }
    }
}
