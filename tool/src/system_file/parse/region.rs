//! The shape of `[[region]]` and of the partitions that have it.

use std::ops::Range;

use toml::de::DeTable;

use crate::diagnostics::Problem;
use crate::system_file::value::{Located, TableReader, tables_of};
use crate::units;

/// A `[[region]]` table.
#[derive(Debug)]
pub(in crate::system_file) struct RawRegion {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) name: Option<Located<String>>,
    pub(in crate::system_file) size: Option<Located<u64>>,
    pub(in crate::system_file) mappings: Option<Located<Vec<RawMapping>>>,
}

/// An entry of `partitions`.
#[derive(Debug)]
pub(in crate::system_file) struct RawMapping {
    pub(in crate::system_file) partition: Option<Located<String>>,
    pub(in crate::system_file) access: Option<Located<String>>,
    pub(in crate::system_file) address: Option<Located<u64>>,
    /// Whether there is an `address`, usable or not.
    pub(in crate::system_file) address_given: bool,
    pub(in crate::system_file) doorbell: Option<Located<i64>>,
}

const PARTITIONS: &str = "[{ partition = \"camera\", access = \"read-write\" }]";

pub(super) fn region(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawRegion {
    let mut reader = TableReader::new(table, "[[region]]", place.clone());
    let raw = RawRegion {
        place,
        name: reader.string("name", "\"frames\"", problems),
        size: reader.quantity("size", "\"64 KiB\"", units::size, problems),
        mappings: mappings(&mut reader, problems),
    };
    reader.require("name", "\"frames\"", problems);
    reader.require("size", "\"64 KiB\"", problems);
    reader.require("partitions", PARTITIONS, problems);
    reader.finish(problems);
    raw
}

fn mappings(
    reader: &mut TableReader<'_, '_>,
    problems: &mut Vec<Problem>,
) -> Option<Located<Vec<RawMapping>>> {
    let value = reader.value("partitions")?;
    let before = problems.len();
    let tables = tables_of(value, "partitions", PARTITIONS, problems)?;
    let is_whole = problems.len() == before;
    let mappings = tables.into_iter().map(|(table, place)| mapping(table, place, problems)).collect();
    is_whole.then(|| Located { value: mappings, place: value.span() })
}

fn mapping(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawMapping {
    let (partition, access) = ("\"camera\"", "\"read-write\"");
    let mut reader = TableReader::new(table, "partitions", place);
    let raw = RawMapping {
        partition: reader.string("partition", partition, problems),
        access: reader.string("access", access, problems),
        address: reader.quantity("address", "\"0x00800000\"", units::address, problems),
        address_given: reader.has("address"),
        doorbell: reader.integer("doorbell", "8", problems),
    };
    reader.require("partition", partition, problems);
    reader.require("access", access, problems);
    reader.finish(problems);
    raw
}
