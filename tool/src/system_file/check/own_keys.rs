//! The keys whose meaning our own kernel knows: what other hosts can do of them, or cannot, is theirs to say.

use bulkhead_abi::{Action, HealthError, Response};

use crate::system_file::health::{Changes, RESTART_PERIOD, RESTARTS};
use crate::system_file::keys::EXCEEDED;
use crate::system_file::model::OwnKey;
use crate::system_file::parse::{RawHealth, RawPartition};

/// Every such key of a partition, whose table changes this.
pub(super) fn of_partition(raw: &RawPartition, changes: &Changes) -> Vec<OwnKey> {
    let mut keys: Vec<OwnKey> = limits(raw).collect();
    keys.extend(of_health(&raw.health, changes));
    keys
}

/// Every such key of a table of responses. One that says what is done anyway is none.
pub(super) fn of_health(raw: &RawHealth, changes: &Changes) -> Vec<OwnKey> {
    let mut keys = Vec::new();
    for (error, response) in &changes.responses {
        let is_standard = *error != HealthError::Initialization && *response == Response::standard(*error);
        let written = raw.responses.iter().find(|(of, _)| of == error).filter(|_| !is_standard);
        keys.extend(written.map(|(_, written)| OwnKey {
            key: error.word(),
            place: written.place.clone(),
            response: Some((*error, *response)),
        }));
    }
    let restarts = raw.restarts.as_ref().filter(|_| changes.restarts.is_some_and(|it| it != RESTARTS));
    let is_other = changes.restart_period.is_some_and(|it| it != RESTART_PERIOD);
    let period = raw.restart_period.as_ref().filter(|_| is_other);
    let is_other = changes.restarts_exceeded.is_some_and(|it| it != Response::new(Action::Idle));
    let exceeded = raw.restarts_exceeded.as_ref().filter(|_| is_other);
    let places = [
        ("restarts", restarts.map(|given| &given.place)),
        ("restart-period", period.map(|given| &given.place)),
        (EXCEEDED, exceeded.map(|given| &given.place)),
    ];
    for (key, place) in places {
        keys.extend(place.map(|place| OwnKey { key, place: place.clone(), response: None }));
    }
    keys
}

fn limits(partition: &RawPartition) -> impl Iterator<Item = OwnKey> {
    let system = partition.system.as_ref().filter(|given| given.value).map(|given| &given.place);
    let background = partition.background.as_ref().filter(|given| given.value).map(|given| &given.place);
    let heap = partition.executable_heap.as_ref().filter(|given| given.value).map(|given| &given.place);
    [
        ("system", system),
        ("background", background),
        ("executable-heap", heap),
        ("watchdog", partition.watchdog.as_ref().map(|given| &given.place)),
        ("max-lateness", partition.max_lateness.as_ref().map(|given| &given.place)),
        ("max-calls", partition.max_calls.as_ref().map(|given| &given.place)),
    ]
    .into_iter()
    .filter_map(|(key, place)| Some(OwnKey { key, place: place?.clone(), response: None }))
}
