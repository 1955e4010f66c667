//! The shape of `[[schedule]]`, `[[window]]` and what becomes of partitions at a change.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tables;
use crate::diagnostics::Problem;
use crate::system_file::value::{Located, TableReader, string_of};
use crate::units;

/// A `[[schedule]]` table.
#[derive(Debug)]
pub(in crate::system_file) struct RawSchedule {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) name: Option<Located<String>>,
    pub(in crate::system_file) initial: Option<Located<bool>>,
    pub(in crate::system_file) major_frame: Option<Located<u64>>,
    pub(in crate::system_file) windows: Vec<RawWindow>,
    /// Whether there is a window at all, usable or not.
    pub(in crate::system_file) has_windows: bool,
    /// Names of partitions, and the words of what becomes of them.
    pub(in crate::system_file) at_change: Vec<(Located<String>, Located<String>)>,
}

/// A `[[window]]` table.
#[derive(Debug)]
pub(in crate::system_file) struct RawWindow {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) partition: Option<Located<String>>,
    pub(in crate::system_file) start: Option<Located<u64>>,
    pub(in crate::system_file) duration: Option<Located<u64>>,
}

pub(super) fn schedule(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawSchedule {
    let mut reader = TableReader::new(table, "[[schedule]]", place.clone());
    let mut raw = RawSchedule {
        place,
        name: reader.string("name", "\"degraded\"", problems),
        initial: reader.boolean("initial", problems),
        major_frame: reader.quantity("major-frame", "\"100 ms\"", units::duration, problems),
        windows: Vec::new(),
        has_windows: false,
        at_change: Vec::new(),
    };
    if let Some(value) = reader.value("window") {
        raw.has_windows = true;
        for (table, place) in tables(value, "window", "[[schedule.window]]", problems) {
            raw.windows.push(window(table, "[[schedule.window]]", place, problems));
        }
    }
    if let Some(value) = reader.value("at-change") {
        raw.at_change = at_change(value, problems);
    }
    reader.require("name", "\"degraded\"", problems);
    reader.require("major-frame", "\"100 ms\"", problems);
    reader.finish(problems);
    raw
}

fn at_change(
    value: &Spanned<DeValue<'_>>,
    problems: &mut Vec<Problem>,
) -> Vec<(Located<String>, Located<String>)> {
    let DeValue::Table(table) = value.get_ref() else {
        problems.push(super::shape_problem(value, "at-change", "[schedule.at-change]"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in table {
        if let Some(action) = string_of(value, name.get_ref(), "\"idle\"", problems) {
            let name = Located { value: name.get_ref().to_string(), place: name.span() };
            found.push((name, Located { value: action, place: value.span() }));
        }
    }
    found
}

/// Reads a window, of a table that messages call `heading`.
pub(super) fn window(
    table: &DeTable<'_>,
    heading: &'static str,
    place: Range<usize>,
    problems: &mut Vec<Problem>,
) -> RawWindow {
    let mut reader = TableReader::new(table, heading, place.clone());
    let raw = RawWindow {
        place,
        partition: reader.string("partition", "\"control\"", problems),
        start: reader.quantity("start", "\"0 ms\"", units::duration, problems),
        duration: reader.quantity("duration", "\"20 ms\"", units::duration, problems),
    };
    reader.require("partition", "\"control\"", problems);
    reader.require("start", "\"0 ms\"", problems);
    reader.require("duration", "\"20 ms\"", problems);
    reader.finish(problems);
    raw
}
