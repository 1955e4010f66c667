//! What XtratuM cannot give a system: said before anything is built.

use bulkhead_xtratum_facts::{NAME_LENGTH_MAX, SLOT_MIN, TIME_UNIT};

use super::configuration::channel_memory;
use super::{CHANNEL_MEMORY_MAX, areas, is_linked_here};
use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::System;
use crate::units::{duration_text, size_rounded, size_text};

/// Everything that the system asks for and XtratuM lacks.
pub(crate) fn check(system: &System) -> Result<()> {
    let mut problems = Vec::new();
    names(system, &mut problems);
    memory(system, &mut problems);
    programs(system, &mut problems);
    console(system, &mut problems);
    times(system, &mut problems);
    gaps(system, &mut problems);
    channels(system, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}

fn names(system: &System, problems: &mut Vec<Problem>) {
    for partition in system.partitions.iter().filter(|partition| partition.name.len() > NAME_LENGTH_MAX) {
        problems.push(
            Problem::new(
                partition.name_place.clone(),
                format!("this name is too long for XtratuM: `{}`", partition.name),
            )
            .help(format!("its names have at most {NAME_LENGTH_MAX} letters")),
        );
    }
}

fn memory(system: &System, problems: &mut Vec<Problem>) {
    let areas = areas(system);
    let Some(number) = areas.iter().position(|area| area.end > system.memory) else { return };
    let needed = areas.last().map_or(0, |area| area.end).next_multiple_of(1 << 20);
    problems.push(
        Problem::new(
            system.partitions[number].memory_place.clone(),
            format!("the machine's {} are not enough on XtratuM", size_text(system.memory)),
        )
        .help(format!(
            "partitions lie behind the first 32 MiB there, each from a multiple of 4 MiB: the system takes \
             memory = \"{}\"",
            size_text(needed)
        )),
    );
}

fn programs(system: &System, problems: &mut Vec<Problem>) {
    for partition in system.partitions.iter().filter(|partition| !is_linked_here(&partition.program)) {
        problems.push(
            Problem::new(
                partition.program_place.clone(),
                "a linked program does not lie where XtratuM has the partition",
            )
            .help("give the partition its `sources`: on XtratuM every partition has addresses of its own"),
        );
    }
}

fn console(system: &System, problems: &mut Vec<Problem>) {
    if system.console_input.is_none() {
        return;
    }
    problems.push(
        Problem::new(system.console_input_place.clone(), "XtratuM has no console input for partitions")
            .help("leave `console-input` out: its console driver only writes"),
    );
}

fn times(system: &System, problems: &mut Vec<Problem>) {
    let unit = |time: u64| !time.is_multiple_of(TIME_UNIT);
    let fine = |time: u64| format!("XtratuM has no time as fine as {}", duration_text(time));
    let help = "its configuration counts in microseconds: write a whole number of them";
    if unit(system.schedule().major_frame) {
        problems.push(
            Problem::new(system.schedule().major_frame_place.clone(), fine(system.schedule().major_frame))
                .help(help),
        );
    }
    for (window, (start, duration)) in system.schedule().windows.iter().zip(&system.schedule().window_places)
    {
        if unit(window.start) {
            problems.push(Problem::new(start.clone(), fine(window.start)).help(help));
        }
        if unit(window.duration) {
            problems.push(Problem::new(duration.clone(), fine(window.duration)).help(help));
        } else if window.duration < SLOT_MIN {
            problems.push(
                Problem::new(
                    duration.clone(),
                    format!("this window is too short for XtratuM: {}", duration_text(window.duration)),
                )
                .help(format!("its timer is no finer than {}", duration_text(SLOT_MIN))),
            );
        }
    }
}

/// A window after a gap that is shorter than the hypervisor's timer can count would begin late every time.
fn gaps(system: &System, problems: &mut Vec<Problem>) {
    let mut end = 0;
    for (window, (start, _)) in system.schedule().windows.iter().zip(&system.schedule().window_places) {
        let gap = window.start.saturating_sub(end);
        if gap > 0 && gap < SLOT_MIN {
            problems.push(
                Problem::new(
                    start.clone(),
                    format!("the gap before this window is too short for XtratuM: {}", duration_text(gap)),
                )
                .help(format!(
                    "its timer is no finer than {}: leave no gap, or one that long",
                    duration_text(SLOT_MIN)
                )),
            );
        }
        end = window.start + window.duration;
    }
    let rest = system.schedule().major_frame.saturating_sub(end);
    let begins_with_a_window = system.schedule().windows.first().is_some_and(|window| window.start == 0);
    if rest > 0 && rest < SLOT_MIN && begins_with_a_window {
        problems.push(
            Problem::new(
                system.schedule().major_frame_place.clone(),
                format!("the gap at the end of the frame is too short for XtratuM: {}", duration_text(rest)),
            )
            .help(format!("its timer is no finer than {}", duration_text(SLOT_MIN))),
        );
    }
}

/// The hypervisor's memory ends where its loader begins.
fn channels(system: &System, problems: &mut Vec<Problem>) {
    let needed = channel_memory(system);
    let Some(largest) = system.channels.iter().max_by_key(|channel| channel.memory()) else { return };
    if needed > CHANNEL_MEMORY_MAX {
        problems.push(
            Problem::new(
                largest.message_size_place.clone(),
                format!("the channels need {} of XtratuM's memory", size_rounded(needed)),
            )
            .help(format!(
                "it has {} for them: shorten this channel's messages or its queue, the largest here",
                size_text(CHANNEL_MEMORY_MAX)
            )),
        );
    }
}
