//! The events of a run that is repeated under a debugger: what they are called there, and when they were.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bulkhead_timeline::{Event, Gap, Timeline, What};
use signal_hook::consts::SIGINT;

use crate::error::{Error, Message, Result};
use crate::files;
use crate::run::{Ending, Interrupter, Output, RunOptions, Session, Speaker};
use crate::system_file::System;
use crate::tracing::Tracing;
use crate::units::{duration, duration_text};

/// How many are listed if nobody says how many.
const LISTED: usize = 20;

/// What has been less than so long ago, in nanoseconds, is here.
const HERE: u64 = 1_000;

/// How long nothing may happen in a repetition: QEMU can stand still without end.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often is looked whether something does.
const LOOK: Duration = Duration::from_millis(50);

/// What is debugged.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) system: System,
    /// What is booted.
    pub(super) file: PathBuf,
    /// The partitions' programs with their symbols; empty where they are not known.
    pub(super) programs: Vec<Vec<u8>>,
}

/// The events of a run, once somebody has asked for one.
#[derive(Debug)]
pub(super) struct Events {
    subject: Arc<Subject>,
    options: RunOptions,
    timeline: Option<Timeline>,
    /// Whether the user, who waits for a repetition, does not want to any more.
    is_unwanted: Arc<AtomicBool>,
}

/// Words, or what is wrong with those of the user.
type Words<T> = std::result::Result<T, String>;

/// Nobody listens.
struct Nobody;

impl Output for Nobody {
    fn line(&mut self, _speaker: Speaker, _line: &[u8], _report: bool) {}
}

/// Ends a repetition that the user does not want any more, or in which nothing happens, as long as it is there.
struct Watch {
    is_over: Arc<AtomicBool>,
    /// Whether nothing has happened for too long.
    stands: Arc<AtomicBool>,
}

impl Watch {
    /// `seen` grows whenever something happens.
    fn begin(interrupter: Interrupter, is_unwanted: Arc<AtomicBool>, seen: Arc<AtomicU64>) -> Self {
        let watch = Self { is_over: Arc::default(), stands: Arc::default() };
        let (is_over, stands) = (Arc::clone(&watch.is_over), Arc::clone(&watch.stands));
        thread::spawn(move || {
            let (mut before, mut since) = (0, Instant::now());
            while !is_over.load(Ordering::Acquire) {
                let now = seen.load(Ordering::Relaxed);
                if now != before {
                    (before, since) = (now, Instant::now());
                }
                stands.store(since.elapsed() > PATIENCE, Ordering::Release);
                if is_unwanted.load(Ordering::Acquire) || stands.load(Ordering::Acquire) {
                    interrupter.interrupt(SIGINT);
                    return;
                }
                thread::sleep(LOOK);
            }
        });
        watch
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
    }
}

impl Events {
    pub(super) fn new(subject: Arc<Subject>, options: RunOptions) -> Self {
        Self { subject, options, timeline: None, is_unwanted: Arc::default() }
    }

    /// What is set when the user does not want to wait for a repetition any more.
    pub(super) fn is_unwanted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_unwanted)
    }

    /// The events: those of a repetition to the end, the first time that they are asked for.
    fn timeline(&mut self) -> Words<&Timeline> {
        let timeline = match self.timeline.take() {
            Some(timeline) => timeline,
            None => self.read().map_err(|error| error.headline())?.ok_or(
                "the kernel of this record does not trace, so nobody knows its events; `bulkhead run --record FILE \
                 --trace OUT` records with one that does",
            )?,
        };
        Ok(self.timeline.insert(timeline))
    }

    fn read(&self) -> Result<Option<Timeline>> {
        let Subject { system, file, programs } = &*self.subject;
        let seen = Arc::new(AtomicU64::new(0));
        let written = Arc::clone(&seen);
        let tracing = Tracing::begin_built(system, &files::read(file)?, move |count| {
            written.store(count, Ordering::Relaxed);
        })?;
        let Some(tracing) = tracing else { return Ok(None) };
        let options = RunOptions {
            memory_file: Some(tracing.memory_file()),
            keeps_lines: true,
            ..self.options.clone()
        };
        let session = Session::new();
        // What was not wanted before is not this.
        self.is_unwanted.store(false, Ordering::Release);
        let watch = Watch::begin(session.interrupter(), self.is_unwanted(), seen);
        let finished = session.run_with(system, (file, programs), &options, &mut Nobody);
        let stands = watch.stands.load(Ordering::Acquire);
        drop(watch);
        let timeline = tracing.finish();
        let finished = finished?;
        if matches!(finished.ending, Ending::Interrupted(_)) {
            let why = if stands {
                format!("in the repetition nothing has happened for {} s", PATIENCE.as_secs())
            } else {
                "the repetition was interrupted".to_owned()
            };
            return Err(Error::Environment(Message::new(format!("the events are not known: {why}"))));
        }
        let mut timeline = timeline?;
        if let Some(lines) = finished.lines {
            lines.put_into(&mut timeline);
        }
        Ok(Some(timeline))
    }

    /// The time that words mean: a time, a time from `now` on or before, or the time of an event.
    pub(super) fn time_of(&mut self, words: &str, now: Option<u64>) -> Words<u64> {
        let now = now.unwrap_or(0);
        let time =
            |text: &str| duration(text.trim()).map_err(|error| format!("{}: {}", error.message, error.help));
        if let Some(later) = words.strip_prefix('+') {
            return Ok(now.saturating_add(time(later)?));
        }
        if let Some(earlier) = words.strip_prefix('-') {
            return Ok(now.saturating_sub(time(earlier)?));
        }
        if words.is_empty() || words.starts_with(|first: char| first.is_ascii_digit()) {
            return time(words);
        }
        event(self.timeline()?, words, now)
    }

    /// Lines about the events around an instant, as many as the words say.
    pub(super) fn around(&mut self, words: &str, now: Option<u64>) -> Words<String> {
        let count = match words {
            "" => LISTED,
            words => words.parse().map_err(|_| format!("`{words}` is no number of events"))?,
        };
        Ok(list(self.timeline()?, count, now.unwrap_or(0)))
    }
}

