//! The system file's shape: which tables and keys there are and of what type, before their meaning is checked.

mod building;
mod channel;
mod device;
mod health;
mod region;
mod schedule;
pub(crate) mod syntax;

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) use building::{RawBuilding, RawSources, Texts};
pub(super) use channel::{RawChannel, RawPort};
pub(super) use device::{
    Mask, RawBlock, RawDevice, RawFunction, RawInterrupt, RawMemory, RawResource, RawRule,
};
pub(super) use health::{RawHealth, RawResponse};
pub(super) use region::{RawMapping, RawRegion};
pub(super) use schedule::{RawSchedule, RawWindow};

use super::value::{Located, TableReader, tables_of};
use crate::diagnostics::Problem;
use crate::system_file::Purpose;
use crate::units;

/// The file's contents. A key that is absent or has been complained about is `None`.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) problems: Vec<Problem>,
    pub(super) system: RawSystem,
    pub(super) partitions: Vec<RawPartition>,
    pub(super) windows: Vec<RawWindow>,
    pub(super) schedules: Vec<RawSchedule>,
    pub(super) health: RawHealth,
    pub(super) building: RawBuilding,
    pub(super) channels: Vec<RawChannel>,
    pub(super) regions: Vec<RawRegion>,
    pub(super) devices: Vec<RawDevice>,
    /// Whether there is a `[[partition]]`, and a `[[window]]` or `[[schedule]]` at all, usable or not.
    pub(super) has_partitions: bool,
    pub(super) has_windows: bool,
    pub(super) has_schedules: bool,
}

/// The `[system]` table.
#[derive(Debug, Default)]
pub(super) struct RawSystem {
    /// Where the table stands.
    pub(super) place: Range<usize>,
    pub(super) name: Option<Located<String>>,
    pub(super) processor: Option<Located<String>>,
    pub(super) memory: Option<Located<u64>>,
    pub(super) memory_given: bool,
    pub(super) major_frame: Option<Located<u64>>,
    pub(super) leon3_clock: Option<Located<u64>>,
    pub(super) instruction_time: Option<Located<u64>>,
    pub(super) console_input: Option<Located<String>>,
}

/// Keys of which it is asked whether they are there, even where their values are wrong.
const GIVEN: [&str; 5] = ["watchdog", "max-lateness", "max-calls", "period", "budget"];

/// A `[[partition]]` table.
#[derive(Debug)]
pub(super) struct RawPartition {
    pub(super) place: Range<usize>,
    pub(super) name: Option<Located<String>>,
    pub(super) memory: Option<Located<u64>>,
    pub(super) sources: Option<RawSources>,
    pub(super) sources_given: bool,
    pub(super) image: Option<Located<String>>,
    pub(super) image_given: bool,
    pub(super) command_line: Option<Located<String>>,
    pub(super) tick: Option<Located<String>>,
    pub(super) allow_silent: Vec<RawAllowance>,
    pub(super) system: Option<Located<bool>>,
    pub(super) background: Option<Located<bool>>,
    pub(super) executable_heap: Option<Located<bool>>,
    pub(super) watchdog: Option<Located<u64>>,
    pub(super) max_lateness: Option<Located<u64>>,
    pub(super) max_calls: Option<Located<i64>>,
    /// Those of the limits, and of the demand, that are there, be they right or wrong.
    pub(super) given: Vec<&'static str>,
    pub(super) period: Option<Located<u64>>,
    pub(super) budget: Option<Located<u64>>,
    pub(super) health: RawHealth,
    pub(super) building: RawBuilding,
}

/// An entry of `allow-silent`.
#[derive(Debug)]
pub(super) struct RawAllowance {
    pub(super) function: Option<Located<String>>,
    pub(super) reason: Option<Located<String>>,
}

/// Reads the text; `Err` if it is no TOML, since then nothing else can be said of it.
pub(super) fn parse(text: &str, purpose: Purpose) -> Result<Raw, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax::problems(&errors, text));
    }
    let mut raw = Raw::default();
    let mut problems = Vec::new();
    let mut root = TableReader::new(document.get_ref(), "the system file", 0..0);
    if !root.has("system") {
        problems.push(Problem::new(0..0, "there is no [system]").help(
            "add [system] and below it the length of the major frame, such as major-frame = \"100 ms\"",
        ));
    }
    let has_frame_elsewhere = root.has("schedule") || purpose == Purpose::Propose;
    if let Some(value) = root.value("system") {
        match value.get_ref() {
            DeValue::Table(table) => {
                raw.system = system(table, value.span(), has_frame_elsewhere, &mut problems);
            }
            _ => problems.push(shape_problem(value, "system", "[system]")),
        }
    }
    if let Some(value) = root.value("partition") {
        raw.has_partitions = true;
        for (table, place) in tables(value, "partition", "[[partition]]", &mut problems) {
            raw.partitions.push(partition(table, place, &mut problems));
        }
    }
    if let Some(value) = root.value("window") {
        raw.has_windows = true;
        for (table, place) in tables(value, "window", "[[window]]", &mut problems) {
            raw.windows.push(schedule::window(table, "[[window]]", place, &mut problems));
        }
    }
    if let Some(value) = root.value("schedule") {
        raw.has_schedules = true;
        for (table, place) in tables(value, "schedule", "[[schedule]]", &mut problems) {
            raw.schedules.push(schedule::schedule(table, place, &mut problems));
        }
    }
    raw.health = health_of(&mut root, "[health]", true, &mut problems);
    raw.building = building::building(&mut root, "[build]", &mut problems);
    if let Some(value) = root.value("channel") {
        for (table, place) in tables(value, "channel", "[[channel]]", &mut problems) {
            raw.channels.push(channel::channel(table, place, &mut problems));
        }
    }
    if let Some(value) = root.value("region") {
        for (table, place) in tables(value, "region", "[[region]]", &mut problems) {
            raw.regions.push(region::region(table, place, &mut problems));
        }
    }
    if let Some(value) = root.value("device") {
        for (table, place) in tables(value, "device", "[[device]]", &mut problems) {
            raw.devices.push(device::device(table, place, &mut problems));
        }
    }
    root.finish(&mut problems);
    raw.problems = problems;
    Ok(raw)
}

