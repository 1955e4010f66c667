//! Compares a run with a fault to the run without, and says what the fault has led to.
//!
//! What is compared is what the kernel has recorded of each partition: every window and when it opened, messages sent
//! and received, bytes that the console took, errors, restarts, its end; and every byte that it has said. Something is
//! the same if it is the same thing, in the same order, at the same time give or take what the plan allows. What is in
//! a message is not compared, but what its receiver does and says. Nor is it whether a partition idles for a moment
//! before it has a timer's interrupt: where a window opens some instructions earlier, that changes.

use bulkhead_abi::trace::Kind;
use bulkhead_abi::{Action, trace::SUBJECT_BITS};
use bulkhead_timeline::Event;

use crate::system_file::System;
use crate::system_file::channel::Transfer;
use crate::units::duration_text;

use super::class::Class;
use super::fault::Injection;
use super::plan::Plan;
use super::seen::{End, Seen};

/// What a fault has led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In a word.
    pub class: Class,
    /// What was different, in words; empty if nothing was.
    pub detail: String,
    /// By how much a window of another partition has opened later or earlier than without the fault, at the most, in
    /// nanoseconds.
    pub shift: u64,
}

/// Which partitions the system file connects with one: what it sends, or does not take, can reach them.
fn connected(system: &System, partition: usize) -> Vec<bool> {
    let count = system.partitions.len();
    let mut reached = vec![false; count];
    if system.partitions.get(partition).is_some_and(|it| it.system) {
        return vec![true; count];
    }
    let mut next = vec![partition];
    while let Some(one) = next.pop() {
        if reached.get(one).copied().unwrap_or(true) {
            continue;
        }
        reached[one] = true;
        for channel in &system.channels {
            let destinations = channel.destinations.iter().map(|port| port.partition);
            if channel.source.partition == one {
                next.extend(destinations);
            } else if matches!(channel.transfer, Transfer::Queuing { .. })
                && destinations.clone().any(|it| it == one)
            {
                // Who sends waits for whoever does not take.
                next.push(channel.source.partition);
            }
        }
        for region in system.regions.iter().filter(|it| it.mappings.iter().any(|it| it.partition == one)) {
            next.extend(region.mappings.iter().map(|it| it.partition));
        }
    }
    // Who has the time that nobody uses has as much as the others leave.
    for (number, partition) in system.partitions.iter().enumerate() {
        reached[number] |= partition.background;
    }
    reached
}

/// What of a partition is compared: windows, or what it does and what is done with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Windows,
    Deeds,
}

/// What a partition does, and what is done with it, as others can tell.
const DEEDS: [Kind; 11] = [
    Kind::Put,
    Kind::Got,
    Kind::Dropped,
    Kind::Console,
    Kind::Health,
    Kind::Restarted,
    Kind::Started,
    Kind::Halted,
    Kind::Stopped,
    Kind::Commanded,
    Kind::Normal,
];

/// What has happened to a partition: when, and what with what is always the same of it.
fn of(seen: &Seen, partition: usize, what: What) -> Vec<(u64, Kind, u32)> {
    let kept = |event: &&Event| event.partition == Some(partition);
    let all = seen.events.iter().filter(kept).filter_map(|event| {
        let (kind, argument) = event.of_kernel()?;
        let argument = match kind {
            // How late it is is in its time.
            Kind::Window => 0,
            // In which buffer a message is does not matter.
            Kind::Put | Kind::Got => argument & ((1 << SUBJECT_BITS) - 1),
            _ => argument,
        };
        Some((event.time, kind, argument))
    });
    all.filter(|(_, kind, _)| match what {
        What::Windows => *kind == Kind::Window,
        What::Deeds => DEEDS.contains(kind),
    })
    .collect()
}

/// The first thing that is not the same, in words, and the largest shift of those before it.
fn difference(
    (reference, seen): (&Seen, &Seen),
    partition: usize,
    what: What,
    (late, until): (u64, u64),
) -> (Option<String>, u64) {
    let (before, after) = (of(reference, partition, what), of(seen, partition, what));
    let mut shift = 0;
    for place in 0..before.len().max(after.len()) {
        let told = |event: &(u64, Kind, u32)| format!("{} at {}", event.1.name(), duration_text(event.0));
        let text = match (before.get(place), after.get(place)) {
            (Some(one), Some(other)) => {
                let apart = one.0.abs_diff(other.0);
                if (one.1, one.2) == (other.1, other.2) && apart <= late {
                    shift = shift.max(apart);
                    continue;
                }
                if one.0.min(other.0) >= until {
                    break;
                }
                match apart > late && (one.1, one.2) == (other.1, other.2) {
                    true => format!("{} instead of at {}", told(other), duration_text(one.0)),
                    false => format!("{} instead of {}", told(other), told(one)),
                }
            }
            (Some(one), None) if one.0 < until => format!("no {}", told(one)),
            (None, Some(other)) if other.0 < until => format!("{} besides", told(other)),
            _ => break,
        };
        return (Some(text), shift);
    }
    (None, shift)
}

/// Where what a partition says is different.
fn said(reference: &Seen, seen: &Seen, partition: usize) -> Option<String> {
    let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (before, after) = (reference.said.get(partition)?, seen.said.get(partition)?);
    if before == after {
        return None;
    }
    let (mut one, mut other) = (before.split(|it| *it == b'\n'), after.split(|it| *it == b'\n'));
    loop {
        match (one.next(), other.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return None,
            (_, other) => {
                return Some(format!("says \"{}\"", line(other.unwrap_or_default()).escape_default()));
            }
        }
    }
}

