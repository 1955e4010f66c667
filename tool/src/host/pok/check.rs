//! What POK cannot do of a system, said before anything is built.

use std::ops::Range;

use bulkhead_pok_facts::{KERNEL_MEMORY, PORT_SIZE_MAX, PORTS_MAX, QUANTUM, SLOTS_MAX, queue_size};

use crate::diagnostics::Problem;
use crate::error::{Message, Result};
use crate::host::ports::record_size;
use crate::image::BASE;
use crate::system_file::System;
use crate::system_file::channel::Transfer;
use crate::units::{duration_text, size_text};

use super::{kernel_ports, slots};

/// Complains about what POK cannot do; what the user is to know besides.
pub(in crate::host) fn check(system: &System) -> Result<Vec<Message>> {
    let mut problems = Vec::new();
    times(system, &mut problems);
    count(system, &mut problems);
    memory(system, &mut problems);
    channels(system, &mut problems);
    if problems.is_empty() { Ok(notes(system)) } else { Err(system.report(problems).into()) }
}

fn times(system: &System, problems: &mut Vec<Problem>) {
    let mut multiple = |what: &str, time: u64, place: &Range<usize>| {
        if !time.is_multiple_of(QUANTUM) {
            let nearest = (time + QUANTUM / 2) / QUANTUM * QUANTUM;
            problems.push(
                Problem::new(
                    place.clone(),
                    format!(
                        "a {what} of {} cannot be kept on POK, which looks at its schedule every {}",
                        duration_text(time),
                        duration_text(QUANTUM)
                    ),
                )
                .help(format!("take a multiple of it, such as {}", duration_text(nearest.max(QUANTUM)))),
            );
        }
    };
    multiple("major frame", system.schedule().major_frame, &system.schedule().major_frame_place);
    for (window, (start, duration)) in system.schedule().windows.iter().zip(&system.schedule().window_places)
    {
        multiple("window's start", window.start, start);
        multiple("window", window.duration, duration);
    }
}

fn count(system: &System, problems: &mut Vec<Problem>) {
    let slots = slots(system).len();
    if slots > SLOTS_MAX {
        let place = system.schedule().window_places.last().map_or(0..0, |(start, _)| start.clone());
        problems.push(
            Problem::new(place, format!("{slots} slots are more than POK counts"))
                .help(format!("at most {SLOTS_MAX} windows and gaps between them")),
        );
    }
}

fn memory(system: &System, problems: &mut Vec<Problem>) {
    let partitions: u64 = system.partitions.iter().map(|partition| BASE + partition.memory).sum();
    let needed = partitions + KERNEL_MEMORY;
    if needed > system.memory {
        problems.push(
            Problem::new(
                system.memory_place.clone(),
                format!(
                    "POK needs {} of memory for this system, and the machine has {}; POK itself does not look",
                    size_text(needed),
                    size_text(system.memory)
                ),
            )
            .help(format!(
                "give the machine more, or the partitions less; each takes {} besides its own, and POK {}",
                size_text(BASE),
                size_text(KERNEL_MEMORY)
            )),
        );
    }
}

/// The messages of a queue that wait go through one buffer of POK's.
fn channels(system: &System, problems: &mut Vec<Problem>) {
    for channel in &system.channels {
        let Transfer::Queuing { depth } = channel.transfer else { continue };
        let record = record_size(channel);
        if queue_size(record, depth.into()) > PORT_SIZE_MAX {
            let most = (PORT_SIZE_MAX - 1) / record;
            let text = format!(
                "{depth} messages of {} are too many for a queue of POK",
                size_text(channel.message_size.into())
            );
            let help = match most {
                0 => "a message and 16 bytes besides must be less than 512 bytes there".to_owned(),
                most => format!(
                    "its queues have 511 bytes, and a message takes 16 besides its own: depth = {most}"
                ),
            };
            problems.push(Problem::new(channel.kind_place.clone(), text).help(help));
        }
    }
    let ports = kernel_ports(system).len();
    if ports > PORTS_MAX {
        let place = system.channels.last().map_or(0..0, |channel| channel.kind_place.clone());
        problems.push(
            Problem::new(
                place,
                format!("the channels need {ports} ports of POK, which counts to {PORTS_MAX}"),
            )
            .help("each end of a channel is a port, and each end of a queue two: leave some out"),
        );
    }
}

fn notes(system: &System) -> Vec<Message> {
    let mut notes = vec![
        Message::new("POK's partitions are kept apart by segments, which QEMU does not enforce without KVM")
            .help("docs/hosts.md says what POK's isolation lacks"),
    ];
    if system.console_input.is_some() {
        notes.push(
            Message::new("POK tells no partition that console input has come").help("the program must poll"),
        );
    }
    notes
}
