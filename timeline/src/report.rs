//! What a timeline says of what the system file promises, in figures: windows with their lateness and what was used of
//! them, tasks, messages.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use bulkhead_abi::HealthError;
use bulkhead_abi::trace::Kind;
use serde::Serialize;

use crate::model::Timeline;
use crate::running::{Activity, Span};
use crate::tasks::Task;

/// Figures of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The name of the system.
    pub system: String,
    /// When the last event was, in nanoseconds of the clock.
    pub end: u64,
    /// How many records are lost; with some, windows and messages can be missing here that were there.
    pub lost: u64,
    /// Windows, in the order of their numbers.
    pub windows: Vec<WindowFigures>,
    /// Partitions, in their order.
    pub partitions: Vec<PartitionFigures>,
    /// Tasks that were seen, in the order of partitions.
    pub tasks: Vec<TaskFigures>,
    /// Tasks that do a job in each of their periods, in the order of partitions.
    pub periodic: Vec<PeriodicFigures>,
    /// Channels, in their order.
    pub channels: Vec<ChannelFigures>,
}

/// Figures of a window. Only windows count that were to end before the timeline does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WindowFigures {
    /// Its number among those of all schedules.
    pub number: usize,
    /// The name of its schedule.
    pub schedule: String,
    /// The name of its partition.
    pub partition: String,
    /// How long it is, in nanoseconds.
    pub duration: u64,
    /// How often the schedules had it.
    pub promised: u64,
    /// How often it has opened.
    pub opened: u64,
    /// How late it began at the latest, in nanoseconds.
    pub late: u64,
    /// How much of it its partition has run, in nanoseconds: all times together.
    pub used: u64,
    /// And at the most.
    pub used_most: u64,
}

/// Figures of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PartitionFigures {
    /// Its name.
    pub name: String,
    /// How long it has run, in nanoseconds, in windows and besides.
    pub ran: u64,
    /// Errors of it that the health monitor has dealt with.
    pub errors: u64,
    /// Among them deadlines of its processes that were missed.
    pub deadlines_missed: u64,
    /// Starts but for the first.
    pub restarts: u64,
    /// How many records of its tasks are lost.
    pub lost: u64,
}

/// Figures of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TaskFigures {
    /// The name of its partition.
    pub partition: String,
    /// Its name.
    pub name: String,
    /// How often it was given its partition's processor.
    pub times: u64,
    /// How long it had it while the partition ran, in nanoseconds.
    pub ran: u64,
}

/// Figures of what a task does in its periods. Of a job both its release and its end must be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PeriodicFigures {
    /// The name of its partition.
    pub partition: String,
    /// Its name.
    pub task: String,
    /// Jobs that have ended.
    pub jobs: u64,
    /// Jobs that were late: the next one was released before, or the deadline of the process has passed.
    pub missed: u64,
    /// From the release of a job to its end in the shortest case, in nanoseconds.
    pub response_least: u64,
    /// On the average.
    pub response_mean: u64,
    /// In the longest.
    pub response_most: u64,
}

/// Figures of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChannelFigures {
    /// Its name.
    pub name: String,
    /// Messages that were written or sent.
    pub put: u64,
    /// Receptions of a message that its receiver had not had.
    pub got: u64,
    /// How long after it was put a message was had first, at the most, in nanoseconds.
    pub latest: u64,
}

impl Report {
    /// The figures of a timeline.
    #[must_use]
    pub fn of(timeline: &Timeline) -> Self {
        let end = timeline.end();
        let running: Vec<Span> =
            timeline.running().into_iter().filter(|span| span.activity == Activity::Runs).collect();
        let known = timeline.tasks();
        Self {
            system: timeline.system.name.clone(),
            end,
            lost: timeline.lost_count(),
            windows: windows(timeline, &running, end),
            partitions: partitions(timeline, &running),
            tasks: tasks(timeline, &known, &running),
            periodic: periodic(timeline, &known),
            channels: channels(timeline),
        }
    }

