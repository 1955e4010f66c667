//! What is said after a run: how each partition ended, and the schedule as configured and as observed.

use std::fmt::Write as _;

use crate::schedule_picture::{Row, rows_picture};
use crate::system_file::schedule::Schedule;
use crate::system_file::{System, Window};
use crate::terminal::{Look, heading, partition_style};
use crate::units::{duration_rounded, duration_text};

use super::facts::{Facts, Observation, PartitionEnd, ground_text};
use super::options::Variation;
use super::outcome::end_text;
use super::session::Finished;

/// The text to show after a run.
#[must_use]
pub fn summary(system: &System, finished: &Finished, look: Look) -> String {
    let facts = &finished.facts;
    let time = facts.system_time.map_or(String::new(), |time| format!(" after {}", duration_rounded(time)));
    let title = format!("{}{time}: {}", system.name, finished.text());
    let mut out = format!("\n{}\n", look.paint(heading(), &title));
    if let Some(Variation { seed, jitter }) = finished.variation {
        let _ = writeln!(out, "varied with seed {seed}, up to {}", duration_text(jitter));
    }
    partitions(&mut out, system, finished, look);
    unprotected(&mut out, system, look);
    decisions(&mut out, system, facts, look);
    changes(&mut out, system, facts, look);
    if !facts.observations.is_empty() {
        schedules(&mut out, system, facts, look);
    }
    out
}

/// Devices from which nothing has kept the memory of others.
fn unprotected(out: &mut String, system: &System, look: Look) {
    let mut devices = system.unprotected().peekable();
    if devices.peek().is_none() {
        return;
    }
    let _ = writeln!(
        out,
        "\n{}",
        look.paint(heading(), "not isolated: devices that can write the memory of everybody")
    );
    for device in devices {
        let owner = look.paint(partition_style(device.owner), system.partition_name(device.owner));
        let _ = writeln!(out, "  {} of {owner}", device.name);
    }
}

/// What the health monitor has decided, but for what is told with the partitions' ends.
fn decisions(out: &mut String, system: &System, facts: &Facts, look: Look) {
    if !facts.decisions.more_than_stops {
        return;
    }
    let title = format!("health monitor: {}", counted(facts.decisions.count(), "decision"));
    let _ = writeln!(out, "\n{}", look.paint(heading(), &title));
    let width = name_width(system);
    let error_width = facts.decisions.iter().map(|(decided, _)| decided.error().len()).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "  {:width$}  {:error_width$}  {:14}  {:>8}  {:>14}  {:>14}",
        "partition", "error", "action", "times", "first", "last"
    );
    for (decided, times) in facts.decisions.iter() {
        let name = decided.whose().map_or("module", |number| system.partition_name(number));
        let padded = format!("{name:width$}");
        let name =
            decided.whose().map_or(padded.clone(), |number| look.paint(partition_style(number), &padded));
        let (first, last) = (duration_rounded(times.first), duration_rounded(times.last));
        let (error, action) = (decided.error(), decided.action());
        let _ = writeln!(
            out,
            "  {name}  {error:error_width$}  {action:14}  {:>8}  {first:>14}  {last:>14}{}",
            times.count,
            ground_text(decided.ground()).replace(',', " ")
        );
    }
}

/// How many changes of the schedule are listed.
const LISTED_MAX: usize = 10;

/// When which schedule has begun.
fn changes(out: &mut String, system: &System, facts: &Facts, look: Look) {
    if facts.changes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", look.paint(heading(), "schedules"));
    let listed = facts.changes.iter().take(LISTED_MAX).map(|(time, number)| (*time, *number));
    for (time, number) in std::iter::once((0, system.initial_schedule)).chain(listed) {
        let _ = writeln!(out, "  {} from {} on", system.schedule_name(number), duration_rounded(time));
    }
    let more = facts.changes.len().saturating_sub(LISTED_MAX);
    if more > 0 {
        let _ = writeln!(out, "  and {} more", counted(more as u64, "change"));
    }
}

/// The windows and the picture of each schedule that has begun.
fn schedules(out: &mut String, system: &System, facts: &Facts, look: Look) {
    let mut first = 0;
    for schedule in &system.schedules {
        let observed = Observed { system, schedule, first, facts };
        first += schedule.windows.len();
        let of = if system.schedules.len() > 1 { format!(" of {}", schedule.name) } else { String::new() };
        if !of.is_empty() && !observed.has_begun() {
            let _ = writeln!(out, "\n{}", look.paint(heading(), &format!("no window{of} has begun")));
            continue;
        }
        let title = format!("windows{of} as configured, and how late they began");
        let _ = writeln!(out, "\n{}", look.paint(heading(), &title));
        windows(out, &observed, look);
        let frame = duration_text(schedule.major_frame);
        let name = if of.is_empty() { String::new() } else { format!(" {}", schedule.name) };
        let title = format!("schedule{name} as configured and as observed, {frame} long");
        let _ = writeln!(out, "\n{}", look.paint(heading(), &title));
        *out += &rows_picture(&rows(&observed), schedule.major_frame, look);
    }
}

