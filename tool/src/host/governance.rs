//! What our own kernel does about errors, limits and schedules, and other hosts cannot: refused before anything is
//! built.

use bulkhead_abi::{Action, HealthError, Response};

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::{OwnKey, System};

use super::Host;

/// Complains about keys that the host has no means for.
pub(super) fn check(host: Host, system: &System) -> Result<()> {
    let mut problems: Vec<Problem> = system
        .own_keys
        .iter()
        .filter_map(|key| {
            let why = refusal(host, key)?;
            let text = format!("{} cannot do what `{}` says", host.title(), key.key);
            let help = format!("{why}: leave it out, or take --host bulkhead");
            Some(Problem::new(key.place.clone(), text).help(help))
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

/// Why a host cannot do what a key says, if it cannot.
fn refusal(host: Host, key: &OwnKey) -> Option<&'static str> {
    match (host, key.response, key.key) {
        (Host::Bulkhead, ..) | (Host::Xen, None, "restarts" | "restart-period") => None,
        (Host::Xen, Some((error, response)), _) => on_xen(error, response),
        (Host::Xtratum, Some((error, response)), _) => on_xtratum(error, response),
        (Host::Xen, None, "restarts-exceeded") => Some("a guest can only stop itself"),
        (
            Host::Xtratum | Host::Pok | Host::Air,
            None,
            "restarts" | "restart-period" | "restarts-exceeded",
        ) => Some("nobody counts restarts there"),
        (_, None, "system") => Some("no partition there knows of others"),
        (_, None, "background") => Some("the host gives its time by itself"),
        (Host::Xen, None, "executable-heap") => Some("its binding's page tables let no data be executed"),
        (_, None, "executable-heap") => Some("what can be executed there no system file says"),
        (_, None, "watchdog") => Some("nobody counts the time that a partition runs"),
        (_, None, "max-lateness") => Some("nobody sees when windows begin"),
        (_, None, _) => Some("nobody counts calls there"),
        (Host::Pok | Host::Air, Some(_), _) => {
            Some("a fault goes to the fault entry, or ends the partition, whatever it is")
        }
    }
}

/// What the monitor of a guest cannot do about an error.
const fn on_xen(error: HealthError, response: Response) -> Option<&'static str> {
    let is_noticed = error.can_be_raised() && !matches!(error, HealthError::Mode)
        || matches!(error, HealthError::Initialization);
    match response {
        _ if !is_noticed => Some("the monitor in a guest does not notice it"),
        Response { action: Action::StopModule | Action::RestartModule, .. } => {
            Some("a guest can only stop itself or start itself again")
        }
        Response { schedule: Some(_), .. } => Some("there is no other schedule"),
        _ => None,
    }
}

/// What the table of a partition's exceptions cannot say about an error.
const fn on_xtratum(error: HealthError, response: Response) -> Option<&'static str> {
    let is_exception = error.is_fault() && !matches!(error, HealthError::Mode | HealthError::Other);
    match response {
        _ if !is_exception => Some("its table of events has nothing for it"),
        Response { schedule: Some(_), .. } => Some("there is no other schedule"),
        Response { log: true, .. } => Some("its log of errors is read by nobody"),
        Response { action: Action::Idle, .. } => None,
        Response { action: Action::WarmRestart | Action::ColdRestart, .. } => {
            Some("it would start the partition again without end, with its data as they have become")
        }
        _ => Some("a partition's events are about the partition"),
    }
}
