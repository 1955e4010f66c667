//! The shape of `[health]` and `[partition.health]`.

use std::ops::Range;

use bulkhead_abi::HealthError;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::Problem;
use crate::system_file::keys::EXCEEDED;
use crate::system_file::value::{Located, TableReader, wrong_type};
use crate::units;

/// A table of responses.
#[derive(Debug, Default)]
pub(in crate::system_file) struct RawHealth {
    pub(in crate::system_file) responses: Vec<(HealthError, RawResponse)>,
    pub(in crate::system_file) restarts: Option<Located<i64>>,
    pub(in crate::system_file) restart_period: Option<Located<u64>>,
    pub(in crate::system_file) restarts_exceeded: Option<RawResponse>,
}

/// A response: the word of an action, or a table.
#[derive(Debug)]
pub(in crate::system_file) struct RawResponse {
    /// Where the value stands.
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) action: Option<Located<String>>,
    pub(in crate::system_file) deliver: Option<Located<bool>>,
    pub(in crate::system_file) log: Option<Located<bool>>,
    pub(in crate::system_file) schedule: Option<Located<String>>,
}

/// Reads a table, called `name`; the module's has an error more than a partition's.
pub(super) fn health(
    table: &DeTable<'_>,
    name: &'static str,
    place: Range<usize>,
    of_module: bool,
    problems: &mut Vec<Problem>,
) -> RawHealth {
    let mut raw = RawHealth::default();
    let mut reader = TableReader::new(table, name, place);
    for error in HealthError::ALL {
        if error == HealthError::Device && !of_module {
            continue;
        }
        let response = response(&mut reader, error.word(), true, problems);
        raw.responses.extend(response.map(|response| (error, response)));
    }
    raw.restarts = reader.integer("restarts", "3", problems);
    raw.restart_period = reader.quantity("restart-period", "\"10 s\"", units::duration, problems);
    raw.restarts_exceeded = response(&mut reader, EXCEEDED, false, problems);
    reader.finish(problems);
    raw
}

/// Reads a response. That to an error can have more keys than that to one restart too many.
fn response(
    reader: &mut TableReader<'_, '_>,
    key: &'static str,
    to_error: bool,
    problems: &mut Vec<Problem>,
) -> Option<RawResponse> {
    let value = reader.value(key)?;
    let place = value.span();
    let mut raw = RawResponse { place, action: None, deliver: None, log: None, schedule: None };
    match value.get_ref() {
        DeValue::String(action) => {
            raw.action = Some(Located { value: action.to_string(), place: value.span() });
        }
        DeValue::Table(table) => {
            let mut reader = TableReader::new(table, key, value.span());
            raw.action = reader.string("action", "\"idle\"", problems);
            if to_error {
                raw.deliver = reader.boolean("deliver", problems);
                raw.log = reader.boolean("log", problems);
            }
            raw.schedule = reader.string("schedule", "\"degraded\"", problems);
            reader.require("action", "\"idle\"", problems);
            reader.finish(problems);
        }
        _ => problems.push(wrong_type(value, key, "a string or a table", "\"idle\"")),
    }
    Some(raw)
}