/// A schedule, and what was seen of it.
struct Observed<'a> {
    system: &'a System,
    schedule: &'a Schedule,
    /// The number of its first window.
    first: usize,
    facts: &'a Facts,
}

impl Observed<'_> {
    /// Its windows with their numbers, and what was seen of each.
    fn windows(&self) -> impl Iterator<Item = (usize, &Window, Option<&Observation>)> {
        (self.first..)
            .zip(&self.schedule.windows)
            .map(|(number, window)| (number, window, self.facts.observations.get(&number)))
    }

    fn has_begun(&self) -> bool {
        self.windows().any(|(_, _, seen)| seen.is_some_and(|seen| seen.count > 0))
    }
}

fn name_width(system: &System) -> usize {
    system.partitions.iter().map(|partition| partition.name.len()).max().unwrap_or(0).max("partition".len())
}

fn partitions(out: &mut String, system: &System, finished: &Finished, look: Look) {
    let facts = &finished.facts;
    let width = name_width(system);
    for (number, partition) in system.partitions.iter().enumerate() {
        let name = look.paint(partition_style(number), &format!("{:width$}", partition.name));
        let end = match (finished.end_of(&partition.name), facts.reasons.get(&partition.name)) {
            (Some(PartitionEnd::Stopped), Some(reason)) => {
                let (time, ground) = (duration_rounded(reason.time), ground_text(reason.ground));
                format!("stopped at {time}{ground}: {}", reason.text)
            }
            (Some(end), _) => end_text(&end),
            (None, _) => "nothing was heard of its end".to_owned(),
        };
        let restarts = facts
            .restarts
            .get(&partition.name)
            .map_or_else(String::new, |restarts| format!(", after {}", counted(*restarts, "restart")));
        let _ = writeln!(out, "  {name}  {end}{restarts}");
    }
}

fn windows(out: &mut String, observed: &Observed<'_>, look: Look) {
    let system = observed.system;
    let width = name_width(system);
    let _ = writeln!(
        out,
        "  window  {:width$}  {:>12}  {:>12}  {:>8}  {:>12}  {:>12}",
        "partition", "start", "duration", "times", "earliest", "latest"
    );
    for (number, window, seen) in observed.windows() {
        let partition = system.partitions.get(window.partition).map_or("", |partition| &partition.name);
        let name = look.paint(partition_style(window.partition), &format!("{partition:width$}"));
        let (start, duration) = (duration_text(window.start), duration_text(window.duration));
        let times = match seen {
            Some(seen) if seen.count > 0 => {
                format!("{:>8}  {:>9} ns  {:>9} ns", seen.count, seen.late_min, seen.late_max)
            }
            _ => format!("{:>8}  {:>12}  {:>12}", 0, "-", "-"),
        };
        let lost = match seen {
            Some(seen) if seen.lost > 0 => format!("  {} lost", seen.lost),
            _ => String::new(),
        };
        let _ = writeln!(out, "  {number:>6}  {name}  {start:>12}  {duration:>12}  {times}{lost}");
    }
}

/// Two rows for each partition: as configured, and as observed with every window at its latest start.
fn rows(observed: &Observed<'_>) -> Vec<Row> {
    let (system, frame) = (observed.system, observed.schedule.major_frame);
    let width = system.partitions.iter().map(|partition| partition.name.len()).max().unwrap_or(0);
    let mut rows = Vec::new();
    for (number, partition) in system.partitions.iter().enumerate() {
        let own = observed.windows().filter(|(_, window, _)| window.partition == number);
        let (configured, seen): (Vec<Window>, Vec<Option<&Observation>>) =
            own.map(|(_, window, seen)| (*window, seen)).unzip();
        let seen: Vec<(Window, u64)> = configured
            .iter()
            .zip(seen)
            .filter_map(|(window, seen)| seen.filter(|seen| seen.count > 0).map(|seen| (window, seen)))
            .map(|(window, seen)| (late(*window, seen.late_max, frame), seen.count))
            .collect();
        rows.push(Row {
            label: format!("{:width$} configured", partition.name),
            partition: number,
            note: counted(configured.len() as u64, "window"),
            windows: configured,
        });
        rows.push(Row {
            label: format!("{:width$} observed", ""),
            partition: number,
            note: counted(seen.iter().map(|(_, count)| count).sum(), "time"),
            windows: seen.into_iter().map(|(window, _)| window).collect(),
        });
    }
    rows
}

/// The window as it is when it begins this late: its end stays.
fn late(window: Window, by: u64, major_frame: u64) -> Window {
    let start = window.start.saturating_add(by).min(major_frame);
    Window { start, duration: window.end().saturating_sub(start), ..window }
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