    /// What was not as promised: windows that did not open, or later than `late` nanoseconds, and deadlines that
    /// processes have missed; and a time in which nothing was promised. Each is a sentence.
    #[must_use]
    pub fn broken(&self, late: Option<u64>) -> Vec<String> {
        let mut broken = Vec::new();
        if !self.windows.is_empty() && self.windows.iter().all(|window| window.promised == 0) {
            broken.push(format!("no window was to end in {} ns, so nothing is known of any", self.end));
        }
        for window in &self.windows {
            let WindowFigures { number, partition, promised, opened, .. } = window;
            if opened < promised {
                let missing = promised - opened;
                broken.push(format!(
                    "window {number} of {partition} has not opened {missing} of {promised} times"
                ));
            }
            if let Some(late) = late.filter(|late| window.late > *late) {
                let most = window.late;
                broken
                    .push(format!("window {number} of {partition} began {most} ns late, and may {late} ns"));
            }
        }
        for PartitionFigures { name, deadlines_missed: missed, .. } in &self.partitions {
            if *missed > 0 {
                broken.push(format!("processes of {name} have missed deadlines: {missed}"));
            }
        }
        for PeriodicFigures { partition, task, jobs, missed, .. } in &self.periodic {
            if *missed > 0 {
                let task = task.escape_debug();
                broken.push(format!("{task} of {partition} was late with {missed} of {jobs} jobs"));
            }
        }
        let of_tasks = self.partitions.iter().filter(|it| it.lost > 0);
        let mut of_kernel = self.lost;
        for PartitionFigures { name, lost, .. } in of_tasks {
            of_kernel = of_kernel.saturating_sub(*lost);
            broken.push(format!(
                "{lost} records of the tasks of {name} are lost, with what they would have told"
            ));
        }
        if of_kernel > 0 {
            broken
                .push(format!("{of_kernel} records of the kernel are lost, with what they would have told"));
        }
        broken
    }

    /// The figures as tables.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let wide = |names: &mut dyn Iterator<Item = &str>| names.map(|name| name.chars().count()).max();
        let columns = wide(&mut self.partitions.iter().map(|partition| partition.name.as_str()))
            .unwrap_or_default()
            .max("partition".len());
        let share = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
        // Writing into memory does not fail.
        let _ = writeln!(text, "{} in {} ns of its clock\n", self.system, self.end);
        let _ = writeln!(
            text,
            "  window  {:columns$}  duration ns   opened  missing  latest ns   used  at most",
            "partition"
        );
        for window in &self.windows {
            let _ = writeln!(
                text,
                "  {:6}  {:columns$}  {:11}  {:7}  {:7}  {:9}  {:4.1}%  {:6.1}%",
                window.number,
                window.partition,
                window.duration,
                window.opened,
                window.promised.saturating_sub(window.opened),
                window.late,
                share(window.used, window.opened.saturating_mul(window.duration)),
                share(window.used_most, window.duration),
            );
        }
        let has_been = |name: &str| self.windows.iter().any(|it| it.schedule == name && it.promised > 0);
        for window in self.windows.iter().filter(|it| it.promised == 0 && has_been(&it.schedule)) {
            let WindowFigures { number, partition, .. } = window;
            let _ = writeln!(
                text,
                "  nothing is known of window {number} of {partition}, which was not to end yet"
            );
        }
        let _ = writeln!(
            text,
            "\n  {:columns$}       ran ns  of all  errors  missed deadlines  restarts",
            "partition"
        );
        for partition in &self.partitions {
            let _ = writeln!(
                text,
                "  {:columns$}  {:11}  {:5.1}%  {:6}  {:16}  {:8}",
                partition.name,
                partition.ran,
                share(partition.ran, self.end),
                partition.errors,
                partition.deadlines_missed,
                partition.restarts,
            );
        }
        if !self.tasks.is_empty() {
            let _ = writeln!(text, "\n  {:columns$}  task          times       ran ns", "partition");
        }
        for task in &self.tasks {
            let _ = writeln!(
                text,
                "  {:columns$}  {:8}  {:9}  {:11}",
                task.partition,
                task.name.escape_debug().to_string(),
                task.times,
                task.ran,
            );
        }
        if !self.periodic.is_empty() {
            let _ = writeln!(
                text,
                "\n  {:columns$}  periodic       jobs   missed  response ns: least         mean         most",
                "partition"
            );
        }
        for periodic in &self.periodic {
            let _ = writeln!(
                text,
                "  {:columns$}  {:8}  {:9}  {:7}  {:18}  {:11}  {:11}",
                periodic.partition,
                periodic.task.escape_debug().to_string(),
                periodic.jobs,
                periodic.missed,
                periodic.response_least,
                periodic.response_mean,
                periodic.response_most,
            );
        }
        if !self.channels.is_empty() {
            let _ = writeln!(text, "\n  channel               put       got  latest ns");
        }
        for channel in &self.channels {
            let ChannelFigures { name, put, got, latest } = channel;
            let _ = writeln!(text, "  {name:16}  {put:8}  {got:8}  {latest:9}");
        }
        text
    }
}

