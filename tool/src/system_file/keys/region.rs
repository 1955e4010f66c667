//! The keys of regions and of the partitions that have them.

use bulkhead_abi::Line;
use bulkhead_abi::system_table::MAPPINGS_MAX;

use super::{ANY, Default, Key, Kind, Table, quoted};

/// What `access` can be.
pub(in crate::system_file) const ACCESSES: [&str; 2] = ["read", "read-write"];

/// `[[region]]`.
pub(in crate::system_file) const REGION: Table = &[
    Key {
        name: "name",
        kind: Kind::Name,
        range: ANY,
        default: Default::Required,
        meaning: "Name, by which programs find it; no two regions have the same.",
    },
    Key {
        name: "size",
        kind: Kind::Size,
        range: || "from 4 KiB on, whole multiples of 4 KiB, as far as the machine's memory goes".to_owned(),
        default: Default::Required,
        meaning: "Size of the region.",
    },
    Key {
        name: "partitions",
        kind: Kind::Mappings,
        range: || format!("at least one that writes; of all regions together {MAPPINGS_MAX}"),
        default: Default::Required,
        meaning: "The partitions that have it, each once.",
    },
];

/// An entry of `partitions`.
pub(in crate::system_file) const MAPPING: Table = &[
    Key {
        name: "partition",
        kind: Kind::PartitionName,
        range: ANY,
        default: Default::Required,
        meaning: "Who has the region.",
    },
    Key {
        name: "access",
        kind: Kind::OneOf(&ACCESSES),
        range: || quoted(&ACCESSES),
        default: Default::Required,
        meaning: "What the partition may do; nobody executes anything in a region.",
    },
    Key {
        name: "address",
        kind: Kind::Address,
        range: || "behind the partition's memory, a multiple of 4 KiB".to_owned(),
        default: Default::Is("64 KiB behind the partition's memory and the regions before"),
        meaning: "Where the partition sees it.",
    },
    Key {
        name: "doorbell",
        kind: Kind::Integer { least: *Line::DOORBELLS.start(), most: *Line::DOORBELLS.end() },
        range: || format!("{} to {}", Line::DOORBELLS.start(), Line::DOORBELLS.end()),
        default: Default::Is("none"),
        meaning: "The interrupt line that another partition of the region makes pending when it rings. A line serves \
                  one region.",
    },
];
