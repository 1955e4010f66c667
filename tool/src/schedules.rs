//! The schedules of a system, for people: a picture of each, and what is to be known of it.

use std::fmt::Write as _;

use bulkhead_abi::ChangeAction;

use crate::schedule_picture::{percent, picture};
use crate::system_file::System;
use crate::system_file::schedule::{Gap, Schedule};
use crate::terminal::{Look, heading};
use crate::units::duration_text;

/// The pictures of all schedules with their headings, an empty line between two.
#[must_use]
pub fn schedules(system: &System, look: Look) -> String {
    let parts: Vec<String> =
        (0..system.schedules.len()).map(|number| schedule(system, number, look)).collect();
    parts.join("\n")
}

/// The picture of one of a system's schedules with its heading.
fn schedule(system: &System, number: usize, look: Look) -> String {
    let Some(schedule) = system.schedules.get(number) else { return String::new() };
    let several = system.schedules.len() > 1;
    let name = match (several, number == system.initial_schedule) {
        (false, _) => String::new(),
        (true, false) => format!(" {}", schedule.name),
        (true, true) => format!(" {} (initial)", schedule.name),
    };
    let count = schedule.windows.len();
    let title = format!(
        "schedule{name}: {count} window{} in a major frame of {}, {} % of it used{}",
        if count == 1 { "" } else { "s" },
        duration_text(schedule.major_frame),
        percent(schedule.used(), schedule.major_frame),
        gaps_text(&schedule.gaps())
    );
    let mut out = format!("{}\n{}", look.paint(heading(), &title), picture(system, schedule, look));
    if several {
        let absent: Vec<&str> = schedule.absent(system).map(|number| system.partition_name(number)).collect();
        if !absent.is_empty() {
            let _ = writeln!(out, "  without a window: {}", absent.join(", "));
        }
        let changed = changed(system, schedule);
        if !changed.is_empty() {
            let _ = writeln!(out, "  when it begins: {changed}");
        }
    }
    out
}

/// How many parts of the frame are nobody's, and how long they are.
fn gaps_text(gaps: &[Gap]) -> String {
    let longest = gaps.iter().map(|gap| gap.end - gap.start).max().map_or_else(String::new, duration_text);
    match gaps.len() {
        0 => String::new(),
        1 => format!(", a gap of {longest}"),
        more => format!(", {more} gaps of up to {longest}"),
    }
}

/// What becomes of whom when the schedule begins.
fn changed(system: &System, schedule: &Schedule) -> String {
    let actions = schedule.at_change.iter().enumerate();
    let changed = actions.filter(|(_, action)| **action != ChangeAction::Keep).map(|(number, action)| {
        let word = ChangeAction::WORDS.get(*action as usize).copied().unwrap_or_default();
        format!("{} {word}", system.partition_name(number))
    });
    changed.collect::<Vec<_>>().join(", ")
}
