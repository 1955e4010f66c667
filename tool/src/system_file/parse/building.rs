//! The shape of `[build]` and `[partition.build]`, and of a partition's sources.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::shape_problem;
use crate::diagnostics::Problem;
use crate::system_file::value::{Located, TableReader, strings_of, wrong_type};

/// Texts, and where their array stands.
pub(in crate::system_file) type Texts = Located<Vec<Located<String>>>;

/// What sources are built with.
#[derive(Debug, Default)]
pub(in crate::system_file) struct RawBuilding {
    /// Where the table stands, if it is there.
    pub(in crate::system_file) place: Option<Range<usize>>,
    pub(in crate::system_file) include: Option<Texts>,
    pub(in crate::system_file) define: Option<Texts>,
    pub(in crate::system_file) optimization: Option<Located<String>>,
    pub(in crate::system_file) c_flags: Option<Texts>,
    pub(in crate::system_file) cxx_flags: Option<Texts>,
    pub(in crate::system_file) link_flags: Option<Texts>,
    pub(in crate::system_file) libraries: Option<Texts>,
}

/// A partition's sources.
#[derive(Debug)]
pub(in crate::system_file) struct RawSources {
    /// Where they stand.
    pub(in crate::system_file) place: Range<usize>,
    /// Those for every processor.
    pub(in crate::system_file) all: Vec<Located<String>>,
    /// Those for partitions of one processor, by its name.
    pub(in crate::system_file) of: Vec<(&'static str, Vec<Located<String>>)>,
}

/// Reads the table that is written with this heading.
pub(super) fn building(
    reader: &mut TableReader<'_, '_>,
    heading: &'static str,
    problems: &mut Vec<Problem>,
) -> RawBuilding {
    let Some(value) = reader.value("build") else { return RawBuilding::default() };
    let DeValue::Table(table) = value.get_ref() else {
        problems.push(shape_problem(value, "build", heading));
        return RawBuilding::default();
    };
    let mut reader = TableReader::new(table, heading, value.span());
    let raw = RawBuilding {
        place: Some(value.span()),
        include: reader.strings("include", "[\"include\"]", problems),
        define: reader.strings("define", "[\"RATE=50\"]", problems),
        optimization: reader.string("optimization", "\"2\"", problems),
        c_flags: reader.strings("c-flags", "[\"-std=c99\"]", problems),
        cxx_flags: reader.strings("cxx-flags", "[\"-std=c++20\"]", problems),
        link_flags: reader.strings("link-flags", "[\"-Wl,--wrap=malloc\"]", problems),
        libraries: reader.strings("libraries", "[\"lib/libfilter.a\"]", problems),
    };
    reader.finish(problems);
    raw
}

/// Reads a partition's sources: an array, or a table with one for each processor.
pub(super) fn sources(reader: &mut TableReader<'_, '_>, problems: &mut Vec<Problem>) -> Option<RawSources> {
    let value = reader.value("sources")?;
    match value.get_ref() {
        DeValue::Table(table) => {
            let before = problems.len();
            let sources = table_of_sources(table, value.span(), problems);
            (problems.len() == before).then_some(sources)
        }
        DeValue::Array(_) => {
            let all = strings_of(value, "sources", "[\"control.c\"]", problems)?;
            Some(RawSources { place: all.place, all: all.value, of: Vec::new() })
        }
        _ => {
            let wanted = "an array of strings or a table";
            problems.push(wrong_type(value, "sources", wanted, "[\"control.c\"]"));
            None
        }
    }
}

fn table_of_sources(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawSources {
    let mut reader = TableReader::new(table, "sources", place.clone());
    let mut read = |key: &'static str, example: &str, problems: &mut Vec<Problem>| {
        reader.strings(key, example, problems).map(|texts| texts.value).unwrap_or_default()
    };
    let all = read("all", "[\"control.c\"]", problems);
    let of = [("i386", "[\"i386.S\"]"), ("sparc", "[\"sparc.S\"]")];
    let of = of.map(|(key, example)| (key, read(key, example, problems))).into();
    reader.finish(problems);
    RawSources { place, all, of }
}