fn windows(timeline: &Timeline, running: &[Span], end: u64) -> Vec<WindowFigures> {
    let mut figures: BTreeMap<usize, WindowFigures> = BTreeMap::new();
    for schedule in &timeline.system.schedules {
        for window in &schedule.windows {
            figures.insert(
                window.number,
                WindowFigures {
                    number: window.number,
                    schedule: schedule.name.clone(),
                    partition: timeline.partition_name(window.partition),
                    duration: window.end.saturating_sub(window.start),
                    ..WindowFigures::default()
                },
            );
        }
    }
    for window in timeline.configured(0, end) {
        if let Some(known) = figures.get_mut(&window.number).filter(|_| window.end < end) {
            known.promised += 1;
        }
    }
    // Both are in the order of time, so each span is looked at once for each window that it touches.
    let spans: Vec<&Span> = running.iter().filter(|span| !span.background).collect();
    let mut first = 0;
    for window in timeline.windows() {
        while spans.get(first).is_some_and(|span| span.end <= window.begin) {
            first += 1;
        }
        let Some(known) = window.number.and_then(|number| figures.get_mut(&number)) else { continue };
        if window.start.saturating_add(known.duration) >= end {
            continue;
        }
        let used = spans[first..]
            .iter()
            .take_while(|span| span.begin < window.end)
            .filter(|span| span.partition == window.partition)
            .map(|span| span.end.min(window.end).saturating_sub(span.begin.max(window.begin)))
            .sum();
        known.opened += 1;
        known.late = known.late.max(window.late);
        known.used += used;
        known.used_most = known.used_most.max(used);
    }
    figures.into_values().collect()
}

fn partitions(timeline: &Timeline, running: &[Span]) -> Vec<PartitionFigures> {
    let mut figures: Vec<PartitionFigures> = timeline
        .system
        .partitions
        .iter()
        .map(|partition| PartitionFigures { name: partition.name.clone(), ..PartitionFigures::default() })
        .collect();
    for span in running {
        if let Some(known) = figures.get_mut(span.partition) {
            known.ran += span.end - span.begin;
        }
    }
    for event in &timeline.events {
        let Some((kind, argument)) = event.of_kernel() else { continue };
        let Some(known) = event.partition.and_then(|partition| figures.get_mut(partition)) else { continue };
        match kind {
            Kind::Health => {
                known.errors += 1;
                let error = value(kind, argument, "error");
                known.deadlines_missed += u64::from(error == Some(HealthError::DeadlineMissed as u32));
            }
            Kind::Restarted => known.restarts += 1,
            _ => {}
        }
    }
    for lost in &timeline.lost {
        if let Some(known) = lost.partition.and_then(|partition| figures.get_mut(partition)) {
            known.lost += lost.count;
        }
    }
    figures
}

/// The number in a field of a record.
fn value(kind: Kind, argument: u32, name: &str) -> Option<u32> {
    kind.fields().iter().find(|field| field.name == name).map(|field| field.value(argument))
}

