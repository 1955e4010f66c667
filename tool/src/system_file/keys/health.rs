//! The keys of `[health]` and `[partition.health]`.

use bulkhead_abi::HealthError;
use bulkhead_abi::system_table::RESTARTS_MAX;

use super::{ANY, Default, Key, Kind, Table, quoted};
use crate::system_file::health::{RESTART_PERIOD, RESTARTS};
use crate::system_file::limits::TIME_MAX;
use crate::units::duration_text;

/// The key of the response to one restart too many.
pub(in crate::system_file) const EXCEEDED: &str = "restarts-exceeded";

/// What can be done about a fault.
const FAULT: &[&str] = &["warm-restart", "cold-restart", "idle", "stop-module", "restart-module"];

/// What can be done about an error that leaves the partition able to go on.
const ANY_ERROR: &[&str] =
    &["ignore", "log", "warm-restart", "cold-restart", "idle", "stop-module", "restart-module"];

/// What can be done about a damaged image.
const IMAGE: &[&str] = &["idle", "stop-module"];

/// What can be done about an error of a device.
const DEVICE: &[&str] = &["ignore", "log", "stop-module", "restart-module"];

/// What can be done about one restart too many.
pub(in crate::system_file) const NO_RESTART: &[&str] = &["idle", "stop-module", "restart-module"];

/// The words of what can be done about an error.
pub(in crate::system_file) const fn actions(error: HealthError) -> &'static [&'static str] {
    match error {
        HealthError::Initialization => FAULT,
        HealthError::Image => IMAGE,
        HealthError::Device => DEVICE,
        error if error.is_fault() => FAULT,
        _ => ANY_ERROR,
    }
}

/// Whether the partition's own handler can have an error first.
pub(in crate::system_file) const fn can_be_delivered(error: HealthError) -> bool {
    error.can_be_told() || error.is_fault() && !matches!(error, HealthError::Mode)
}

const fn key(error: HealthError, default: &'static str, meaning: &'static str) -> Key {
    let range: fn() -> String = match actions(error).len() {
        5 => || quoted(FAULT),
        7 => || quoted(ANY_ERROR),
        2 => || quoted(IMAGE),
        _ => || quoted(DEVICE),
    };
    let kind = Kind::Response(actions(error));
    Key { name: error.word(), kind, range, default: Default::Is(default), meaning }
}

const IDLE: &str = "`\"idle\"`";
const LOG: &str = "`\"log\"`";

/// `[health]`: that of the module has its last key more than a partition's.
pub(in crate::system_file) const HEALTH: Table = &[
    key(HealthError::Memory, IDLE, "A read, write or fetch where the partition has no such right."),
    key(HealthError::Privilege, IDLE, "An instruction that only a kernel may execute."),
    key(HealthError::Instruction, IDLE, "An instruction that the processor does not know."),
    key(HealthError::Arithmetic, IDLE, "Division by zero, or a checked overflow."),
    key(HealthError::FloatingPoint, IDLE, "A floating-point exception that the partition has not masked."),
    key(HealthError::Alignment, IDLE, "An address that is not a multiple of what the access needs."),
    key(HealthError::Breakpoint, IDLE, "A breakpoint or a single step."),
    key(HealthError::Other, IDLE, "Anything else that the processor reports."),
    key(
        HealthError::Mode,
        IDLE,
        "Another mode of the processor than the partition was given. Never the partition's own handler's.",
    ),
    key(HealthError::StackOverflow, LOG, "A task has left its stack: the partition says so."),
    key(HealthError::DeadlineMissed, LOG, "A task has missed its deadline: the partition says so."),
    key(
        HealthError::Application,
        LOG,
        "What the partition calls an error (`RAISE_APPLICATION_ERROR`, fatal errors of RTEMS).",
    ),
    key(
        HealthError::Initialization,
        "none",
        "Any error while the partition is not in the mode NORMAL yet: takes the place of that error's own response.",
    ),
    key(HealthError::WindowLost, LOG, "A window of the partition has passed without being opened."),
    key(HealthError::WindowLate, LOG, "A window has begun later than `max-lateness`."),
    key(HealthError::CallFlood, IDLE, "More calls in a window than `max-calls`."),
    key(HealthError::Watchdog, IDLE, "It has run for longer than `watchdog` without serving it."),
    key(HealthError::Image, IDLE, "The image is not what was built: looked at before each start."),
    Key {
        name: "restarts",
        kind: Kind::Integer { least: 0, most: RESTARTS_MAX as u32 },
        range: || format!("0 to {RESTARTS_MAX}"),
        default: Default::Is("3"),
        meaning: "How often the health monitor starts the partition again in a `restart-period`.",
    },
    Key {
        name: "restart-period",
        kind: Kind::Duration,
        range: || format!("1 ns to {}", duration_text(TIME_MAX)),
        default: Default::Is("`\"10 s\"`"),
        meaning: "In what time it gets so many restarts.",
    },
    Key {
        name: EXCEEDED,
        kind: Kind::Exceeded(NO_RESTART),
        range: || quoted(NO_RESTART),
        default: Default::Is(IDLE),
        meaning: "What is done instead of one restart more. A table here has `action` and `schedule` only.",
    },
    key(HealthError::Device, LOG, "A device of the kernel's has failed. In `[health]` only."),
];

const _: () = assert!(RESTARTS == 3 && RESTART_PERIOD == 10_000_000_000, "the defaults that the table names");

/// `[partition.health]`.
pub(in crate::system_file) const PARTITION_HEALTH: Table = HEALTH.split_at(HEALTH.len() - 1).0;

/// A response that is a table.
pub(in crate::system_file) const RESPONSE: Table = &[
    Key {
        name: "action",
        kind: Kind::OneOf(ANY_ERROR),
        range: || "as above".to_owned(),
        default: Default::Required,
        meaning: "What the health monitor does.",
    },
    Key {
        name: "deliver",
        kind: Kind::Boolean,
        range: ANY,
        default: Default::Is("`true` for faults but `wrong-mode`"),
        meaning: "Whether the partition's own handler comes first, if it has one that is not at work already. Faults \
                  but `wrong-mode`, and `window-lost`, `window-late`, `call-flood` and `watchdog` can have it.",
    },
    Key {
        name: "log",
        kind: Kind::Boolean,
        range: ANY,
        default: Default::Is("`false`"),
        meaning: "Whether the log tells of what the partition's own handler is given. Of everything else it does.",
    },
    Key {
        name: "schedule",
        kind: Kind::Name,
        range: || "a schedule of this file".to_owned(),
        default: Default::None,
        meaning: "The schedule that is asked for besides.",
    },
];
