//! What only our own kernel does about errors, limits and schedules: refused for other hosts before anything is built.

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::System;

use super::Host;

/// Complains about keys that the host has no means for.
pub(super) fn check(host: Host, system: &System) -> Result<()> {
    let mut problems: Vec<Problem> = system
        .own_keys
        .iter()
        .map(|(key, place)| {
            let text = format!("{} cannot do what `{key}` says", host.title());
            Problem::new(place.clone(), text).help("leave it out, or take --host bulkhead")
        })
        .collect();
    if let Some(second) = system.schedules.get(1) {
        let text = format!("on {} a system has one schedule, not {}", host.title(), system.schedules.len());
        problems.push(
            Problem::new(second.place.clone(), text).help("keep one [[schedule]], or take --host bulkhead"),
        );
    }
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}