/// The time of the event that words mean.
fn event(timeline: &Timeline, words: &str, now: u64) -> Words<u64> {
    if let Some(number) = words.strip_prefix("event ") {
        let place = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let event = place.and_then(|place| timeline.events.get(place));
        let last = timeline.events.len();
        return event.map(|event| event.time).ok_or_else(|| {
            format!("there is no event `{}`: they have numbers from 1 to {last}", number.trim())
        });
    }
    let (kind, partition) = match words.split_once(" of ") {
        Some((kind, name)) => (kind.trim(), Some(partition(timeline, name.trim())?)),
        None => (words.trim(), None),
    };
    let (which, kind) = match kind.split_whitespace().collect::<Vec<_>>()[..] {
        [kind] => (Which::Number(1), kind),
        ["next", kind] => (Which::Next, kind),
        ["last", kind] => (Which::Last, kind),
        [kind, number] => {
            let number = number.parse().ok().filter(|number| *number > 0);
            (Which::Number(number.ok_or_else(|| not_understood(words))?), kind)
        }
        _ => return Err(not_understood(words)),
    };
    let is_meant =
        |event: &&Event| event.name() == kind && partition.is_none_or(|it| event.partition == Some(it));
    let mut meant = timeline.events.iter().filter(is_meant);
    let found = match which {
        Which::Number(number) => meant.nth(number - 1),
        Which::Next => meant.find(|event| event.time > now),
        Which::Last => meant.rfind(|event| event.time.saturating_add(HERE) <= now),
    };
    found.map(|event| event.time).ok_or_else(|| missing(timeline, which, kind, partition) + &lost(timeline))
}

/// Why there is no such event.
fn missing(timeline: &Timeline, which: Which, kind: &str, partition: Option<usize>) -> String {
    let of_kind: Vec<&Event> = timeline.events.iter().filter(|event| event.name() == kind).collect();
    if of_kind.is_empty() {
        let kinds: BTreeSet<&str> = timeline.events.iter().map(Event::name).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        return format!("there is no event `{kind}` in this run; there are {}", kinds.join(", "));
    }
    let Some(partition) = partition else { return none_of(&of_kind, which, &format!("`{kind}`")) };
    let name = timeline.partition_name(partition);
    if of_kind.iter().all(|event| event.partition.is_none()) {
        return format!("`{kind}` is no event of a partition: leave `of {name}` out");
    }
    let what = format!("`{kind}` of {name}");
    let of_partition: Vec<&Event> =
        of_kind.iter().filter(|it| it.partition == Some(partition)).copied().collect();
    match (of_partition.is_empty(), of_kind.len()) {
        (true, 1) => format!("there is no {what} in this run; of another partition there is 1"),
        (true, others) => format!("there is no {what} in this run; of other partitions there are {others}"),
        (false, _) => none_of(&of_partition, which, &what),
    }
}

/// Why it is none of these events, which are `what`.
fn none_of(events: &[&Event], which: Which, what: &str) -> String {
    let time = |event: Option<&&Event>| event.map_or_else(String::new, |event| duration_text(event.time));
    match which {
        Which::Number(number) => match events.len() {
            1 => format!("there is no {what} with the number {number}: there is 1 in this run"),
            count => format!("there is no {what} with the number {number}: there are {count} in this run"),
        },
        Which::Next => {
            format!("there is no {what} behind this instant: the last one is at {}", time(events.last()))
        }
        Which::Last => {
            format!("there is no {what} before this instant: the first is at {}", time(events.first()))
        }
    }
}

/// What is to be known besides where an event is missing.
fn lost(timeline: &Timeline) -> String {
    match timeline.lost_count() {
        0 => String::new(),
        1 => " (1 record of this run is lost: it may have been there)".to_owned(),
        lost => format!(" ({lost} records of this run are lost: it may have been among them)"),
    }
}