/// The tables of an array that is written with this heading.
pub(crate) fn tables<'a, 'text>(
    value: &'a Spanned<DeValue<'text>>,
    name: &'static str,
    heading: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a DeTable<'text>, Range<usize>)> {
    let DeValue::Array(array) = value.get_ref() else {
        problems.push(shape_problem(value, name, heading));
        return Vec::new();
    };
    let mut found = Vec::new();
    for element in array {
        match element.get_ref() {
            DeValue::Table(table) => found.push((table, element.span())),
            _ => problems.push(shape_problem(element, name, heading)),
        }
    }
    found
}

fn shape_problem(value: &Spanned<DeValue<'_>>, name: &str, heading: &str) -> Problem {
    Problem::new(value.span(), format!("`{name}` is not written as {heading}"))
        .help(format!("write {heading} on a line of its own and the keys below it"))
}

fn system(
    table: &DeTable<'_>,
    place: Range<usize>,
    has_frame_elsewhere: bool,
    problems: &mut Vec<Problem>,
) -> RawSystem {
    let mut reader = TableReader::new(table, "[system]", place.clone());
    let raw = RawSystem {
        place,
        name: reader.string("name", "\"demo\"", problems),
        processor: reader.string("processor", "\"x86_64\"", problems),
        memory: reader.quantity("memory", "\"128 MiB\"", units::size, problems),
        memory_given: reader.has("memory"),
        major_frame: reader.quantity("major-frame", "\"100 ms\"", units::duration, problems),
        leon3_clock: reader.quantity("leon3-clock", "\"33.333 MHz\"", units::frequency, problems),
        instruction_time: reader.quantity("instruction-time", "\"20 ns\"", units::duration, problems),
        console_input: reader.string("console-input", "\"control\"", problems),
    };
    if !has_frame_elsewhere {
        reader.require("major-frame", "\"100 ms\"", problems);
    }
    reader.finish(problems);
    raw
}

fn partition(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawPartition {
    let mut reader = TableReader::new(table, "[[partition]]", place.clone());
    let raw = RawPartition {
        place,
        name: reader.string("name", "\"control\"", problems),
        memory: reader.quantity("memory", "\"4 MiB\"", units::size, problems),
        sources: building::sources(&mut reader, problems),
        sources_given: reader.has("sources"),
        image: reader.string("image", "\"control.exe\"", problems),
        image_given: reader.has("image"),
        command_line: reader.string("command-line", "\"rate=50\"", problems),
        tick: reader.string("tick", "\"catch-up\"", problems),
        allow_silent: allow_silent(&mut reader, problems),
        system: reader.boolean("system", problems),
        background: reader.boolean("background", problems),
        executable_heap: reader.boolean("executable-heap", problems),
        watchdog: reader.quantity("watchdog", "\"50 ms\"", units::duration, problems),
        max_lateness: reader.quantity("max-lateness", "\"20 us\"", units::duration, problems),
        max_calls: reader.integer("max-calls", "1000", problems),
        given: GIVEN.into_iter().filter(|key| reader.has(key)).collect(),
        period: reader.quantity("period", "\"20 ms\"", units::duration, problems),
        budget: reader.quantity("budget", "\"5 ms\"", units::duration, problems),
        health: health_of(&mut reader, "[partition.health]", false, problems),
        building: building::building(&mut reader, "[partition.build]", problems),
    };
    reader.require("name", "\"control\"", problems);
    reader.require("memory", "\"4 MiB\"", problems);
    reader.finish(problems);
    raw
}

/// Reads the health monitor's table, written with this heading: the module's, or a partition's.
fn health_of(
    reader: &mut TableReader<'_, '_>,
    heading: &'static str,
    of_module: bool,
    problems: &mut Vec<Problem>,
) -> RawHealth {
    let Some(value) = reader.value("health") else { return RawHealth::default() };
    let DeValue::Table(table) = value.get_ref() else {
        problems.push(shape_problem(value, "health", heading));
        return RawHealth::default();
    };
    health::health(table, heading, value.span(), of_module, problems)
}

fn allow_silent(reader: &mut TableReader<'_, '_>, problems: &mut Vec<Problem>) -> Vec<RawAllowance> {
    let key = "allow-silent";
    let example = "[{ function = \"probe\", reason = \"sets the ID flag only\" }]";
    let Some(value) = reader.value(key) else { return Vec::new() };
    let tables = tables_of(value, key, example, problems).unwrap_or_default();
    tables.into_iter().map(|(table, place)| allowance(table, place, problems)).collect()
}

fn allowance(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawAllowance {
    let (function, reason) = ("\"probe\"", "\"sets the ID flag only\"");
    let mut reader = TableReader::new(table, "allow-silent", place);
    let raw = RawAllowance {
        function: reader.string("function", function, problems),
        reason: reader.string("reason", reason, problems),
    };
    reader.require("function", function, problems);
    reader.require("reason", reason, problems);
    reader.finish(problems);
    raw
}
