//! The rules for the interrupts of devices, and for the lines as which they come.

use std::ops::Range;

use bulkhead_abi::Line;
use bulkhead_abi::system_table::INTERRUPTS_MAX;

use super::device::Machine;
use super::partition::choice;
use super::region::{Taken, User};
use crate::diagnostics::Problem;
use crate::system_file::device::Interrupt;
use crate::system_file::keys::{POLARITIES, TRIGGERS};
use crate::system_file::parse::{RawDevice, RawFunction, RawInterrupt, RawResource};
use crate::system_file::value::Located;

/// What has been given away so far.
#[derive(Default)]
pub(super) struct Interrupts {
    /// The numbers, and where they stand.
    numbers: Vec<(u32, Range<usize>)>,
}

/// Looks at the lines that the file names, so that none of them is chosen for another interrupt, and at how many
/// interrupts there are: false if too many.
pub(super) fn reserve(raw: &[RawDevice], machine: &mut Machine<'_>, problems: &mut Vec<Problem>) -> bool {
    let lines = raw.iter().flat_map(|device| {
        let owner = device
            .owner
            .as_ref()
            .and_then(|owner| machine.seen.names.iter().position(|name| *name == owner.value));
        device.resources.iter().filter_map(move |resource| match resource {
            RawResource::Interrupt(RawInterrupt { place, line, .. })
            | RawResource::Function(RawFunction { number: Located { place, .. }, line, .. }) => {
                Some((owner, place, line))
            }
            _ => None,
        })
    });
    let lines: Vec<_> = lines.collect();
    if let Some((_, extra, _)) = lines.get(INTERRUPTS_MAX) {
        problems.push(
            Problem::new((*extra).clone(), format!("{} interrupts are too many", lines.len()))
                .help(format!("all devices together can have {INTERRUPTS_MAX}")),
        );
        return false;
    }
    for (owner, _, line) in lines {
        if let Some(line) = line {
            reserve_line(line, owner, machine, problems);
        }
    }
    true
}

fn reserve_line(
    line: &Located<i64>,
    owner: Option<usize>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<()> {
    let (least, most) = (Line::DEVICES.start(), Line::DEVICES.end());
    let Some(number) = u32::try_from(line.value).ok().filter(|number| Line::DEVICES.contains(number)) else {
        problems.push(
            Problem::new(line.place.clone(), format!("line {} is none of a device", line.value))
                .help(format!("write a line from {least} to {most}")),
        );
        return None;
    };
    let owner = owner?;
    if let Some(Taken { user, place, .. }) = machine.seen.taken(owner, number) {
        let what = match user {
            User::Doorbell => "it is a doorbell's here",
            User::Interrupt => "another interrupt has it here",
        };
        let help = free(machine, owner).map_or_else(
            || "leave out a doorbell: the partition has no line left".to_owned(),
            |free| format!("write line = {free}, which is free, or leave it out"),
        );
        let text = format!("`{}` has line {number} twice", machine.seen.name(owner));
        problems.push(Problem::new(line.place.clone(), text).related(place.clone(), what).help(help));
        return None;
    }
    machine.seen.take_line(owner, number, User::Interrupt, line.place.clone());
    Some(())
}

/// The last line of a partition that nothing has.
fn free(machine: &Machine<'_>, owner: usize) -> Option<u32> {
    Line::DEVICES.rev().find(|line| machine.seen.taken(owner, *line).is_none())
}

/// Checks an interrupt of a partition's device.
pub(super) fn checked(
    raw: &RawInterrupt,
    owner: Option<usize>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Interrupt> {
    let level = choice(raw.trigger.as_ref(), "trigger", &TRIGGERS, problems) == Some(1);
    let low = choice(raw.polarity.as_ref(), "polarity", &POLARITIES, problems) == Some(1);
    if let Some(polarity) = raw.polarity.as_ref().filter(|_| low && !machine.hardware.low) {
        problems.push(
            Problem::new(polarity.place.clone(), "no interrupt of LEON3 is there when its line is low")
                .help("leave it out"),
        );
        return None;
    }
    let number = checked_number(raw.number.as_ref()?, machine, problems)?;
    let owner = owner?;
    let line = line(raw.line.as_ref(), raw.line_given, (owner, &raw.place), machine, problems)?;
    Some(Interrupt { number, level, low, line })
}

/// The line of an interrupt: what the file says, or one that is free.
pub(super) fn line(
    written: Option<&Located<i64>>,
    is_given: bool,
    (owner, place): (usize, &Range<usize>),
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<u32> {
    if is_given {
        // Looked at before.
        return u32::try_from(written?.value).ok();
    }
    let Some(line) = free(machine, owner) else {
        let name = machine.seen.name(owner);
        problems.push(
            Problem::new(place.clone(), format!("`{name}` has no line left for this interrupt"))
                .help("doorbells and interrupts of a partition have lines 8 to 15 together"),
        );
        return None;
    };
    machine.seen.take_line(owner, line, User::Interrupt, place.clone());
    Some(line)
}

fn checked_number(
    number: &Located<u64>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<u32> {
    let hardware = machine.hardware;
    let (least, most) = (hardware.interrupts.start, hardware.interrupts.end - 1);
    let value = u32::try_from(number.value).ok().filter(|value| hardware.interrupts.contains(value));
    let own = hardware.own_interrupts.iter().find(|(own, _)| Some(*own) == value);
    let found = match (value, own) {
        (None, _) => Some((
            format!("there is no interrupt {}", number.value),
            format!("write a number from {least} to {most}"),
        )),
        (_, Some((own, what))) => Some((
            format!("interrupt {own} is the kernel's own: {what}"),
            "leave it out: no partition has it".to_owned(),
        )),
        _ => None,
    };
    if let Some((text, help)) = found {
        problems.push(Problem::new(number.place.clone(), text).help(help));
        return None;
    }
    let value = value?;
    if let Some((_, place)) = machine.interrupts.numbers.iter().find(|(known, _)| *known == value) {
        problems.push(
            Problem::new(number.place.clone(), format!("interrupt {value} is a device's already"))
                .related(place.clone(), "it is here")
                .help("give it to one device: no two partitions hear the same interrupt"),
        );
        return None;
    }
    machine.interrupts.numbers.push((value, number.place.clone()));
    Some(value)
}
