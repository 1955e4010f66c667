//! What a host allows a partition: refused before anything is built.

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::System;
use crate::units::size_text;

use super::Host;

/// The most memory that a partition can have, in bytes, and why.
const fn memory_max(host: Host) -> Option<(u64, &'static str)> {
    match host {
        Host::Bulkhead => None,
        // The last gibibyte of a guest's addresses has Xen's pages and holes; the binding takes 1 MiB and a copy of the
        // program's data on top.
        Host::Xen => Some((2048 << 20, "Xen keeps the upper part of a guest's addresses for itself")),
        Host::Xtratum | Host::Pok | Host::Air => None,
    }
}

/// Complains about partitions that are too large for the host.
pub(super) fn check(host: Host, system: &System) -> Result<()> {
    let Some((limit, reason)) = memory_max(host) else { return Ok(()) };
    let problems: Vec<Problem> = system
        .partitions
        .iter()
        .filter(|partition| partition.memory > limit)
        .map(|partition| {
            let text = format!(
                "{} is more than a partition can have on {}",
                size_text(partition.memory),
                host.title()
            );
            Problem::new(partition.memory_place.clone(), text)
                .help(format!("at most {}: {reason}", size_text(limit)))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}
