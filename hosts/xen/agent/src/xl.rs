//! Asks Xen's own tools.

use std::process::{Command, Stdio};

use crate::Result;
use bulkhead_xen_facts::description::{DOMAIN_ZERO, Description};

/// Runs a command that must succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} has failed: {status}")) }
}

/// What a command prints.
fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let done = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(format!("{program} {} has failed: {}", arguments.join(" "), done.status))
    }
}

fn xl(arguments: &[&str]) -> Result<String> {
    output("xl", arguments)
}

/// Creates a guest that does not run yet.
pub(crate) fn create(configuration: &str) -> Result<()> {
    xl(&["create", "-p", "-q", configuration]).map(drop)
}

/// Lets a guest run.
pub(crate) fn unpause(name: &str) -> Result<()> {
    xl(&["unpause", name]).map(drop)
}

/// Stops a guest from running, for good.
pub(crate) fn pause(name: &str) -> Result<()> {
    xl(&["pause", name]).map(drop)
}

/// The version of Xen, and the name of its scheduler.
pub(crate) fn information() -> Result<(String, String)> {
    let text = xl(&["info"])?;
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim() == key)
            .map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    Ok((value("xen_version"), value("xen_scheduler")))
}

/// Limits each guest to its share under credit2.
pub(crate) fn limit_shares(system: &Description) -> Result<()> {
    for partition in &system.partitions {
        // All of the processor is no limit, which xl writes as 0.
        let cap = if partition.share >= 100 { 0 } else { partition.share };
        xl(&["sched-credit2", "-d", &partition.name, "-c", &cap.to_string()])?;
    }
    // The first domain carries the consoles of all, and does little else.
    xl(&["sched-credit2", "-d", DOMAIN_ZERO, "-w", "4096"]).map(drop)
}

/// The log of the hypervisor since the last time it was asked for.
pub(crate) fn log() -> Result<String> {
    xl(&["dmesg", "-c"])
}

/// What the store holds under a key, if anything.
pub(crate) fn stored(key: &str) -> Option<String> {
    let done = Command::new("/bin/xenstore-read").arg(key).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    (done.status.success() && !text.is_empty()).then_some(text)
}

/// How a guest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs, or waits.
    Alive,
    /// It has ended with this reason (`SCHEDOP_shutdown`, Xen's public/sched.h).
    Ended(u32),
}

/// A guest's name, number and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    /// As its configuration has it.
    pub(crate) name: String,
    /// Xen's number for it.
    pub(crate) domain: u32,
    /// How it is.
    pub(crate) state: State,
}

/// Every guest.
pub(crate) fn list() -> Result<Vec<Guest>> {
    Ok(xl(&["list", "-v"])?.lines().filter_map(guest).collect())
}

/// "one  1  4  1  ---s--  0.1  62756c6b-...  0  -": name, number, memory, processors, state, time, identifier, reason.
fn guest(line: &str) -> Option<Guest> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, domain, _, _, state, _, _, reason, ..] = words[..] else { return None };
    let domain = domain.parse().ok()?;
    if domain == 0 {
        return None;
    }
    let ended = state.contains('s') || state.contains('c') || state.contains('d');
    let state = if ended { State::Ended(reason.parse().unwrap_or_default()) } else { State::Alive };
    Some(Guest { name: name.to_owned(), domain, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_list() {
        let line = |state: &str, reason: &str| {
            guest(&format!("one  7  3  1  {state}  0.1  62756c6b-6865-6164-0000-000000000001  {reason}  -"))
                .map(|guest| (guest.domain, guest.state))
        };
        assert_eq!(line("-b----", "-"), Some((7, State::Alive)));
        assert_eq!(line("---s--", "0"), Some((7, State::Ended(0))));
        assert_eq!(line("----c-", "3"), Some((7, State::Ended(3))));
        assert_eq!(guest("Name  ID  Mem VCPUs State Time(s) UUID Reason-Code Security Label"), None);
        assert_eq!(guest("Domain-0 0 96 1 r----- 1.0 00000000-0000-0000-0000-000000000000 - -"), None);
    }
}
