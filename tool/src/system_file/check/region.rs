//! The rules for regions of shared memory.

use std::ops::Range;

use bulkhead_abi::Line;
use bulkhead_abi::system_table::{MAPPINGS_MAX, REGIONS_MAX};

use super::address::{PAGE, REGION, Spaces, pages_beside};
use super::channel::unique_names;
use super::partition::choice;
use super::port::partition_of;
use crate::diagnostics::Problem;
use crate::system_file::keys::ACCESSES;
use crate::system_file::parse::{RawMapping, RawRegion};
use crate::system_file::region::{Access, Mapping, Region};
use crate::system_file::value::Located;
use crate::units::size_text;

/// What has been seen of the partitions so far.
pub(super) struct Seen<'a> {
    pub(super) names: &'a [&'a str],
    pub(super) spaces: Spaces,
    /// The lines that something has.
    lines: Vec<Taken>,
    mappings: usize,
}

/// A line of a partition that something has.
pub(super) struct Taken {
    partition: usize,
    line: u32,
    pub(super) user: User,
    pub(super) place: Range<usize>,
}

/// What has a line.
#[derive(Clone, Copy)]
pub(super) enum User {
    Doorbell,
    Interrupt,
}

impl<'a> Seen<'a> {
    /// Nothing yet, of partitions with these names and addresses.
    pub(super) const fn new(names: &'a [&'a str], spaces: Spaces) -> Self {
        Self { names, spaces, lines: Vec::new(), mappings: 0 }
    }

    pub(super) fn name(&self, partition: usize) -> &'a str {
        self.names.get(partition).copied().unwrap_or_default()
    }

    /// Gives a line of a partition to something.
    pub(super) fn take_line(&mut self, partition: usize, line: u32, user: User, place: Range<usize>) {
        self.lines.push(Taken { partition, line, user, place });
    }

    /// What has a line of a partition already.
    pub(super) fn taken(&self, partition: usize, line: u32) -> Option<&Taken> {
        self.lines.iter().find(|taken| (taken.partition, taken.line) == (partition, line))
    }
}

/// Checks all regions; those that are right.
pub(super) fn regions(raw: Vec<RawRegion>, seen: &mut Seen<'_>, problems: &mut Vec<Problem>) -> Vec<Region> {
    if let Some(extra) = raw.get(REGIONS_MAX) {
        problems.push(
            Problem::new(extra.place.clone(), format!("{} regions are too many", raw.len()))
                .help(format!("a system can have {REGIONS_MAX}")),
        );
        return Vec::new();
    }
    unique_names(raw.iter().filter_map(|region| region.name.as_ref()), "region", problems);
    raw.into_iter().filter_map(|region| checked(region, seen, problems)).collect()
}

fn checked(raw: RawRegion, seen: &mut Seen<'_>, problems: &mut Vec<Problem>) -> Option<Region> {
    let most = seen.spaces.board().partition_memory_max;
    let size = raw.size.as_ref().and_then(|size| checked_size(size, most, problems));
    let listed = raw.mappings?;
    let before = seen.mappings;
    seen.mappings += listed.value.len();
    if seen.mappings > MAPPINGS_MAX {
        if before <= MAPPINGS_MAX {
            let message = format!("the regions up to this one have {} partitions together", seen.mappings);
            let help = format!("together they can have {MAPPINGS_MAX}");
            problems.push(Problem::new(listed.place, message).help(help));
        }
        return None;
    }
    let may_write = listed.value.iter().any(|mapping| !is_reader(mapping));
    let trouble = match listed.value.len() {
        0 => Some(("partitions is empty", "name the partitions that have the region")),
        _ if !may_write => Some((
            "nobody writes this region",
            "give a partition access = \"read-write\": a region is zeros in the beginning",
        )),
        _ => None,
    };
    if let Some((message, help)) = trouble {
        problems.push(Problem::new(listed.place.clone(), message).help(help));
    }
    let count = listed.value.len();
    let mut mappings = Vec::new();
    let mut users: Vec<(usize, Range<usize>)> = Vec::new();
    for mapping in listed.value {
        mappings.extend(checked_mapping(mapping, size, &mut users, seen, problems));
    }
    let (name, size, size_place) = (raw.name?, size?, raw.size?.place);
    let is_whole = mappings.len() == count && trouble.is_none();
    is_whole.then_some(Region { name: name.value, size, mappings, name_place: name.place, size_place })
}

