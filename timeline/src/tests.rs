//! What the views make of events.

use bulkhead_abi::trace::Kind;

use crate::*;

const FRAME: u64 = 1_000;

fn window(number: usize, partition: usize, start: u64, end: u64) -> Window {
    Window { number, partition, start, end }
}

pub(crate) fn system() -> System {
    let partition = |name: &str| Partition { name: name.to_owned() };
    let schedule = |name: &str, frame, windows| Schedule { name: name.to_owned(), frame, windows };
    let end = |partition, port: &str| End { partition, port: port.to_owned() };
    System {
        name: "example".to_owned(),
        processor: "x86_64".to_owned(),
        partitions: vec![partition("control"), partition("display")],
        schedules: vec![
            schedule("normal", FRAME, vec![window(0, 0, 0, 400), window(1, 1, 400, 900)]),
            schedule("slow", 2 * FRAME, vec![window(2, 0, 0, 1_500)]),
        ],
        initial_schedule: 0,
        channels: vec![Channel {
            name: "state".to_owned(),
            source: end(0, "out"),
            destinations: vec![end(1, "in")],
        }],
    }
}

fn kernel(time: u64, kind: Kind, partition: Option<usize>, argument: u32) -> Event {
    Event::kernel(time, kind, partition, argument)
}

/// Two frames: the second window of the first one opens 7 late, the schedule changes behind the second one.
pub(crate) fn timeline() -> Timeline {
    Timeline::new(
        system(),
        vec![
            kernel(3, Kind::Window, Some(0), 3),
            kernel(4, Kind::Switch, Some(0), 0),
            kernel(5, Kind::Started, Some(0), 0),
            kernel(100, Kind::Put, Some(0), 1 << 8),
            kernel(200, Kind::Idle, Some(0), 0),
            kernel(407, Kind::Window, Some(1), 7),
            kernel(410, Kind::Upcall, Some(1), 0b1010),
            kernel(500, Kind::Got, Some(1), 1 << 8),
            kernel(600, Kind::Got, Some(1), 1 << 8),
            kernel(901, Kind::Unassigned, None, 0),
            kernel(1_002, Kind::Window, Some(0), 2),
            kernel(1_003, Kind::Woken, Some(0), 0),
            kernel(1_400, Kind::Window, Some(1), 0),
            kernel(1_902, Kind::Unassigned, None, 0),
            kernel(2_001, Kind::Window, Some(0), 1),
            kernel(2_002, Kind::Schedule, None, 1),
            kernel(3_500, Kind::Unassigned, None, 0),
            kernel(4_000, Kind::End, None, 19),
        ],
    )
}

#[test]
fn windows_are_those_of_the_schedule_that_runs() {
    let timeline = timeline();
    let windows = timeline.windows();
    let seen: Vec<_> =
        windows.iter().map(|window| (window.number, window.start, window.late, window.end)).collect();
    assert_eq!(
        seen,
        [
            (Some(0), 0, 3, 407),
            (Some(1), 400, 7, 901),
            (Some(0), 1_000, 2, 1_400),
            (Some(1), 1_400, 0, 1_902),
            (Some(2), 2_000, 1, 3_500),
        ]
    );
    assert!(windows.iter().all(|window| window.complete));
    let configured: Vec<_> = timeline
        .configured(450, 4_100)
        .iter()
        .map(|window| (window.number, window.start, window.end))
        .collect();
    assert_eq!(
        configured,
        [(1, 400, 900), (0, 1_000, 1_400), (1, 1_400, 1_900), (2, 2_000, 3_500), (2, 4_000, 5_500)]
    );
}

#[test]
fn the_processor_is_of_one_at_a_time() {
    use Activity::{Idles, Runs};
    let spans = timeline().running();
    let seen: Vec<_> =
        spans.iter().map(|span| (span.partition, span.activity, span.begin, span.end)).collect();
    assert_eq!(
        seen,
        [
            (0, Runs, 3, 200),
            (0, Idles, 200, 407),
            (1, Runs, 407, 901),
            (0, Idles, 1_002, 1_003),
            (0, Runs, 1_003, 1_400),
            (1, Runs, 1_400, 1_902),
            (0, Runs, 2_001, 3_500),
        ]
    );
}

#[test]
fn messages_are_what_was_put_into_the_buffer_last() {
    let timeline = timeline();
    let messages = timeline.messages();
    let seen: Vec<_> = messages
        .iter()
        .map(|message| (timeline.events[message.put].time, timeline.events[message.got].time, message.is_new))
        .collect();
    assert_eq!(seen, [(100, 500, true), (100, 600, false)]);
}

