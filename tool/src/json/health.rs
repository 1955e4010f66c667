//! What the health monitor does, as objects.

use std::collections::BTreeMap;

use bulkhead_abi::{HealthError, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::system_file::health::Health;

/// The health monitor's table of a partition.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct HealthObject {
    /// By the words of the errors.
    responses: BTreeMap<&'static str, ResponseObject>,
    restarts: u32,
    restart_period: u64,
    restarts_exceeded: ResponseObject,
}

/// What is done about an error.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct ResponseObject {
    action: &'static str,
    /// Whether the partition's own handler comes first.
    deliver: bool,
    /// Whether the log tells of that.
    log: bool,
    /// Number of the schedule that is asked for besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<u8>,
}

impl ResponseObject {
    pub(super) const fn of(response: Response) -> Self {
        let Response { action, deliver, log, schedule } = response;
        Self { action: action.word(), deliver, log, schedule }
    }
}

impl HealthObject {
    pub(super) fn of(health: &Health) -> Self {
        let responses = HealthError::ALL.iter().filter_map(|&error| {
            health.response(error).map(|response| (error.word(), ResponseObject::of(response)))
        });
        Self {
            responses: responses.collect(),
            restarts: health.restarts,
            restart_period: health.restart_period,
            restarts_exceeded: ResponseObject::of(health.restarts_exceeded),
        }
    }
}
