//! The keys of schedules and their windows.

use bulkhead_abi::ChangeAction;

use super::{ANY, Default, Key, Kind, Table, quoted};

/// `[[schedule]]`.
pub(in crate::system_file) const SCHEDULE: Table = &[
    Key {
        name: "name",
        kind: Kind::Name,
        range: ANY,
        default: Default::Required,
        meaning: "Name, by which programs find it; no two schedules have the same.",
    },
    Key {
        name: "major-frame",
        kind: Kind::Duration,
        range: || "the shortest window to 3600 s".to_owned(),
        default: Default::Required,
        meaning: "After this time the schedule repeats, or another begins.",
    },
    Key {
        name: "initial",
        kind: Kind::Boolean,
        range: || "`true` once".to_owned(),
        default: Default::Is("`true` for the first if it is nowhere"),
        meaning: "Whether the system starts with it.",
    },
    Key {
        name: "window",
        kind: Kind::Windows,
        range: || "at least one; of all schedules together 256".to_owned(),
        default: Default::None,
        meaning: "Its windows, each as [`[[window]]`](#window) has it, written as `[[schedule.window]]`.",
    },
    Key {
        name: "at-change",
        kind: Kind::AtChange(ChangeAction::WORDS),
        range: || format!("names of partitions, each with {}", quoted(ChangeAction::WORDS)),
        default: Default::Is("`\"keep\"` for each"),
        meaning: "What becomes of partitions when the schedule begins, written as `[schedule.at-change]`.",
    },
];

/// `[[window]]`.
pub(in crate::system_file) const WINDOW: Table = &[
    Key {
        name: "partition",
        kind: Kind::PartitionName,
        range: ANY,
        default: Default::Required,
        meaning: "Who runs.",
    },
    Key {
        name: "start",
        kind: Kind::Duration,
        range: || "within the major frame".to_owned(),
        default: Default::Required,
        meaning: "When the window begins, from the start of the major frame.",
    },
    Key {
        name: "duration",
        kind: Kind::Duration,
        range: || "at least the shortest window, to the end of the major frame".to_owned(),
        default: Default::Required,
        meaning: "How long it lasts.",
    },
];