/// Whether a partition only reads. What has been complained about may be meant to write.
fn is_reader(mapping: &RawMapping) -> bool {
    mapping.access.as_ref().is_some_and(|access| access.value == Access::Read.name())
}

fn checked_size(size: &Located<u64>, most: u64, problems: &mut Vec<Problem>) -> Option<u64> {
    let text = size_text(size.value);
    let (message, help) = if size.value < PAGE {
        (format!("a region cannot have {text}"), format!("give it {} or more", size_text(PAGE)))
    } else if size.value > most {
        (format!("a region cannot have {text}"), format!("give it {} or less", size_text(most)))
    } else if !size.value.is_multiple_of(PAGE) {
        (format!("a region is whole pages of 4 KiB, which {text} is not"), pages_beside(size.value))
    } else {
        return Some(size.value);
    };
    problems.push(Problem::new(size.place.clone(), message).help(help));
    None
}

fn checked_mapping(
    raw: RawMapping,
    size: Option<u64>,
    users: &mut Vec<(usize, Range<usize>)>,
    seen: &mut Seen<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Mapping> {
    let access = choice(raw.access.as_ref(), "access", &ACCESSES, problems)
        .map(|number| [Access::Read, Access::ReadWrite][number]);
    let wanted = raw.partition?;
    let partition = partition_of(&wanted, seen.names, "this region is for", problems)?;
    let name = seen.name(partition);
    if let Some((_, place)) = users.iter().find(|(user, _)| *user == partition) {
        problems.push(
            Problem::new(wanted.place, format!("`{name}` has this region twice"))
                .related(place.clone(), "it has it here already")
                .help("name each partition once: who may write may read, too"),
        );
        return None;
    }
    users.push((partition, wanted.place.clone()));
    let doorbell = match raw.doorbell {
        Some(line) => Some(checked_line(line, partition, seen, problems)?),
        None => None,
    };
    let address = match raw.address {
        Some(address) => seen.spaces.place_at(REGION, (partition, name), &address, size?, problems)?,
        None if raw.address_given => return None,
        None => seen.spaces.place_behind(REGION, (partition, name), wanted.place, size?, problems)?,
    };
    Some(Mapping { partition, access: access?, address, doorbell })
}

fn checked_line(
    line: Located<i64>,
    partition: usize,
    seen: &mut Seen<'_>,
    problems: &mut Vec<Problem>,
) -> Option<u32> {
    let (least, most) = (Line::DOORBELLS.start(), Line::DOORBELLS.end());
    let Some(number) = u32::try_from(line.value).ok().filter(|number| Line::DOORBELLS.contains(number))
    else {
        problems.push(
            Problem::new(line.place, format!("line {} is none of a doorbell", line.value))
                .help(format!("write a line from {least} to {most}")),
        );
        return None;
    };
    if let Some(Taken { place, .. }) = seen.taken(partition, number) {
        let free = Line::DOORBELLS.clone().find(|free| seen.taken(partition, *free).is_none());
        let help = free.map_or_else(
            || "leave it out: the partition has no line left".to_owned(),
            |free| format!("give each region a line of its own: {free} is free"),
        );
        let message = format!("`{}` has line {number} twice", seen.name(partition));
        problems.push(
            Problem::new(line.place, message).related(place.clone(), "another region has it here").help(help),
        );
        return None;
    }
    seen.take_line(partition, number, User::Doorbell, line.place);
    Some(number)
}