#[test]
fn what_is_lost_is_not_made_up() {
    let mut timeline = timeline();
    timeline.lost.push(Lost { since: 410, time: 450, count: 9, partition: None });
    assert_eq!((timeline.lost_count(), timeline.messages().len()), (9, 0));
    // The second window may have ended before what is known next.
    let window = timeline.windows()[1];
    assert_eq!((window.begin, window.end, window.complete), (407, 410, false));
    let span = timeline.running()[2];
    assert_eq!((span.partition, span.begin, span.end), (1, 407, 410));
    let gap = |partition, begin, end, count| Gap { partition, begin, end, count };
    assert_eq!(timeline.gaps(), [gap(None, 410, 450, 9)]);
    let lost = |since, time, partition| Lost { since, time, count: 3, partition };
    timeline.lost.extend([lost(440, 460, None), lost(442, 442, Some(1)), lost(500, 500, None)]);
    let gaps = [gap(None, 410, 460, 12), gap(Some(1), 442, 443, 3), gap(None, 500, 501, 3)];
    assert_eq!(timeline.gaps(), gaps, "those that touch are one, and none is without length");
    let name = timeline.partition_name(1);
    let told = report::Report::of(&timeline).broken(None);
    assert!(
        told.contains(&format!("3 records of the tasks of {name} are lost, with what they would have told"))
    );
    assert!(told.contains(&"15 records of the kernel are lost, with what they would have told".to_owned()));
    timeline.lost.truncate(1);
    timeline.lost[0].time = 1_002;
    let window = timeline.windows()[1];
    assert_eq!((window.begin, window.end, window.complete), (407, 901, true));
}

#[test]
fn tasks_have_their_names_and_their_times() {
    let task = |time, event| Event::task(time, 1, event);
    let timeline = Timeline::new(
        system(),
        vec![
            task(1, TaskEvent::Name { task: 7, name: "INIT".to_owned() }),
            task(2, TaskEvent::SwitchIn { task: 7 }),
            task(5, TaskEvent::SwitchOut { task: 7 }),
            task(5, TaskEvent::SwitchIn { task: 8 }),
            task(9, TaskEvent::User { number: 3, data: 4 }),
        ],
    );
    let tasks = timeline.tasks();
    let names: Vec<_> = tasks.iter().map(|task| (task.id, task.name.as_str())).collect();
    assert_eq!(names, [(7, "INIT"), (8, "")]);
    let spans: Vec<_> = timeline.task_spans().iter().map(|span| (span.task, span.begin, span.end)).collect();
    assert_eq!(spans, [(0, 2, 5), (1, 5, 9)]);
}

#[test]
fn fields_are_shown_with_names() {
    let timeline = timeline();
    let fields = |place: usize| -> Vec<String> {
        let fields = timeline.events[place].fields(&timeline.system);
        fields.iter().map(|(name, value)| format!("{name}={value}")).collect()
    };
    assert_eq!(fields(3), ["channel=state", "buffer=1"]);
    assert_eq!(fields(6), ["lines=window port"]);
    assert_eq!(fields(7), ["channel=state", "buffer=1"]);
    assert_eq!(fields(15), ["schedule=slow", "before=normal"]);
    assert_eq!(timeline.events[15].name(), "schedule");
}

/// A partition that has a new identifier for each item: of its tasks some are known, and what is made of them is no
/// longer than they are many.
#[test]
fn tasks_without_end_are_not_all_told() {
    const SWITCHES: u32 = 200_000;
    let mut events = timeline().events;
    events.extend((0..SWITCHES).map(|task| Event::task(task.into(), 0, TaskEvent::SwitchIn { task })));
    events.push(Event::task(7, 1, TaskEvent::Name { task: 1, name: "TA1".to_owned() }));
    let timeline = Timeline::new(system(), events);
    let tasks = timeline.tasks();
    assert_eq!(tasks.iter().filter(|task| task.partition == 0).count(), TASKS_MAX);
    assert_eq!(tasks.last().map(|task| (task.partition, task.name.as_str())), Some((1, "TA1")));
    let spans = timeline.task_spans();
    assert!(spans.iter().all(|span| span.task < tasks.len()) && spans.len() == TASKS_MAX, "{}", spans.len());
    let picture = picture::svg(&timeline, 0, u64::from(SWITCHES));
    assert!(picture.matches("<text").count() < 2 * TASKS_MAX);
    let _ = report::Report::of(&timeline).text();
    for write in [perfetto::write, chrome::write] {
        write(&timeline, &mut Vec::new()).unwrap();
    }
}
