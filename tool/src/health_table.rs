//! What the health monitor does, for people: a table of what differs from the standard responses, or of everything.

use std::fmt::Write as _;

use bulkhead_abi::{Action, HealthError, Response};

use crate::system_file::health::Health;
use crate::system_file::{Partition, System};
use crate::terminal::{Look, heading, partition_style};
use crate::units::duration_text;

/// How much the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What differs from the standard responses; nothing if nothing does.
    Differences,
    /// The same, and a line if nothing does.
    DifferencesTold,
    /// Everything.
    All,
}

/// A line of the table: whose, the key of the system file, and what it comes to.
type Line = (Option<usize>, &'static str, String);

/// The table with its heading, ended by an empty line.
#[must_use]
pub fn table(system: &System, extent: Extent, look: Look) -> String {
    let all = extent == Extent::All;
    let mut lines: Vec<Line> = Vec::new();
    for (number, partition) in system.partitions.iter().enumerate() {
        let own = partition_lines(system, partition, all);
        lines.extend(own.into_iter().map(|(key, text)| (Some(number), key, text)));
    }
    if all || system.device_error != Response::standard(HealthError::Device) {
        lines.push((None, HealthError::Device.word(), response_text(system, system.device_error)));
    }
    let title = match (extent, lines.is_empty()) {
        (Extent::Differences, true) => return String::new(),
        (_, true) => {
            "health monitor: the standard responses for every partition (--health lists them)".to_owned()
        }
        (Extent::All, false) => "health monitor".to_owned(),
        (_, false) => {
            "health monitor: what differs from the standard responses (check --health lists all)".to_owned()
        }
    };
    let mut out = format!("{}\n", look.paint(heading(), &title));
    let names = system.partitions.iter().map(|partition| partition.name.chars().count());
    let name_width = names.max().unwrap_or(0).max("module".len());
    let key_width = lines.iter().map(|(_, key, _)| key.len()).max().unwrap_or(0);
    let mut last = usize::MAX;
    for (whose, key, text) in lines {
        let name = match whose {
            Some(number) if number != last => system.partition_name(number),
            Some(_) => "",
            None => "module",
        };
        last = whose.unwrap_or(usize::MAX);
        let padded = format!("{name:name_width$}");
        let name = whose.map_or(padded.clone(), |number| look.paint(partition_style(number), &padded));
        let _ = writeln!(out, "  {name}  {key:key_width$}  {text}");
    }
    out.push('\n');
    out
}

fn partition_lines(system: &System, partition: &Partition, all: bool) -> Vec<(&'static str, String)> {
    let (health, standard) = (&partition.health, Health::default());
    let mut lines = Vec::new();
    for error in HealthError::ALL {
        let response = health.response(error);
        let cannot_happen = match error {
            HealthError::WindowLate => partition.max_lateness == 0,
            HealthError::CallFlood => partition.max_calls == 0,
            HealthError::Watchdog => partition.watchdog == 0,
            _ => false,
        };
        if let Some(response) =
            response.filter(|_| !cannot_happen && (all || response != standard.response(error)))
        {
            lines.push((error.word(), response_text(system, response)));
        }
    }
    let is_restarted = HealthError::ALL.iter().filter_map(|error| health.response(*error)).any(restarts);
    let of_budget = |health: &Health| (health.restarts, health.restart_period, health.restarts_exceeded);
    if is_restarted || of_budget(health) != of_budget(&standard) {
        let then = response_text(system, health.restarts_exceeded);
        let period = duration_text(health.restart_period);
        lines.push(("restarts", format!("{} in {period}, then {then}", health.restarts)));
    }
    // A limit's key, told apart from the error of the same name.
    for (key, time) in [("watchdog time", partition.watchdog), ("max-lateness", partition.max_lateness)] {
        if time > 0 {
            lines.push((key, duration_text(time)));
        }
    }
    if partition.max_calls > 0 {
        lines.push(("max-calls", format!("{} in a window", partition.max_calls)));
    }
    let rights = partition.rights();
    if !rights.is_empty() {
        lines.push(("rights", rights.join(", ")));
    }
    lines
}

const fn restarts(response: Response) -> bool {
    matches!(response.action, Action::WarmRestart | Action::ColdRestart)
}

/// A response in words.
#[must_use]
pub fn response_text(system: &System, response: Response) -> String {
    let first = match (response.deliver, response.log) {
        (false, _) => "",
        (true, false) => "own handler, then ",
        (true, true) => "own handler (logged), then ",
    };
    let schedule = response
        .schedule
        .map_or_else(String::new, |number| format!(", schedule {}", system.schedule_name(number.into())));
    format!("{first}{}{schedule}", response.action.word())
}