/// Lines about so many events around an instant, and what is missing between them.
fn list(timeline: &Timeline, count: usize, now: u64) -> String {
    let events = &timeline.events;
    let here = events.partition_point(|event| event.time <= now);
    let begin = here.saturating_sub(count / 2);
    let end = begin.saturating_add(count).min(events.len());
    // Each before the first event behind it, or behind the last one.
    let gaps = timeline.gaps().into_iter().map(|gap| (events.partition_point(|it| it.time < gap.end), gap));
    let gaps: Vec<(usize, Gap)> = gaps.collect();
    let mut text = String::new();
    for number in begin..=end {
        for (_, gap) in gaps.iter().filter(|(place, _)| *place == number) {
            let whose = gap.partition.map_or_else(String::new, |it| timeline.partition_name(it));
            let records = if gap.count == 1 { "record" } else { "records" };
            text += &format!("{:23}  {whose:16} {} {records} lost\n", "", gap.count);
        }
        let Some(event) = events[..end].get(number) else { break };
        let mark = if number + 1 == here { '*' } else { ' ' };
        let whose = event.partition.map_or_else(String::new, |it| timeline.partition_name(it));
        let fields: String =
            event.fields(&timeline.system).iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let what = match &event.what {
            What::Line(line) => format!(" {}", line.escape_default()),
            _ => fields,
        };
        let time = duration_text(event.time);
        text += &format!("{mark}{:6} {time:>15}  {whose:16} {}{what}\n", number + 1, event.name());
    }
    text
}

/// Which of the events of a kind.
#[derive(Clone, Copy)]
enum Which {
    /// So many, from 1 on.
    Number(usize),
    Next,
    Last,
}

fn partition(timeline: &Timeline, name: &str) -> Words<usize> {
    let partitions = &timeline.system.partitions;
    partitions.iter().position(|it| it.name == name).ok_or_else(|| {
        let known: Vec<&str> = partitions.iter().map(|it| it.name.as_str()).collect();
        format!("there is no partition `{name}`; there are {}", known.join(", "))
    })
}

fn not_understood(words: &str) -> String {
    format!(
        "`{words}` is no place in a run: say a time such as 20 ms, +1 ms or -1 ms, event 12, window 3 of NAME, \
         next window of NAME, last put, instruction 1000000, or begin"
    )
}

#[cfg(test)]
mod tests {
    use bulkhead_abi::trace::Kind;
    use bulkhead_timeline::{Lost, Partition, System};

    use super::*;

    /// Two windows of the first partition, one of the third, and the end; six records are lost before the second one.
    fn timeline() -> Timeline {
        let partitions = ["first", "second", "third"].map(|name| Partition { name: name.to_owned() });
        let system = System { partitions: partitions.to_vec(), ..System::default() };
        let window = |time, partition| Event::kernel(time, Kind::Window, Some(partition), 0);
        let events = vec![
            window(1_000, 0),
            window(5_000, 0),
            window(7_000, 2),
            Event::kernel(9_000, Kind::Unassigned, None, 0),
        ];
        Timeline::new(system, events)
    }

    fn with_lost() -> Timeline {
        let lost = vec![Lost { since: 1_000, time: 5_000, count: 6, partition: None }];
        Timeline { lost, ..timeline() }
    }

    #[test]
    fn what_there_is_not_is_told_with_what_there_is() {
        let timeline = timeline();
        for (words, said) in [
            ("windw", "there is no event `windw` in this run; there are unassigned, window"),
            ("put 3 of first", "there is no event `put` in this run; there are unassigned, window"),
            ("window 4", "there is no `window` with the number 4: there are 3 in this run"),
            ("window 3 of first", "there is no `window` of first with the number 3: there are 2 in this run"),
            ("window 2 of third", "there is no `window` of third with the number 2: there is 1 in this run"),
            (
                "window of second",
                "there is no `window` of second in this run; of other partitions there are 3",
            ),
            ("unassigned of first", "`unassigned` is no event of a partition: leave `of first` out"),
            (
                "next window of first",
                "there is no `window` of first behind this instant: the last one is at 5 us",
            ),
            (
                "last window of third",
                "there is no `window` of third before this instant: the first is at 7 us",
            ),
            ("event 5", "there is no event `5`: they have numbers from 1 to 4"),
        ] {
            assert_eq!(event(&timeline, words, 6_000), Err(said.to_owned()), "{words}");
        }
        assert_eq!(event(&timeline, "window 2 of first", 0), Ok(5_000));
        assert_eq!(event(&timeline, "next window", 5_000), Ok(7_000));
    }

    #[test]
    fn records_that_are_lost_are_told() {
        let timeline = with_lost();
        let said = "there is no `window` with the number 4: there are 3 in this run (6 records of this run are lost: \
                    it may have been among them)";
        assert_eq!(event(&timeline, "window 4", 0), Err(said.to_owned()));
        let listed = format!(
            "*     1            1 us  first            window late=0\n{:42}6 records lost\n      2            5 us  \
             first            window late=0\n",
            ""
        );
        assert_eq!(list(&timeline, 2, 1_000), listed);
    }
}
