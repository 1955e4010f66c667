//! `bulkhead schedule`.

use std::fmt::Write as _;

use crate::build;
use crate::diagnostics::Problem;
use crate::error::Result;
use crate::proposal::{Need, Part, Proposal, propose};
use crate::schedule_picture::picture;
use crate::system_file::System;
use crate::terminal::Look;
use crate::units::duration_text;

use super::arguments::ScheduleArguments;
use super::print;

/// Proposes windows that give each partition its budget in each period.
pub(super) fn schedule(arguments: &ScheduleArguments) -> Result<()> {
    let mut system = build::demands_for(arguments.target.processor, &arguments.file)?;
    let mut problems = Vec::new();
    let mut needs = Vec::new();
    let mut places = Vec::new();
    for partition in &system.partitions {
        match &partition.demand {
            Some(demand) => {
                needs.push(Need { period: demand.period, budget: demand.budget });
                places.push((demand.period_place.clone(), demand.budget_place.clone()));
            }
            None => problems.push(
                Problem::new(
                    partition.name_place.clone(),
                    format!("nothing says what time `{}` needs", partition.name),
                )
                .help("add period = \"20 ms\" and budget = \"5 ms\", or others"),
            ),
        }
    }
    if !problems.is_empty() {
        return Err(system.report(problems).into());
    }
    let said = Some(system.schedule().major_frame).filter(|frame| *frame > 0);
    let proposal = propose(&needs, said, system.shortest_window).map_err(|refusal| {
        let (period, budget) = places.get(refusal.partition).cloned().unwrap_or_default();
        let place = match refusal.part {
            Part::Period => period,
            Part::Budget => budget,
        };
        system.report(vec![refusal.problem(place)])
    })?;
    let frame_is_said = said.is_some();
    let Proposal { major_frame, windows } = proposal;
    let initial = system.initial_schedule;
    if let Some(schedule) = system.schedules.get_mut(initial) {
        (schedule.major_frame, schedule.windows) = (major_frame, windows);
    }
    print(&toml(&system, frame_is_said))
}

/// The windows as TOML, with the picture as comments before them.
fn toml(system: &System, frame_is_said: bool) -> String {
    let schedule = system.schedule();
    let mut out = format!(
        "# Windows for {}, in a major frame of {}:\n#\n",
        system.name,
        duration_text(schedule.major_frame)
    );
    for line in picture(system, schedule, Look::plain()).lines() {
        let _ = writeln!(out, "# {line}");
    }
    if !frame_is_said {
        let _ = writeln!(out, "#\n# In [system]: major-frame = \"{}\"", duration_text(schedule.major_frame));
    }
    for window in &schedule.windows {
        let _ = write!(
            out,
            "\n[[window]]\npartition = \"{}\"\nstart = \"{}\"\nduration = \"{}\"\n",
            system.partition_name(window.partition),
            duration_text(window.start),
            duration_text(window.duration)
        );
    }
    out
}
