//! The rules for what the health monitor does.

use bulkhead_abi::system_table::RESTARTS_MAX;
use bulkhead_abi::{Action, HealthError, Response};

use super::partition::choice;
use crate::diagnostics::{Problem, known_names};
use crate::system_file::health::Changes;
use crate::system_file::keys::{EXCEEDED, NO_RESTART, actions, can_be_delivered};
use crate::system_file::limits::TIME_MAX;
use crate::system_file::parse::{RawHealth, RawPartition, RawResponse};
use crate::system_file::value::Located;
use crate::units::duration_text;

/// Checks a table; what of it is right.
pub(super) fn changes(raw: &RawHealth, schedules: &[&str], problems: &mut Vec<Problem>) -> Changes {
    let responses = raw.responses.iter().filter_map(|(error, raw)| {
        let key = error.word();
        let action = action(raw, key, actions(*error), problems)?;
        let standard = Response { action, ..Response::standard(*error) };
        checked(raw, key, standard, can_be_delivered(*error), schedules, problems)
            .map(|response| (*error, response))
    });
    let responses = responses.collect();
    let exceeded = raw.restarts_exceeded.as_ref().and_then(|raw| {
        let action = action(raw, EXCEEDED, NO_RESTART, problems)?;
        checked(raw, EXCEEDED, Response::new(action), false, schedules, problems)
    });
    Changes {
        responses,
        restarts: raw.restarts.as_ref().and_then(|restarts| checked_restarts(restarts, problems)),
        restart_period: raw
            .restart_period
            .as_ref()
            .and_then(|period| time(period, "a restart period", problems)),
        restarts_exceeded: exceeded,
    }
}

fn action(
    raw: &RawResponse,
    key: &'static str,
    possible: &[&str],
    problems: &mut Vec<Problem>,
) -> Option<Action> {
    let given = raw.action.as_ref()?;
    if Action::WORDS.contains(&given.value.as_str()) && !possible.contains(&given.value.as_str()) {
        let why = match (key, given.value.as_str()) {
            ("damaged-image", "ignore" | "log") => "nothing runs from a damaged image",
            (_, "ignore" | "log") => "the instruction would fail again, and again",
            ("device-error", _) => "it is no partition's error",
            ("damaged-image", _) => "the image would be as damaged as before",
            ("restarts-exceeded", _) => "there is no restart left",
            _ => "the partition's own handler comes first where `deliver` is true",
        };
        problems.push(
            Problem::new(given.place.clone(), format!("`{}` is nothing that can be done here", given.value))
                .help(format!("{why}; {}", known_names("", "values", possible))),
        );
        return None;
    }
    let number = choice(Some(given), key, possible, problems)?;
    let number = Action::WORDS.iter().position(|word| *word == possible[number])?;
    Action::from_number(number as u32)
}

/// Checks what a response has besides its action.
fn checked(
    raw: &RawResponse,
    key: &'static str,
    standard: Response,
    can_be_delivered: bool,
    schedules: &[&str],
    problems: &mut Vec<Problem>,
) -> Option<Response> {
    let before = problems.len();
    let deliver = raw.deliver.as_ref().map_or(standard.deliver, |deliver| deliver.value);
    if let Some(given) = raw.deliver.as_ref().filter(|given| given.value && !can_be_delivered) {
        let help = match HealthError::ALL.iter().find(|error| error.word() == key) {
            Some(error) if error.can_be_raised() && !error.is_fault() => {
                "leave it out: the partition raises it itself, when its own handler does not deal with it"
            }
            _ => "leave it out: faults, windows lost or late, too many calls and watchdogs can be delivered",
        };
        problems.push(
            Problem::new(given.place.clone(), format!("`{key}` cannot be the partition's own handler's"))
                .help(help),
        );
    }
    if let Some(given) = raw.log.as_ref().filter(|given| given.value && !deliver) {
        problems.push(Problem::new(given.place.clone(), "there is nothing to log besides").help(
            "leave it out, or add deliver = true: what the health monitor does itself is always logged",
        ));
    }
    let schedule = raw.schedule.as_ref().and_then(|wanted| {
        let number = schedule_of(wanted, schedules, problems);
        if let Action::Ignore | Action::StopModule | Action::RestartModule = standard.action {
            let help = match standard.action {
                Action::Ignore => "write action = \"log\", or leave schedule out",
                Action::StopModule => "leave it out: no schedule follows where the system ends",
                _ => "leave it out: a system that starts again begins with its initial schedule",
            };
            let text = format!("no schedule is asked for by `{}`", standard.action.word());
            problems.push(Problem::new(wanted.place.clone(), text).help(help));
        }
        u8::try_from(number?).ok()
    });
    let log = raw.log.as_ref().is_some_and(|log| log.value);
    (problems.len() == before).then_some(Response { deliver, log, schedule, ..standard })
}

