//! The rules for schedules: each by itself, and all together.

use bulkhead_abi::ChangeAction;
use bulkhead_abi::system_table::{PARTITIONS_MAX, SCHEDULES_MAX, WINDOWS_MAX};

use super::channel::unique_names;
use super::major_frame;
use super::partition::choice;
use super::shortest::Shortest;
use super::windows::{Form, windows};
use crate::diagnostics::{Problem, known_names};
use crate::system_file::parse::{Raw, RawSchedule, RawWindow};
use crate::system_file::schedule::{MAIN, Schedule};
use crate::system_file::value::Located;

/// Checks all schedules. Those that are right, and the number of the one that the system starts with.
pub(super) fn schedules(
    raw: &Raw,
    names: &[&str],
    shortest: &Shortest,
    problems: &mut Vec<Problem>,
) -> (Vec<Schedule>, usize) {
    if !raw.has_schedules {
        return (single(raw, names, shortest, problems).into_iter().collect(), 0);
    }
    if let Some(frame) = &raw.system.major_frame {
        problems.push(
            Problem::new(frame.place.clone(), "there is a major frame besides those of the schedules")
                .help("move it into a [[schedule]]: each has its own"),
        );
    }
    if let Some(window) = raw.windows.first() {
        problems.push(
            Problem::new(window.place.clone(), "this window is of no schedule")
                .help("write it as [[schedule.window]] below the [[schedule]] that it is of"),
        );
    }
    if let Some(extra) = raw.schedules.get(SCHEDULES_MAX) {
        let text = format!("{} schedules are too many", raw.schedules.len());
        problems
            .push(Problem::new(extra.place.clone(), text).help(format!("a system can have {SCHEDULES_MAX}")));
        return (Vec::new(), 0);
    }
    unique_names(raw.schedules.iter().filter_map(|schedule| schedule.name.as_ref()), "schedule", problems);
    let initial = initial(&raw.schedules, problems);
    let mut count = 0;
    let mut checked = Vec::new();
    for schedule in &raw.schedules {
        count += schedule.windows.len();
        if count > WINDOWS_MAX {
            let place = schedule.name.as_ref().map_or(schedule.place.clone(), |name| name.place.clone());
            let text = format!("the schedules up to this one have {count} windows");
            problems.push(Problem::new(place, text).help(format!("together they can have {WINDOWS_MAX}")));
            break;
        }
        checked.extend(one(schedule, raw, names, shortest, problems));
    }
    (checked, initial)
}

/// The one schedule of a file that says the major frame in `[system]`.
fn single(raw: &Raw, names: &[&str], shortest: &Shortest, problems: &mut Vec<Problem>) -> Option<Schedule> {
    let frame = major_frame(raw.system.major_frame.as_ref(), shortest, problems);
    if too_many(&raw.windows, problems) {
        return None;
    }
    let form = Form { partitions: &raw.partitions, names, shortest, schedule: None };
    let (windows, window_places) = windows(&raw.windows, &form, frame.as_ref(), problems);
    let frame = frame?;
    Some(Schedule {
        name: MAIN.to_owned(),
        major_frame: frame.value,
        windows,
        at_change: vec![ChangeAction::Keep; names.len()],
        place: frame.place.clone(),
        major_frame_place: frame.place,
        window_places,
    })
}

/// A schedule without windows, of which the major frame may be known: 0 if not.
pub(super) fn to_be_proposed(
    raw: &Raw,
    names: &[&str],
    shortest: &Shortest,
    problems: &mut Vec<Problem>,
) -> Schedule {
    let frame = major_frame(raw.system.major_frame.as_ref(), shortest, problems);
    Schedule {
        name: MAIN.to_owned(),
        major_frame: frame.as_ref().map_or(0, |frame| frame.value),
        windows: Vec::new(),
        at_change: vec![ChangeAction::Keep; names.len()],
        place: 0..0,
        major_frame_place: frame.map_or(0..0, |frame| frame.place),
        window_places: Vec::new(),
    }
}

/// Whether there are too many windows to look at each.
fn too_many(raw: &[RawWindow], problems: &mut Vec<Problem>) -> bool {
    let Some(extra) = raw.get(WINDOWS_MAX) else { return false };
    let place = extra.start.as_ref().map_or(extra.place.clone(), |start| start.place.clone());
    problems.push(
        Problem::new(place, format!("{} windows are too many", raw.len()))
            .help(format!("a major frame can have {WINDOWS_MAX}")),
    );
    true
}

/// The number of the schedule that the system starts with.
fn initial(schedules: &[RawSchedule], problems: &mut Vec<Problem>) -> usize {
    let is_initial = |schedule: &RawSchedule| schedule.initial.as_ref().is_some_and(|initial| initial.value);
    let mut marked = schedules.iter().enumerate().filter(|(_, schedule)| is_initial(schedule));
    let Some((number, first)) = marked.next() else { return 0 };
    let place = |schedule: &RawSchedule| schedule.initial.as_ref().map_or(0..0, |given| given.place.clone());
    for (_, other) in marked {
        problems.push(
            Problem::new(place(other), "two schedules are initial")
                .related(place(first), "the first is here")
                .help("keep one: the system starts with it"),
        );
    }
    number
}

fn one(
    schedule: &RawSchedule,
    raw: &Raw,
    names: &[&str],
    shortest: &Shortest,
    problems: &mut Vec<Problem>,
) -> Option<Schedule> {
    let place = schedule.name.as_ref().map_or(schedule.place.clone(), |name| name.place.clone());
    let frame = major_frame(schedule.major_frame.as_ref(), shortest, problems);
    let at_change = at_change(schedule, names, problems);
    if !schedule.has_windows {
        problems.push(Problem::new(place.clone(), "this schedule has no windows").help(
            "add a [[schedule.window]] below it: a partition that is to have none is \"idle\" in at-change",
        ));
    }
    let form = Form {
        partitions: &raw.partitions,
        names,
        shortest,
        schedule: Some((schedule.name.as_ref().map_or("", |name| &name.value), &at_change)),
    };
    let (windows, window_places) = windows(&schedule.windows, &form, frame.as_ref(), problems);
    let (name, frame) = (schedule.name.as_ref()?, frame?);
    Some(Schedule {
        name: name.value.clone(),
        major_frame: frame.value,
        windows,
        at_change,
        place,
        major_frame_place: frame.place,
        window_places,
    })
}

/// What becomes of each partition.
fn at_change(schedule: &RawSchedule, names: &[&str], problems: &mut Vec<Problem>) -> Vec<ChangeAction> {
    let mut actions = vec![ChangeAction::Keep; names.len().min(PARTITIONS_MAX)];
    for (name, action) in &schedule.at_change {
        let number = partition(name, names, problems);
        let action = choice(Some(action), "at-change", ChangeAction::WORDS, problems)
            .and_then(|number| ChangeAction::from_number(number as u8));
        if let (Some(place), Some(action)) = (number.and_then(|number| actions.get_mut(number)), action) {
            *place = action;
        }
    }
    actions
}

fn partition(name: &Located<String>, names: &[&str], problems: &mut Vec<Problem>) -> Option<usize> {
    let number = names.iter().position(|known| *known == name.value);
    if number.is_none() {
        problems.push(
            Problem::new(name.place.clone(), format!("at-change names no partition: `{}`", name.value))
                .help(known_names(&name.value, "partitions", names)),
        );
    }
    number
}