fn tasks(timeline: &Timeline, known: &[Task], running: &[Span]) -> Vec<TaskFigures> {
    let mut figures: Vec<TaskFigures> = known
        .iter()
        .map(|task| TaskFigures {
            partition: timeline.partition_name(task.partition),
            name: task.title(),
            ..TaskFigures::default()
        })
        .collect();
    // When each partition ran, in the order of time.
    let mut ran: BTreeMap<usize, Vec<(u64, u64)>> = BTreeMap::new();
    for span in running {
        ran.entry(span.partition).or_default().push((span.begin, span.end));
    }
    for span in timeline.spans_of(known) {
        let (Some(task), Some(figure)) = (known.get(span.task), figures.get_mut(span.task)) else { continue };
        let ran = ran.get(&task.partition).map_or(&[][..], Vec::as_slice);
        let first = ran.partition_point(|(_, end)| *end <= span.begin);
        figure.times += 1;
        figure.ran += ran[first..]
            .iter()
            .take_while(|(begin, _)| *begin < span.end)
            .map(|(begin, end)| (*end).min(span.end) - (*begin).max(span.begin))
            .sum::<u64>();
    }
    figures
}

fn periodic(timeline: &Timeline, known: &[Task]) -> Vec<PeriodicFigures> {
    // As many as a timeline knows: identifiers are what the partition says.
    let tasks: HashMap<(usize, u32), &Task> =
        known.iter().map(|task| ((task.partition, task.id), task)).collect();
    let mut figures: BTreeMap<(usize, u32), (PeriodicFigures, u128)> = BTreeMap::new();
    for job in timeline.jobs() {
        let Some(task) = tasks.get(&(job.partition, job.task)) else { continue };
        let (known, total) = figures.entry((job.partition, job.task)).or_insert_with(|| {
            let task = task.title();
            let partition = timeline.partition_name(job.partition);
            (PeriodicFigures { partition, task, response_least: u64::MAX, ..PeriodicFigures::default() }, 0)
        });
        let response = job.end - job.release;
        known.jobs += 1;
        known.missed += u64::from(job.late);
        known.response_least = known.response_least.min(response);
        known.response_most = known.response_most.max(response);
        *total += u128::from(response);
    }
    let mean = |(mut figures, total): (PeriodicFigures, u128)| {
        figures.response_mean = u64::try_from(total / u128::from(figures.jobs.max(1))).unwrap_or(u64::MAX);
        figures
    };
    figures.into_values().map(mean).collect()
}

