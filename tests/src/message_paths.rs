//! Systems for the paths about messages and shared memory, as large as the kernel takes them: every partition there can
//! be, channels with all their destinations, every mapping of a region.

use bulkhead_abi::port::PORTS_PER_PARTITION_MAX;
use bulkhead_abi::system_table::{DESTINATIONS_MAX, PARTITIONS_MAX};

use crate::{MICROSECOND, System};

/// Loads that take paths about messages: partition, and path.
pub(crate) const LOADS: [(&str, &str); 15] = [
    ("write", "write"),
    ("write-odd", "write-odd"),
    ("write-short", "write-short"),
    ("read", "read-message"),
    ("read-odd", "read-odd"),
    ("send", "send"),
    ("receive", "receive"),
    ("send-odd", "send-odd"),
    ("receive-odd", "receive-odd"),
    ("send-more", "send"),
    ("clear", "clear-queue"),
    ("status", "port-status"),
    ("describe", "port-describe"),
    ("regions", "region-describe"),
    ("doorbell", "doorbell"),
];

/// How long the windows of partitions are that only have ports, in nanoseconds.
const WINDOW: u64 = 4 * MICROSECOND;
const OTHERS: usize = PARTITIONS_MAX - 1 - LOADS.len();

/// How long all of them are.
pub(crate) const OTHERS_TIME: u64 = OTHERS as u64 * WINDOW;

fn other(number: usize) -> String {
    format!("other-{number}")
}

/// Connects [`LOADS`]; partitions that only have ports get windows from `start` on.
pub(crate) fn connect(system: System, start: u64) -> System {
    let mut system = system;
    for number in 0..OTHERS {
        let window = (start + number as u64 * WINDOW, WINDOW);
        system = system.probe(&other(number), "load nothing", &[window]);
    }
    for (number, (source, reader, size)) in
        [("write", Some("read"), 65_536), ("write-odd", Some("read-odd"), 65_528), ("write-short", None, 64)]
            .into_iter()
            .enumerate()
    {
        let readers: Vec<&str> = match reader {
            Some(reader) => vec![reader],
            None => vec!["status", "describe"],
        };
        let owner = other(number);
        let names: Vec<String> = (readers.len()..DESTINATIONS_MAX).map(|port| format!("in-{port}")).collect();
        let readers = readers.into_iter().map(|reader| (reader, "in"));
        let destinations: Vec<(&str, &str)> =
            readers.chain(names.iter().map(|name| (owner.as_str(), name.as_str()))).collect();
        system =
            system.channel("kind = \"sampling\", refresh = \"1 ms\"", size, (source, "out"), &destinations);
    }
    for (source, destination, size) in
        [("send", "receive", 65_536), ("send-odd", "receive-odd", 65_528), ("send-more", "clear", 65_536)]
    {
        system =
            system.channel("kind = \"queuing\", depth = 1", size, (source, "out"), &[(destination, "in")]);
    }
    let others: Vec<String> = (0..OTHERS).map(other).collect();
    let all = LOADS.iter().map(|load| load.0).chain(others.iter().map(String::as_str)).chain(["watcher"]);
    let all: Vec<&str> = all.collect();
    for line in 8..12 {
        let says = format!("access = \"read-write\", doorbell = {line}");
        let members: Vec<(&str, &str)> = all.iter().map(|name| (*name, says.as_str())).collect();
        system = system.region(&format!("region-{line}"), "4 KiB", &members);
    }
    system
}

/// Gives `empty` as many queues as a partition can have, which `fill` fills.
pub(crate) fn fill(system: System, _start: u64) -> System {
    (0..PORTS_PER_PARTITION_MAX).fold(system, |system, number| {
        let port = format!("port-{number}");
        system.channel("kind = \"queuing\", depth = 1", 64, ("fill", &port), &[("empty", &port)])
    })
}
