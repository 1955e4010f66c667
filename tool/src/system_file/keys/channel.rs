//! The keys of channels and of the ports in them.

use bulkhead_abi::port::MESSAGE_SIZE_MAX;
use bulkhead_abi::system_table::{DESTINATIONS_MAX, MESSAGES_MAX};

use super::{ANY, Default, Key, Kind, Table, quoted};
use crate::system_file::limits::REFRESH_MAX;
use crate::units::{duration_text, size_text};

/// What `kind` can be.
pub(in crate::system_file) const KINDS: [&str; 2] = ["sampling", "queuing"];

/// `[[channel]]`.
pub(in crate::system_file) const CHANNEL: Table = &[
    Key {
        name: "name",
        kind: Kind::Name,
        range: ANY,
        default: Default::Required,
        meaning: "Name; no two channels have the same. What is built and drawn shows it; partitions know the names of \
                  their ports.",
    },
    Key {
        name: "kind",
        kind: Kind::OneOf(&KINDS),
        range: || quoted(&KINDS),
        default: Default::Required,
        meaning: "Sampling keeps the last message, which is read as often as one likes; queuing keeps messages until \
                  they are received, each once.",
    },
    Key {
        name: "message-size",
        kind: Kind::Size,
        range: || format!("1 B to {}", size_text(MESSAGE_SIZE_MAX.into())),
        default: Default::Required,
        meaning: "The longest message.",
    },
    Key {
        name: "refresh",
        kind: Kind::Duration,
        range: || format!("1 ns to {}", duration_text(REFRESH_MAX)),
        default: Default::None,
        meaning: "How old a message may be that counts as valid. Sampling channels have it, queuing ones do not.",
    },
    Key {
        name: "depth",
        kind: Kind::Integer { least: 1, most: MESSAGES_MAX as u32 },
        range: || format!("1 to {MESSAGES_MAX}"),
        default: Default::None,
        meaning: "How many messages can wait. Queuing channels have it, sampling ones do not.",
    },
    Key {
        name: "source",
        kind: Kind::Port,
        range: ANY,
        default: Default::Required,
        meaning: "The port that messages go out of.",
    },
    Key {
        name: "destinations",
        kind: Kind::Ports,
        range: || format!("1; of a sampling channel up to {DESTINATIONS_MAX}"),
        default: Default::Required,
        meaning: "The ports that they come to, of other partitions than the source.",
    },
];

/// The source of a channel, or one of its destinations.
pub(in crate::system_file) const PORT: Table = &[
    Key {
        name: "partition",
        kind: Kind::PartitionName,
        range: ANY,
        default: Default::Required,
        meaning: "The partition that has the port.",
    },
    Key {
        name: "port",
        kind: Kind::Name,
        range: ANY,
        default: Default::Required,
        meaning: "Its name; no two ports of a partition have the same, and each is an end of one channel.",
    },
];
