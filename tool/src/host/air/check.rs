//! What AIR cannot do of a system, said before anything is built.

use bulkhead_air_facts::{MEMORY, MEMORY_END, TICK};

use crate::diagnostics::Problem;
use crate::error::{Message, Result};
use crate::system_file::System;
use crate::units::{duration_text, size_rounded, size_text};

use super::configuration::workspace;
use super::tick::tick;
use super::{WORKSPACE_MAX, image, needed_memory};

/// Complains about what AIR cannot do; what the user is to know besides.
pub(in crate::host) fn check(system: &System) -> Result<Vec<Message>> {
    let mut problems = Vec::new();
    times(system, &mut problems);
    memory(system, &mut problems);
    console(system, &mut problems);
    channels(system, &mut problems);
    if problems.is_empty() { Ok(notes()) } else { Err(system.report(problems).into()) }
}

fn times(system: &System, problems: &mut Vec<Problem>) {
    if tick(system).is_some() {
        return;
    }
    let (longest, shortest) = TICK;
    problems.push(
        Problem::new(
            system.schedule().major_frame_place.clone(),
            format!(
                "AIR has no tick that all times of this schedule are multiples of: ticks are whole microseconds, {} \
                 at least",
                duration_text(shortest)
            ),
        )
        .help(format!(
            "let the frame and all windows begin and end at multiples of such a tick, of {} say",
            duration_text(longest)
        )),
    );
}

fn memory(system: &System, problems: &mut Vec<Problem>) {
    for (number, partition) in system.partitions.iter().enumerate() {
        let room = u64::from(MEMORY_END) - image::base(system, number);
        if partition.memory > room {
            let text = format!("{} is more than a partition can have on AIR", size_text(partition.memory));
            problems.push(Problem::new(partition.memory_place.clone(), text).help(format!(
                "at most {}: partitions lie from address {MEMORY:#x} to {MEMORY_END:#x} there",
                size_rounded(room)
            )));
        }
    }
    let needed = needed_memory(system);
    if needed > system.memory {
        let text = format!(
            "AIR needs {} of memory for this system, and the machine has {}; AIR itself does not look",
            size_text(needed.next_multiple_of(1 << 20)),
            size_text(system.memory)
        );
        problems.push(Problem::new(system.memory_place.clone(), text).help(
            "give the machine more: the kernel has 16 MiB, and each partition that or a multiple of it, and one page",
        ));
    }
}

fn console(system: &System, problems: &mut Vec<Problem>) {
    if system.console_input.is_some() {
        problems.push(
            Problem::new(system.console_input_place.clone(), "AIR has no console input for partitions")
                .help("leave `console-input` out: its console only writes"),
        );
    }
}

/// Messages lie in the kernel's memory, beside its images.
fn channels(system: &System, problems: &mut Vec<Problem>) {
    let Some(largest) = system.channels.iter().max_by_key(|channel| channel.memory()) else { return };
    if workspace(system) > WORKSPACE_MAX {
        let text = format!("the channels need too much of AIR's memory: {}", size_rounded(workspace(system)));
        problems.push(Problem::new(largest.message_size_place.clone(), text).help(format!(
            "there are {} for them: shorten this channel's messages or its queue, the largest here",
            size_text(WORKSPACE_MAX)
        )));
    }
}

fn notes() -> Vec<Message> {
    vec![
        Message::new("a partition on AIR can read and write devices by a forged stack pointer")
            .help("docs/hosts.md says what AIR's isolation lacks, and what closes it"),
    ]
}
