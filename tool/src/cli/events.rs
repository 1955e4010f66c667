//! The events of a run that is repeated under a debugger: what they are called there, and when they were.

use std::path::PathBuf;
use std::sync::Arc;

use bulkhead_timeline::{Event, Timeline, What};

use crate::error::Result;
use crate::files;
use crate::run::{Output, RunOptions, Session, Speaker};
use crate::system_file::System;
use crate::tracing::Tracing;
use crate::units::{duration, duration_text};

/// How many are listed if nobody says how many.
const LISTED: usize = 20;

/// What has been less than so long ago, in nanoseconds, is here.
const HERE: u64 = 1_000;

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
}

/// Words, or what is wrong with those of the user.
type Words<T> = std::result::Result<T, String>;

/// Nobody listens.
struct Nobody;

impl Output for Nobody {
    fn line(&mut self, _speaker: Speaker, _line: &[u8], _report: bool) {}
}

impl Events {
    pub(super) const fn new(subject: Arc<Subject>, options: RunOptions) -> Self {
        Self { subject, options, timeline: None }
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
        let Some(tracing) = Tracing::begin_built(system, &files::read(file)?)? else { return Ok(None) };
        let options = RunOptions {
            memory_file: Some(tracing.memory_file()),
            keeps_lines: true,
            ..self.options.clone()
        };
        let finished = Session::new().run_with(system, (file, programs), &options, &mut Nobody);
        let mut timeline = tracing.finish()?;
        if let Some(lines) = finished?.lines {
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
        let timeline = self.timeline()?;
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
        found.map(|event| event.time).ok_or_else(|| {
            let count = timeline.events.iter().filter(is_meant).count();
            format!("there is no such event: of `{kind}` there are {count} in this run")
        })
    }

    /// Lines about the events around an instant, as many as the words say.
    pub(super) fn around(&mut self, words: &str, now: Option<u64>) -> Words<String> {
        let count = match words {
            "" => LISTED,
            words => words.parse().map_err(|_| format!("`{words}` is no number of events"))?,
        };
        let timeline = self.timeline()?;
        let here = timeline.events.partition_point(|event| event.time <= now.unwrap_or(0));
        let begin = here.saturating_sub(count / 2);
        let end = begin.saturating_add(count).min(timeline.events.len());
        let mut text = String::new();
        for (number, event) in timeline.events.iter().enumerate().take(end).skip(begin) {
            let mark = if number + 1 == here { '*' } else { ' ' };
            let whose = event.partition.map_or_else(String::new, |it| timeline.partition_name(it));
            let fields: String = event
                .fields(&timeline.system)
                .iter()
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            let what = match &event.what {
                What::Line(line) => format!(" {}", line.escape_default()),
                _ => fields,
            };
            let time = duration_text(event.time);
            text += &format!("{mark}{:6} {time:>15}  {whose:16} {}{what}\n", number + 1, event.name());
        }
        Ok(text)
    }
}

/// Which of the events of a kind.
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