/// How often something has happened to a partition.
fn count(seen: &Seen, partition: usize, kinds: &[Kind]) -> usize {
    let of = seen.events.iter().filter(|event| event.partition == Some(partition));
    of.filter(|event| event.of_kernel().is_some_and(|(kind, _)| kinds.contains(&kind))).count()
}

/// Whether a partition has ended by the last that is recorded of its state.
fn has_ended(seen: &Seen, partition: usize) -> bool {
    let idle = Action::WORDS.iter().position(|word| *word == "idle").unwrap_or_default() as u32;
    let of = seen.events.iter().filter(|event| event.partition == Some(partition));
    of.filter_map(Event::of_kernel).fold(false, |ended, (kind, argument)| match kind {
        Kind::Halted | Kind::Stopped => true,
        Kind::Health if argument >> 8 & 0xff == idle => true,
        Kind::Restarted | Kind::Started => false,
        _ => ended,
    })
}

/// What a fault has led to.
#[must_use]
pub(super) fn outcome(plan: &Plan, reference: &Seen, seen: &Seen, injection: &Injection) -> Outcome {
    let system = &plan.system;
    let target = injection.fault.partition();
    let frame = system.schedules.iter().map(|it| it.major_frame).max().unwrap_or(0);
    let until = plan.time.saturating_sub(plan.late);
    let mut outcome = Outcome { class: Class::Masked, detail: String::new(), shift: 0 };
    let mut found = |class: Class, detail: String| {
        if class > outcome.class {
            outcome = Outcome { class, detail, shift: outcome.shift };
        }
    };
    if !seen.injected && seen.end != End::Gone {
        found(Class::NotInjected, String::new());
    }
    if let Some(partition) = target {
        let name = system.partition_name(partition);
        let own = difference((reference, seen), partition, What::Deeds, (plan.late, until));
        let windows = difference((reference, seen), partition, What::Windows, (plan.late, until));
        let first = said(reference, seen, partition).or(own.0).or(windows.0);
        if let Some(text) = first {
            found(Class::WrongOutput, format!("{name}: {text}"));
        }
        let dealt = [Kind::Health, Kind::Restarted, Kind::Started];
        if count(seen, partition, &dealt) > count(reference, partition, &dealt) {
            found(Class::Detected, format!("{name}: {}", health(seen, partition)));
        }
        if has_ended(seen, partition) && !has_ended(reference, partition) {
            found(Class::PartitionStopped, format!("{name}: {}", health(seen, partition)));
        }
    }
    let connected = target.map_or(vec![false; system.partitions.len()], |it| connected(system, it));
    let rules = target.is_some_and(|it| system.partitions.get(it).is_some_and(|it| it.system));
    let mut shift = 0;
    for (other, partition) in system.partitions.iter().enumerate().filter(|(other, _)| Some(*other) != target)
    {
        let spare = partition.background || rules;
        let reached = match connected.get(other) {
            Some(true) => Class::PassedOn,
            _ => Class::OtherDisturbed,
        };
        for what in [What::Deeds, What::Windows] {
            let (different, apart) = difference((reference, seen), other, what, (plan.late, until));
            let class = if what == What::Windows && !spare { Class::OtherDisturbed } else { reached };
            if let Some(text) = different {
                found(class, format!("{}: {text}", partition.name));
            }
            if what == What::Windows {
                shift = shift.max(apart);
            }
        }
        if let Some(text) = said(reference, seen, other) {
            found(reached, format!("{}: {text}", partition.name));
        }
    }
    if seen.has(Kind::KernelFault) && !reference.has(Kind::KernelFault) {
        found(Class::KernelStopped, "the kernel has faulted".to_owned());
    } else if seen.end == End::Gone && !seen.has(Kind::End) {
        found(Class::KernelStopped, format!("QEMU has ended at {}", duration_text(seen.last())));
    } else if seen.has(Kind::ModuleRestarted) && !reference.has(Kind::ModuleRestarted) {
        found(Class::KernelStopped, "the kernel has started everything again".to_owned());
    } else if seen.end == End::GivenUp
        || !seen.has(Kind::End) && seen.last().saturating_add(2 * frame) < reference.last()
    {
        found(Class::NoEnd, format!("nothing has happened since {}", duration_text(seen.last())));
    }
    outcome.shift = shift;
    outcome
}

/// The last error of a partition that the health monitor has dealt with, in words; or else how it has ended.
fn health(seen: &Seen, partition: usize) -> String {
    let of = seen.events.iter().filter(|event| event.partition == Some(partition));
    let mut text = String::new();
    for event in of {
        let Some((kind, argument)) = event.of_kernel() else { continue };
        let word = |number: usize| {
            let field = kind.fields().get(number)?;
            let bulkhead_abi::trace::Form::Word(words) = field.form else { return None };
            words.get(field.value(argument) as usize).copied()
        };
        match kind {
            Kind::Health => {
                let (error, action) = (word(0).unwrap_or("error"), word(1).unwrap_or("dealt with"));
                text = format!("{error}, {action}, at {}", duration_text(event.time));
            }
            Kind::Halted => text = format!("halted at {}", duration_text(event.time)),
            Kind::Restarted if text.is_empty() => {
                text = format!("restarted at {}", duration_text(event.time))
            }
            _ => {}
        }
    }
    text
}
