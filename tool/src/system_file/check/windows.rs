//! The rules for the schedule.

use std::ops::Range;

use bulkhead_abi::ChangeAction;
use bulkhead_abi::system_table::PARTITIONS_MAX;

use crate::diagnostics::{Problem, nearest};
use crate::system_file::check::port::partition_of;
use crate::system_file::check::shortest::Shortest;
use crate::system_file::model::{Window, WindowPlace};
use crate::system_file::parse::{RawPartition, RawWindow};
use crate::system_file::value::Located;
use crate::units::duration_text;

/// A window, its partition's name, and where its start and its duration stand in the file.
struct Placed<'a> {
    window: Window,
    name: &'a str,
    start: Range<usize>,
    duration: Range<usize>,
}

/// What the windows of a schedule are checked against.
pub(super) struct Form<'a> {
    pub(super) partitions: &'a [RawPartition],
    pub(super) names: &'a [&'a str],
    pub(super) shortest: &'a Shortest,
    /// Name of a schedule of several, and what becomes of each partition when it begins.
    pub(super) schedule: Option<(&'a str, &'a [ChangeAction])>,
}

/// Checks the windows of a schedule; those that are right, in the order of their starts, and where start and duration
/// of each stand.
pub(super) fn windows(
    raw: &[RawWindow],
    form: &Form<'_>,
    major_frame: Option<&Located<u64>>,
    problems: &mut Vec<Problem>,
) -> (Vec<Window>, Vec<WindowPlace>) {
    let Form { names, shortest, .. } = form;
    let mut placed = Vec::new();
    for window in raw {
        let wanted = window.partition.as_ref();
        let partition = wanted.and_then(|wanted| partition_of(wanted, names, "this window is of", problems));
        let (Some(start), Some(duration)) = (&window.start, &window.duration) else { continue };
        if !long_enough(duration, shortest, problems) || !inside(start, duration, major_frame, problems) {
            continue;
        }
        placed.push(Placed {
            window: Window {
                partition: partition.unwrap_or_default(),
                start: start.value,
                duration: duration.value,
            },
            name: window.partition.as_ref().map_or("", |name| &name.value),
            start: start.place.clone(),
            duration: duration.place.clone(),
        });
    }
    placed.sort_by_key(|placed| placed.window.start);
    overlaps(&placed, problems);
    without_window(raw, form, problems);
    placed.into_iter().map(|placed| (placed.window, (placed.start, placed.duration))).unzip()
}

fn long_enough(duration: &Located<u64>, shortest: &Shortest, problems: &mut Vec<Problem>) -> bool {
    let message = match duration.value {
        0 => "this window has no duration".to_owned(),
        value if value < shortest.duration => format!("this window is too short: {}", duration_text(value)),
        _ => return true,
    };
    let help = format!("the shortest window is {}: {}", duration_text(shortest.duration), shortest.reason());
    problems.push(Problem::new(duration.place.clone(), message).help(help));
    false
}

fn inside(
    start: &Located<u64>,
    duration: &Located<u64>,
    major_frame: Option<&Located<u64>>,
    problems: &mut Vec<Problem>,
) -> bool {
    // Without a frame's length nothing can be said, except that the sum must exist.
    let frame = major_frame.map_or(u64::MAX, |frame| frame.value);
    let text = duration_text(frame);
    let (place, message, help) = if start.value >= frame {
        let message = format!("this window begins at {}, behind the major frame", duration_text(start.value));
        (start, message, format!("the frame is {text} long: begin the window before that"))
    } else if duration.value > frame - start.value {
        let over = duration.value - (frame - start.value);
        let message = format!("this window overruns the major frame by {}", duration_text(over));
        let most = duration_text(frame - start.value);
        (duration, message, format!("the frame is {text} long, so from here a window can last {most}"))
    } else {
        return true;
    };
    let mut problem = Problem::new(place.place.clone(), message).help(help);
    if let Some(frame) = major_frame {
        problem = problem.related(frame.place.clone(), "the major frame is here");
    }
    problems.push(problem);
    false
}

fn overlaps(placed: &[Placed<'_>], problems: &mut Vec<Problem>) {
    let Some(mut longest) = placed.first() else { return };
    for next in &placed[1..] {
        if next.window.start < longest.window.end() {
            let end = duration_text(longest.window.end());
            problems.push(
                Problem::new(
                    next.start.clone(),
                    format!(
                        "this window begins at {} while another runs until {end}",
                        duration_text(next.window.start)
                    ),
                )
                .related(longest.duration.clone(), format!("the other is this window of `{}`", longest.name))
                .help(format!("begin at \"{end}\" or later, or make the other shorter")),
            );
        }
        if next.window.end() > longest.window.end() {
            longest = next;
        }
    }
}

fn without_window(raw: &[RawWindow], form: &Form<'_>, problems: &mut Vec<Problem>) {
    let partitions = form.partitions;
    // Nothing else would be said that the lack of any window does not say, or that there are too many partitions.
    if raw.is_empty() || partitions.len() > PARTITIONS_MAX {
        return;
    }
    for (number, partition) in partitions.iter().enumerate() {
        let Some(name) = &partition.name else { continue };
        // It has what others leave.
        if partition.background.as_ref().is_some_and(|given| given.value) {
            continue;
        }
        if raw.iter().any(|window| may_be_of(window, &name.value, partitions)) {
            continue;
        }
        let (text, help) = match form.schedule {
            None => (
                format!("the partition `{}` has no window and would never run", name.value),
                format!("add a [[window]] with partition = \"{}\"", name.value),
            ),
            Some((_, actions)) if actions.get(number) == Some(&ChangeAction::Idle) => continue,
            Some((schedule, _)) => (
                format!("the partition `{}` has no window in `{schedule}` and is not idle in it", name.value),
                format!(
                    "add a [[schedule.window]] with partition = \"{0}\", or {0} = \"idle\" in [schedule.at-change]",
                    name.value
                ),
            ),
        };
        problems.push(Problem::new(name.place.clone(), text).help(help));
    }
}

/// Whether a window is of the partition, or would be if its name, which has been complained about, were right.
fn may_be_of(window: &RawWindow, name: &str, partitions: &[RawPartition]) -> bool {
    let Some(of) = &window.partition else { return true };
    let mut names =
        partitions.iter().filter_map(|partition| partition.name.as_ref()).map(|name| &*name.value);
    if names.clone().any(|known| known == of.value) {
        return of.value == name;
    }
    nearest(&of.value, &mut names).is_some_and(|nearest| nearest == name)
}
