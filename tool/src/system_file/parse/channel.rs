//! The shape of `[[channel]]` and of the ports in it.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::diagnostics::Problem;
use crate::system_file::value::{Located, TableReader, tables_of, wrong_type};
use crate::units;

/// A `[[channel]]` table.
#[derive(Debug)]
pub(in crate::system_file) struct RawChannel {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) name: Option<Located<String>>,
    pub(in crate::system_file) kind: Option<Located<String>>,
    pub(in crate::system_file) message_size: Option<Located<u64>>,
    pub(in crate::system_file) refresh: Option<Located<u64>>,
    /// Where `refresh` stands, usable or not.
    pub(in crate::system_file) refresh_given: Option<Range<usize>>,
    pub(in crate::system_file) depth: Option<Located<i64>>,
    /// Where `depth` stands, usable or not.
    pub(in crate::system_file) depth_given: Option<Range<usize>>,
    pub(in crate::system_file) source: Option<RawPort>,
    pub(in crate::system_file) destinations: Option<Located<Vec<RawPort>>>,
}

/// An end of a channel.
#[derive(Debug)]
pub(in crate::system_file) struct RawPort {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) partition: Option<Located<String>>,
    pub(in crate::system_file) port: Option<Located<String>>,
}

const SOURCE: &str = "{ partition = \"sensor\", port = \"attitude-out\" }";
const DESTINATIONS: &str = "[{ partition = \"control\", port = \"attitude-in\" }]";

pub(super) fn channel(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawChannel {
    let mut reader = TableReader::new(table, "[[channel]]", place.clone());
    let raw = RawChannel {
        place,
        name: reader.string("name", "\"attitude\"", problems),
        kind: reader.string("kind", "\"sampling\"", problems),
        message_size: reader.quantity("message-size", "\"64 B\"", units::size, problems),
        refresh: reader.quantity("refresh", "\"50 ms\"", units::duration, problems),
        refresh_given: reader.place_of("refresh"),
        depth: reader.integer("depth", "8", problems),
        depth_given: reader.place_of("depth"),
        source: source(&mut reader, problems),
        destinations: destinations(&mut reader, problems),
    };
    for (key, example) in [
        ("name", "\"attitude\""),
        ("kind", "\"sampling\""),
        ("message-size", "\"64 B\""),
        ("source", SOURCE),
        ("destinations", DESTINATIONS),
    ] {
        reader.require(key, example, problems);
    }
    reader.finish(problems);
    raw
}

fn source(reader: &mut TableReader<'_, '_>, problems: &mut Vec<Problem>) -> Option<RawPort> {
    let value = reader.value("source")?;
    if let DeValue::Table(table) = value.get_ref() {
        return Some(port(table, "source", value.span(), problems));
    }
    problems.push(wrong_type(value, "source", "a table", SOURCE));
    None
}

fn destinations(
    reader: &mut TableReader<'_, '_>,
    problems: &mut Vec<Problem>,
) -> Option<Located<Vec<RawPort>>> {
    let key = "destinations";
    let value = reader.value(key)?;
    let before = problems.len();
    let tables = tables_of(value, key, DESTINATIONS, problems)?;
    let is_whole = problems.len() == before;
    let ports = tables.into_iter().map(|(table, place)| port(table, key, place, problems)).collect();
    is_whole.then(|| Located { value: ports, place: value.span() })
}

fn port(table: &DeTable<'_>, key: &'static str, place: Range<usize>, problems: &mut Vec<Problem>) -> RawPort {
    let (partition, name) = ("\"control\"", "\"attitude-in\"");
    let mut reader = TableReader::new(table, key, place.clone());
    let raw = RawPort {
        place,
        partition: reader.string("partition", partition, problems),
        port: reader.string("port", name, problems),
    };
    reader.require("partition", partition, problems);
    reader.require("port", name, problems);
    reader.finish(problems);
    raw
}