fn channels(timeline: &Timeline) -> Vec<ChannelFigures> {
    let mut figures: Vec<ChannelFigures> = timeline
        .system
        .channels
        .iter()
        .map(|channel| ChannelFigures { name: channel.name.clone(), ..ChannelFigures::default() })
        .collect();
    for event in &timeline.events {
        let Some((Kind::Put, argument)) = event.of_kernel() else { continue };
        let channel = value(Kind::Put, argument, "channel");
        if let Some(known) = channel.and_then(|channel| figures.get_mut(channel as usize)) {
            known.put += 1;
        }
    }
    for message in timeline.messages().iter().filter(|message| message.is_new) {
        let (Some(put), Some(got)) = (timeline.events.get(message.put), timeline.events.get(message.got))
        else {
            continue;
        };
        if let Some(known) = figures.get_mut(message.channel) {
            known.got += 1;
            known.latest = known.latest.max(got.time.saturating_sub(put.time));
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use crate::{Event, Partition, Schedule, System, TASKS_MAX, TaskEvent, Window};

    use super::*;

    /// Two partitions in a frame of 1,000 ns; the first has its second window too late, and the third not at all.
    fn timeline() -> Timeline {
        let windows = vec![
            Window { number: 0, partition: 0, start: 0, end: 600 },
            Window { number: 1, partition: 1, start: 600, end: 1_000 },
        ];
        let system = System {
            name: "two".to_owned(),
            partitions: vec![Partition { name: "a".into() }, Partition { name: "b".into() }],
            schedules: vec![Schedule { name: "normal".into(), frame: 1_000, windows }],
            ..System::default()
        };
        let events = vec![
            Event::kernel(10, Kind::Window, Some(0), 10),
            Event::kernel(10, Kind::Started, Some(0), 0),
            Event::kernel(310, Kind::Idle, Some(0), 0),
            Event::kernel(600, Kind::Window, Some(1), 0),
            Event::kernel(600, Kind::Started, Some(1), 0),
            Event::kernel(1_050, Kind::Window, Some(0), 50),
            Event::kernel(1_050, Kind::Woken, Some(0), 0),
            Event::kernel(1_600, Kind::Window, Some(1), 0),
            Event::kernel(2_600, Kind::Window, Some(1), 0),
            Event::kernel(3_100, Kind::End, None, 0),
        ];
        Timeline::new(system, events)
    }

    #[test]
    fn windows_are_counted_against_what_was_promised() {
        let report = Report::of(&timeline());
        let [a, b] = &report.windows[..] else { panic!("{report:?}") };
        assert_eq!((a.promised, a.opened, a.late), (3, 2, 50), "{report:?}");
        assert_eq!((b.promised, b.opened, b.late), (3, 3, 0), "{report:?}");
        // 300 of the first, all of the second.
        assert_eq!((a.used, a.used_most), (300 + 550, 550), "{report:?}");
        assert_eq!(
            report.broken(Some(40)),
            ["window 0 of a has not opened 1 of 3 times", "window 0 of a began 50 ns late, and may 40 ns"]
        );
        assert_eq!(report.broken(None).len(), 1);
    }

    /// A run that is too short for any window has kept no promise, and is not told to have kept all; of one that is too
    /// short for some, they are named.
    #[test]
    fn a_time_in_which_nothing_was_promised_is_told() {
        let until = |end: u64| {
            let mut timeline = timeline();
            timeline.events.retain(|event| event.time < end);
            timeline.events.push(Event::kernel(end, Kind::End, None, 0));
            let report = Report::of(&timeline);
            (report.broken(None), report.text())
        };
        let (broken, _) = until(500);
        assert_eq!(broken, ["no window was to end in 500 ns, so nothing is known of any"]);
        let (broken, text) = until(700);
        assert!(broken.is_empty(), "{broken:?}");
        assert!(text.contains("\n  nothing is known of window 1 of b, which was not to end yet\n"), "{text}");
        let (_, text) = until(1_020);
        assert!(!text.contains("nothing is known"), "{text}");
        assert!(Report::default().broken(None).is_empty());
    }

    #[test]
    fn a_text_has_a_row_for_each_window_and_partition() {
        let text = Report::of(&timeline()).text();
        assert!(
            text.contains("       0  a                  600        2        1         50  70.8%    91.7%"),
            "{text}"
        );
    }

    #[test]
    fn errors_and_messages_are_counted() {
        let mut timeline = crate::tests::timeline();
        let missed = HealthError::DeadlineMissed as u32;
        timeline.events.push(Event::kernel(4_000, Kind::Health, Some(1), missed));
        timeline.events.push(Event::kernel(4_000, Kind::Health, Some(1), missed + 1));
        let report = Report::of(&timeline);
        let display = &report.partitions[1];
        assert_eq!((display.errors, display.deadlines_missed), (2, 1), "{report:?}");
        let state = &report.channels[0];
        // It is read twice, and had once.
        assert_eq!((state.put, state.got, state.latest), (1, 1, 400), "{report:?}");
        assert_eq!(report.broken(None).last().unwrap(), "processes of display have missed deadlines: 1");
    }

    #[test]
    fn of_tasks_that_a_partition_makes_up_only_some_have_figures() {
        let mut timeline = timeline();
        for task in 0..2 * TASKS_MAX as u32 {
            timeline.events.push(Event::task(3_100, 1, TaskEvent::SwitchIn { task }));
            let ended = TaskEvent::JobEnded { period: task, late: true, took: Some(u32::MAX) };
            timeline.events.push(Event::task(3_100, 1, ended));
        }
        let report = Report::of(&timeline);
        assert_eq!((report.tasks.len(), report.periodic.len()), (TASKS_MAX, TASKS_MAX));
        // None has begun before the clock.
        assert!(report.periodic.iter().all(|it| it.response_most == 3_100), "{report:?}");
    }
}
