//! The rules for registers and ports of devices, and for what may be done with them.

use std::ops::Range;

use bulkhead_abi::system_table::RULES_PER_RESOURCE_MAX;

use super::address::{PAGE, beside};
use super::device::Machine;
use crate::diagnostics::Problem;
use crate::system_file::device::{Block, Resource, Rule, all_bits};
use crate::system_file::keys::WIDTHS;
use crate::system_file::parse::{Mask, RawBlock, RawRule};
use crate::system_file::value::Located;
use crate::units::size_text;

/// What messages call registers, how many bytes they take, and the key of the first one.
const REGISTERS: [&str; 2] = ["registers", "address"];

/// The same of ports.
const PORTS: [&str; 2] = ["ports", "first"];

/// Checks registers in memory.
pub(super) fn registers(
    raw: RawBlock,
    device: &str,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Resource> {
    let start = raw.start.clone();
    let size_place = raw.size.as_ref().map(|size| size.place.clone());
    let block = block(raw, REGISTERS, problems)?;
    let room = PAGE - block.start % PAGE;
    if block.size > room {
        let text = format!(
            "from {:#010x} on these registers can have {}, not {}: they lie in one page of 4 KiB",
            block.start,
            size_text(room),
            size_text(block.size)
        );
        let help = "write them as several, one for each page, or as memory";
        problems.push(Problem::new(size_place?, text).help(help));
        return None;
    }
    machine.take_memory(device, &start?, block.size, problems)?;
    Some(Resource::Registers(block))
}

/// Checks ports of the I/O space.
pub(super) fn ports(
    raw: RawBlock,
    device: &str,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Resource> {
    if machine.hardware.ports.is_empty() {
        problems.push(
            Problem::new(raw.place, "LEON3 has no ports")
                .help("leave them out, or add processor = \"x86_64\" to the device"),
        );
        return None;
    }
    let first = raw.start.clone();
    let block = block(raw, PORTS, problems)?;
    machine.take_ports(device, &first?, block.size, problems)?;
    Some(Resource::Ports(block))
}

/// Checks what registers and ports have in common.
fn block(raw: RawBlock, [noun, key]: [&str; 2], problems: &mut Vec<Problem>) -> Option<Block> {
    let width = raw.width.as_ref().and_then(|width| checked_width(width, problems));
    if raw.allow_given && raw.allow.is_none() {
        return None;
    }
    let (start, size, width) = (raw.start?, raw.size?, width?);
    let bytes = u64::from(width);
    let before = problems.len();
    if !start.value.is_multiple_of(bytes) {
        let text = format!("{:#x} is no multiple of the {noun}' width, {width}", start.value);
        let help = format!("write {key} = {}", beside(start.value, bytes, |start| format!("{start:#x}")));
        problems.push(Problem::new(start.place, text).help(help));
    }
    let wanted = format!("write a multiple of {width}");
    if size.value == 0 {
        problems.push(Problem::new(size.place.clone(), format!("there are no {noun} here")).help(wanted));
    } else if !size.value.is_multiple_of(bytes) {
        let text = format!("{} is no multiple of the {noun}' width, {width}", size.value);
        problems.push(Problem::new(size.place.clone(), text).help(wanted));
    }
    let all = all_bits(width);
    let rules = match raw.allow {
        Some(allow) => rules(allow, (size.value, width), problems)?,
        None => vec![Rule { offset: 0, size: u32::try_from(size.value).unwrap_or(0), read: all, write: all }],
    };
    (problems.len() == before).then_some(Block { start: start.value, size: size.value, width, rules })
}

fn checked_width(width: &Located<u64>, problems: &mut Vec<Problem>) -> Option<u32> {
    let found = WIDTHS.into_iter().find(|known| u64::from(*known) == width.value);
    if found.is_none() {
        let text = format!("nothing is {} bytes wide", width.value);
        problems.push(Problem::new(width.place.clone(), text).help("write 1, 2 or 4"));
    }
    found
}

/// Checks the rules of a block of so many bytes, whose registers have so many.
fn rules(
    allow: Located<Vec<RawRule>>,
    (size, width): (u64, u32),
    problems: &mut Vec<Problem>,
) -> Option<Vec<Rule>> {
    let count = allow.value.len();
    let wrong = match count {
        0 => Some((
            "allow is empty".to_owned(),
            "leave it out, which allows everything, or say what may be done",
        )),
        _ if count > RULES_PER_RESOURCE_MAX => {
            Some((format!("{count} rules are too many"), "registers can have 16: write them as several"))
        }
        _ => None,
    };
    if let Some((text, help)) = wrong {
        problems.push(Problem::new(allow.place, text).help(help));
        return None;
    }
    let mut found: Vec<(Rule, Range<usize>)> = Vec::new();
    for raw in allow.value {
        let place = raw.offset.as_ref().map_or(raw.place.clone(), |offset| offset.place.clone());
        let Some(rule) = rule(&raw, size, width, problems) else { continue };
        let end = rule.offset + rule.size;
        let other =
            found.iter().find(|(known, _)| rule.offset < known.offset + known.size && known.offset < end);
        if let Some((known, other)) = other {
            let text = format!(
                "a rule is for offsets {:#x} to {:#x} already",
                known.offset,
                known.offset + known.size - 1
            );
            problems.push(
                Problem::new(place, text)
                    .related(other.clone(), "it is here")
                    .help("say everything of a register in one rule"),
            );
            continue;
        }
        found.push((rule, place));
    }
    found.sort_by_key(|(rule, _)| rule.offset);
    let rules: Vec<Rule> = found.into_iter().map(|(rule, _)| rule).collect();
    (rules.len() == count).then_some(rules)
}

fn rule(raw: &RawRule, block: u64, width: u32, problems: &mut Vec<Problem>) -> Option<Rule> {
    let offset = raw.offset.as_ref()?;
    let bytes = u64::from(width);
    let size = match &raw.size {
        Some(size) => size.value,
        None if raw.size_given => return None,
        None => bytes,
    };
    let size_place = raw.size.as_ref().map_or(&offset.place, |size| &size.place);
    let wanted = format!("write a multiple of {width}");
    let before = problems.len();
    if !offset.value.is_multiple_of(bytes) {
        let text = format!("{:#x} is no multiple of the width, {width}", offset.value);
        problems.push(Problem::new(offset.place.clone(), text).help(wanted));
    } else if size == 0 || !size.is_multiple_of(bytes) {
        let text = format!("{size} is no multiple of the width, {width}");
        problems.push(Problem::new(size_place.clone(), text).help(wanted));
    } else if offset.value.checked_add(size).is_none_or(|end| end > block) {
        let text = format!("this rule reaches over the end, which is at {block:#x}");
        problems.push(
            Problem::new(offset.place.clone(), text).help("write offsets from the start of the registers"),
        );
    }
    let read = bits(raw.read.as_ref(), true, width, problems);
    let write = bits(raw.write.as_ref(), false, width, problems);
    if (read, write) == (Some(0), Some(0)) && !raw.is_unclear {
        let text = "this rule allows nothing";
        problems.push(
            Problem::new(raw.place.clone(), text).help("leave it out: what no rule names may not be touched"),
        );
    }
    if problems.len() != before {
        return None;
    }
    Some(Rule {
        offset: u32::try_from(offset.value).ok()?,
        size: u32::try_from(size).ok()?,
        read: read?,
        write: write?,
    })
}

/// The bits that a rule names.
fn bits(
    given: Option<&Located<Mask>>,
    standard: bool,
    width: u32,
    problems: &mut Vec<Problem>,
) -> Option<u32> {
    let all = all_bits(width);
    let Some(given) = given else { return Some(if standard { all } else { 0 }) };
    match given.value {
        Mask::All(true) => Some(all),
        Mask::All(false) => Some(0),
        Mask::Bits(bits) if bits <= all.into() => Some(bits as u32),
        Mask::Bits(bits) => {
            let text = format!("{bits:#x} has more bits than a register of {} bits", 8 * width);
            problems.push(
                Problem::new(given.place.clone(), text).help(format!("write 0 to {all:#x}, or a boolean")),
            );
            None
        }
    }
}
