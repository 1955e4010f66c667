//! The rules for the time that a partition needs, and whether the windows fulfil them.

use crate::diagnostics::Problem;
use crate::system_file::limits::MAJOR_FRAME_MAX;
use crate::system_file::model::{Demand, Partition, Window};
use crate::system_file::parse::RawPartition;
use crate::system_file::schedule::Schedule;
use crate::units::duration_text;

use super::shortest::Shortest;

/// What a partition needs, if the file says so and what it says is right.
pub(super) fn demand(raw: &RawPartition, shortest: &Shortest, problems: &mut Vec<Problem>) -> Option<Demand> {
    let (period, budget) = match (&raw.period, &raw.budget) {
        (Some(period), Some(budget)) => (period, budget),
        (Some(lone), None) if !raw.given.contains(&"budget") => {
            return alone(lone.place.clone(), "period", "budget", "\"5 ms\"", problems);
        }
        (None, Some(lone)) if !raw.given.contains(&"period") => {
            return alone(lone.place.clone(), "budget", "period", "\"20 ms\"", problems);
        }
        // Of none, or of one whose other is there and wrong, nothing is to be said.
        _ => return None,
    };
    let wrong = if budget.value < shortest.duration {
        let text = format!("no window can be as short as this budget: {}", duration_text(budget.value));
        let least = duration_text(shortest.duration);
        Some((budget, text, format!("the shortest window is {least}: {}", shortest.reason())))
    } else if period.value > MAJOR_FRAME_MAX {
        let text = format!("no major frame can be as long as this period: {}", duration_text(period.value));
        Some((period, text, format!("at most {}", duration_text(MAJOR_FRAME_MAX))))
    } else if budget.value > period.value {
        let text = format!("{} do not fit in {}", duration_text(budget.value), duration_text(period.value));
        Some((budget, text, "the budget is the time in each period: at most the whole of it".to_owned()))
    } else {
        None
    };
    if let Some((place, text, help)) = wrong {
        problems.push(Problem::new(place.place.clone(), text).help(help));
        return None;
    }
    Some(Demand {
        period: period.value,
        budget: budget.value,
        period_place: period.place.clone(),
        budget_place: budget.place.clone(),
    })
}

fn alone(
    place: std::ops::Range<usize>,
    given: &str,
    missing: &str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<Demand> {
    problems.push(
        Problem::new(place, format!("this {given} has no `{missing}`"))
            .help(format!("add {missing} = {example}: the two belong together")),
    );
    None
}

/// Complains about partitions that the schedule which the system starts with does not give what they need.
pub(super) fn fulfilled(partitions: &[Option<Partition>], schedule: &Schedule, problems: &mut Vec<Problem>) {
    for (number, partition) in partitions.iter().enumerate() {
        let Some((partition, demand)) = partition.as_ref().and_then(|it| Some((it, it.demand.as_ref()?)))
        else {
            continue;
        };
        if let Some(problem) = unfulfilled(number, &partition.name, demand, schedule) {
            problems.push(problem);
        }
    }
}

fn unfulfilled(number: usize, name: &str, demand: &Demand, schedule: &Schedule) -> Option<Problem> {
    let (frame, period) = (schedule.major_frame, demand.period);
    let propose = "`bulkhead schedule` proposes windows";
    if !frame.is_multiple_of(period) {
        let (frame, period) = (duration_text(frame), duration_text(period));
        let text = format!("the major frame of {frame} is no multiple of this period of {period}");
        return Some(
            Problem::new(demand.period_place.clone(), text)
                .related(schedule.major_frame_place.clone(), "the major frame is here")
                .help(format!("let the frame be a multiple of every period: {propose}")),
        );
    }
    let own: Vec<Window> =
        schedule.windows.iter().copied().filter(|window| window.partition == number).collect();
    let from = short(&own, frame, demand)?;
    let time = time_between(&own, from, from + period);
    let text = format!(
        "`{name}` has {} from {} to {}, not its budget",
        duration_text(time),
        duration_text(from),
        duration_text(from + period)
    );
    Some(
        Problem::new(demand.budget_place.clone(), text)
            .help(format!("give it windows of {} in each period: {propose}", duration_text(demand.budget))),
    )
}

/// How much of a time belongs to windows.
fn time_between(windows: &[Window], from: u64, to: u64) -> u64 {
    windows.iter().map(|window| window.end().min(to).saturating_sub(window.start.max(from))).sum()
}

/// The start of the first period in which windows have less than the budget.
fn short(windows: &[Window], frame: u64, demand: &Demand) -> Option<u64> {
    let (period, mut from) = (demand.period, 0);
    while from < frame {
        let to = from + period;
        let covering = windows.iter().find(|window| window.start <= from && to <= window.end());
        from = match covering {
            // There can be very many periods in a window, and no more than two others at each.
            Some(window) => window.end() / period * period,
            None if time_between(windows, from, to) < demand.budget => return Some(from),
            None => to,
        };
    }
    None
}
