//! The keys whose meaning only our own kernel knows: what other hosts cannot do.

use std::ops::Range;

use bulkhead_abi::{HealthError, Response};

use super::health::changes;
use crate::system_file::health::{Changes, Health};
use crate::system_file::parse::{Raw, RawPartition};

/// A key, and where it stands.
type OwnKey = (&'static str, Range<usize>);

/// Every such key of a file. A table that says what is done anyway is none.
pub(super) fn own_keys(raw: &Raw, module: &Changes, schedules: &[&str]) -> Vec<OwnKey> {
    let mut keys = Vec::new();
    let device = module.responses.iter().any(|(error, response)| {
        *error == HealthError::Device && *response != Response::standard(HealthError::Device)
    });
    if device || Health::default().with(module) != Health::default() {
        keys.push(("health", raw.health.place.clone()));
    }
    for partition in &raw.partitions {
        keys.extend(limits(partition));
        // What is wrong is told elsewhere.
        let changes = changes(&partition.health, schedules, &mut Vec::new());
        if Health::default().with(&changes) != Health::default() {
            keys.push(("health", partition.health.place.clone()));
        }
    }
    keys
}

fn limits(partition: &RawPartition) -> impl Iterator<Item = OwnKey> {
    let system = partition.system.as_ref().filter(|given| given.value).map(|given| &given.place);
    let background = partition.background.as_ref().filter(|given| given.value).map(|given| &given.place);
    [
        ("system", system),
        ("background", background),
        ("watchdog", partition.watchdog.as_ref().map(|given| &given.place)),
        ("max-lateness", partition.max_lateness.as_ref().map(|given| &given.place)),
        ("max-calls", partition.max_calls.as_ref().map(|given| &given.place)),
    ]
    .into_iter()
    .filter_map(|(key, place)| Some((key, place?.clone())))
}
