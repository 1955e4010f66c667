//! What a host has for partitions that talk to each other: what it lacks is refused before anything is built.

use bulkhead_abi::port::MESSAGE_SIZE_MAX;

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::System;
use crate::system_file::channel::Channel;
use crate::units::size_text;

use super::{Host, pok};

/// What a host has.
struct Means {
    /// The longest message in bytes.
    message_size: u32,
    /// Whether partitions can share memory.
    regions: bool,
}

const fn means(host: Host) -> Means {
    match host {
        Host::Bulkhead => Means { message_size: MESSAGE_SIZE_MAX, regions: true },
        Host::Xen => Means { message_size: MESSAGE_SIZE_MAX, regions: true },
        Host::Xtratum | Host::Air => Means { message_size: MESSAGE_SIZE_MAX, regions: false },
        Host::Pok => Means { message_size: pok::MESSAGE_SIZE_MAX, regions: false },
    }
}

/// Complains about what the host does not have.
pub(super) fn check(host: Host, system: &System) -> Result<()> {
    let means = means(host);
    let channels = system.channels.iter().filter_map(|channel| channel_problem(host, &means, channel));
    let regions = system.regions.iter().filter(|_| !means.regions).map(|region| {
        let text = format!("partitions cannot share memory on {}", host.title());
        Problem::new(region.name_place.clone(), text)
            .help("take --host bulkhead or --host xen, or leave the region out; docs/hosts.md says what each host has")
    });
    let problems: Vec<Problem> = channels.chain(regions).collect();
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}

fn channel_problem(host: Host, means: &Means, channel: &Channel) -> Option<Problem> {
    if channel.message_size <= means.message_size {
        return None;
    }
    let (kind, size) = (channel.transfer.name(), size_text(channel.message_size.into()));
    let text = format!("a message of a {kind} channel cannot have {size} on {}", host.title());
    Some(
        Problem::new(channel.message_size_place.clone(), text)
            .help(format!("at most {}", size_text(means.message_size.into()))),
    )
}
