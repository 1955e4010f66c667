//! What the system table says about errors: read and checked.

use bulkhead_abi::system_table::{
    Partition as Entry, RESTARTS_MAX, RIGHT_BACKGROUND, RIGHT_EXECUTABLE_HEAP, RIGHT_PHYSICAL, RIGHT_SYSTEM,
};
use bulkhead_abi::{Action, HealthError, Response};

use crate::clock::FAR;
use crate::configuration::Refusal;
use crate::partition::Partition;
use crate::restarts::Budget;

/// The rights that there are.
const RIGHTS: u32 = RIGHT_SYSTEM | RIGHT_BACKGROUND | RIGHT_PHYSICAL | RIGHT_EXECUTABLE_HEAP;

/// What a partition's entry says about errors and rights.
pub(crate) struct Responses {
    responses: [Response; HealthError::COUNT],
    initialization: Option<Response>,
    restarts_exceeded: Response,
    budget: Budget,
    rights: u32,
    watchdog: u64,
    lateness: u64,
    calls: u32,
}

/// Whether an action lets the partition run again without it having been started anew, or starts it.
const fn restarts(action: Action) -> bool {
    matches!(action, Action::WarmRestart | Action::ColdRestart)
}

fn read(word: u32, schedules: u32) -> Result<Response, Refusal> {
    let response = Response::decode(word).ok_or("a response to an error is unknown")?;
    if response.schedule.is_some_and(|number| u32::from(number) >= schedules) {
        return Err("a response asks for a schedule that does not exist");
    }
    Ok(response)
}

/// Reads the response to an error of a device.
pub(crate) fn of_device(word: u32, schedules: u32) -> Result<Response, Refusal> {
    let response = read(word, schedules)?;
    if restarts(response.action) || response.action == Action::Idle || response.deliver {
        return Err("a response to an error of a device is one to a partition's");
    }
    Ok(response)
}

/// Reads what an entry says.
pub(crate) fn of_partition(entry: &Entry, schedules: u32) -> Result<Responses, Refusal> {
    let mut responses = [Response::new(Action::Ignore); HealthError::COUNT];
    let mut initialization = None;
    for error in HealthError::ALL {
        let word = entry.responses[error as usize % HealthError::COUNT];
        if error == HealthError::Initialization && word == Response::NONE {
            continue;
        }
        let response = read(word, schedules)?;
        let goes_on = matches!(response.action, Action::Ignore | Action::Log);
        let is_possible = match error {
            // The instruction would fault again.
            error if error.is_fault() => !goes_on,
            // A fault can be what the start's response is about.
            HealthError::Initialization => !goes_on && !response.deliver,
            // Nothing can run, and a restart would find the same image.
            HealthError::Image => {
                matches!(response.action, Action::Idle | Action::StopModule) && !response.deliver
            }
            error => !response.deliver || error.can_be_told(),
        };
        if !is_possible || error == HealthError::Mode && response.deliver {
            return Err("a response to an error is none that is possible");
        }
        if error == HealthError::Initialization {
            initialization = Some(response);
        } else {
            responses[error as usize % HealthError::COUNT] = response;
        }
    }
    let restarts_exceeded = read(entry.restarts_exceeded, schedules)?;
    if restarts(restarts_exceeded.action)
        || matches!(restarts_exceeded.action, Action::Ignore | Action::Log)
        || restarts_exceeded.deliver
    {
        return Err("a response to one restart too many is none that is possible");
    }
    if entry.restarts as usize > RESTARTS_MAX {
        return Err("a partition has more restarts than a budget can have");
    }
    if entry.rights & !RIGHTS != 0 {
        return Err("a right of a partition is unknown");
    }
    if entry.calls == u32::MAX || [entry.watchdog, entry.lateness].iter().any(|&time| time >= FAR) {
        return Err("a limit of a partition is out of range");
    }
    let never_if_zero = |time| if time == 0 { FAR } else { time };
    Ok(Responses {
        responses,
        initialization,
        restarts_exceeded,
        budget: Budget { most: entry.restarts as u8, period: entry.restart_period },
        rights: entry.rights,
        watchdog: never_if_zero(entry.watchdog),
        lateness: never_if_zero(entry.lateness),
        calls: if entry.calls == 0 { 0 } else { entry.calls + 1 },
    })
}

impl Responses {
    /// Gives them to the partition that they are for.
    pub(crate) fn give_to(self, partition: &mut Partition) {
        partition.responses = self.responses;
        partition.initialization = self.initialization;
        partition.restarts_exceeded = self.restarts_exceeded;
        partition.budget = self.budget;
        partition.system = self.rights & RIGHT_SYSTEM != 0;
        partition.physical = self.rights & RIGHT_PHYSICAL != 0;
        partition.watchdog = self.watchdog;
        partition.lateness = self.lateness;
        partition.calls = self.calls;
    }
}