fn schedule_of(wanted: &Located<String>, schedules: &[&str], problems: &mut Vec<Problem>) -> Option<usize> {
    let number = schedules.iter().position(|name| *name == wanted.value);
    if number.is_none() {
        let help = if schedules.is_empty() {
            "add it as [[schedule]]".to_owned()
        } else {
            known_names(&wanted.value, "schedules", schedules)
        };
        problems.push(
            Problem::new(wanted.place.clone(), format!("there is no schedule `{}`", wanted.value)).help(help),
        );
    }
    number
}

fn checked_restarts(given: &Located<i64>, problems: &mut Vec<Problem>) -> Option<u32> {
    let restarts = u32::try_from(given.value).ok().filter(|restarts| *restarts as usize <= RESTARTS_MAX);
    if restarts.is_none() {
        problems.push(
            Problem::new(given.place.clone(), format!("a partition cannot have {} restarts", given.value))
                .help(format!("write 0 to {RESTARTS_MAX}: so many in each restart-period")),
        );
    }
    restarts
}

/// A time that is not nothing, and one that the kernel takes.
pub(super) fn time(given: &Located<u64>, what: &str, problems: &mut Vec<Problem>) -> Option<u64> {
    let wrong = match given.value {
        0 => format!("{what} of nothing cannot be kept"),
        value if value > TIME_MAX => format!("{what} cannot be {} long", duration_text(value)),
        value => return Some(value),
    };
    let help = format!("write a duration from 1 ns to {}", duration_text(TIME_MAX));
    problems.push(Problem::new(given.place.clone(), wrong).help(help));
    None
}

/// Complains about what is of no effect in a partition's table, of which the module's says `module`.
pub(super) fn idle_keys(raw: &RawPartition, module: &RawHealth, problems: &mut Vec<Problem>) {
    if let Some(period) = raw
        .health
        .restart_period
        .as_ref()
        .filter(|_| raw.health.restarts.is_none() && module.restarts.is_none())
    {
        no_restarts(period, problems);
    }
    for (error, response) in &raw.health.responses {
        let (missing, example) = match error {
            HealthError::Watchdog => ("watchdog", "\"50 ms\""),
            HealthError::WindowLate => ("max-lateness", "\"20 us\""),
            HealthError::CallFlood => ("max-calls", "1000"),
            _ => continue,
        };
        if raw.given.contains(&missing) {
            continue;
        }
        let text = format!("`{}` cannot happen: this partition has no `{missing}`", error.word());
        let help = format!("add {missing} = {example} in [[partition]], or leave the response out");
        problems.push(Problem::new(response.place.clone(), text).help(help));
    }
}

/// Complains about a restart period without restarts, in the module's table.
pub(super) fn idle_keys_of_module(module: &RawHealth, problems: &mut Vec<Problem>) {
    if let Some(period) = module.restart_period.as_ref().filter(|_| module.restarts.is_none()) {
        no_restarts(period, problems);
    }
}

fn no_restarts(period: &Located<u64>, problems: &mut Vec<Problem>) {
    problems.push(
        Problem::new(period.place.clone(), "this restart-period does not say how many restarts it is for")
            .help("add restarts = 3"),
    );
}
