//! Devices that partitions own: other hosts have no means to give them, which is said before anything is built.

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::System;

use super::Host;

/// Complains about every device.
pub(super) fn check(host: Host, system: &System) -> Result<()> {
    let problem = |place: &std::ops::Range<usize>| {
        Problem::new(place.clone(), format!("partitions cannot own devices on {}", host.title()))
            .help("take --host bulkhead, or leave the device out; docs/hosts.md says what each host has")
    };
    let problems: Vec<Problem> = system.devices.iter().map(|device| problem(&device.name_place)).collect();
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}
