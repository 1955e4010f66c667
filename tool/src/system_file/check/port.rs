//! The rules for the ends of channels.

use std::collections::BTreeMap;
use std::ops::Range;

use bulkhead_abi::PortDirection;
use bulkhead_abi::port::PORTS_PER_PARTITION_MAX;
use bulkhead_abi::system_table::{PARTITIONS_MAX, PORTS_MAX};

use super::name;
use crate::diagnostics::{Problem, known_names};
use crate::system_file::channel::Port;
use crate::system_file::parse::RawPort;
use crate::system_file::value::Located;

/// An end of a channel that has been seen.
struct Seen {
    place: Range<usize>,
    direction: PortDirection,
    channel: usize,
}

/// The ports of all channels so far.
pub(super) struct Ports<'a> {
    names: &'a [&'a str],
    seen: BTreeMap<(usize, String), Seen>,
    of_partition: BTreeMap<usize, u32>,
}

impl<'a> Ports<'a> {
    /// None yet, of partitions with these names.
    pub(super) const fn new(names: &'a [&'a str]) -> Self {
        Self { names, seen: BTreeMap::new(), of_partition: BTreeMap::new() }
    }

    /// Checks an end of a channel with this number; `None` if it is not fit to be one.
    pub(super) fn end(
        &mut self,
        raw: RawPort,
        direction: PortDirection,
        channel: usize,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<Port>> {
        let RawPort { place, partition, port } = raw;
        let partition =
            partition.and_then(|wanted| partition_of(&wanted, self.names, "this port is of", problems));
        let port = port?;
        if let Some(problem) = name::name_problem(&port, "port") {
            problems.push(problem);
            return None;
        }
        let partition = partition?;
        let partition_name = self.names.get(partition).copied().unwrap_or_default();
        let key = (partition, port.value.clone());
        if let Some(other) = self.seen.get(&key) {
            let same = other.channel == channel;
            problems.push(connected_twice(&port, direction, other, partition_name, same));
            return None;
        }
        let count = self.of_partition.entry(partition).or_default();
        *count += 1;
        if *count == PORTS_PER_PARTITION_MAX + 1 {
            let message =
                format!("`{partition_name}` has more than {PORTS_PER_PARTITION_MAX} ports from here on");
            problems.push(
                Problem::new(port.place.clone(), message)
                    .help(format!("a partition can have {PORTS_PER_PARTITION_MAX}")),
            );
        }
        self.seen.insert(key, Seen { place: port.place.clone(), direction, channel });
        if self.seen.len() == PORTS_MAX + 1 {
            problems.push(
                Problem::new(port.place, format!("there are more than {PORTS_MAX} ports from here on"))
                    .help(format!("a system can have {PORTS_MAX}")),
            );
        }
        Some(Located { value: Port { partition, name: port.value }, place })
    }
}

/// What is wrong with a port that is an end already, `other`, of the same channel or of another.
fn connected_twice(
    port: &Located<String>,
    direction: PortDirection,
    other: &Seen,
    partition: &str,
    same_channel: bool,
) -> Problem {
    let both = |wanted| direction == wanted && other.direction == wanted && !same_channel;
    let (what, help) = if both(PortDirection::Destination) {
        (
            "has two writers",
            "messages come to a port from one channel: give this one a destination port of its own",
        )
    } else if both(PortDirection::Source) {
        (
            "is connected twice",
            "one message goes to several partitions over one sampling channel that has them as destinations; give \
             another channel a source port of its own",
        )
    } else {
        ("is connected twice", "a port is one end of one channel: give this end a port of its own")
    };
    Problem::new(port.place.clone(), format!("the port `{}` of `{partition}` {what}", port.value))
        .related(other.place.clone(), "it is connected here already")
        .help(help)
}

/// The number of a partition that is named; `lead` begins the complaint if there is none.
pub(super) fn partition_of(
    wanted: &Located<String>,
    names: &[&str],
    lead: &str,
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let number = names.iter().position(|name| *name == wanted.value);
    if number.is_some() {
        return number;
    }
    let known: Vec<&str> =
        names.iter().copied().filter(|name| !name.is_empty()).take(PARTITIONS_MAX).collect();
    // Without any partition that is what has to be said, not this.
    if !known.is_empty() {
        problems.push(
            Problem::new(wanted.place.clone(), format!("{lead} no partition: `{}`", wanted.value))
                .help(known_names(&wanted.value, "partitions", &known)),
        );
    }
    None
}
