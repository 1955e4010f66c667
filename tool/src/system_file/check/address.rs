//! The rules for where partitions see regions and the memory of devices.

use std::ops::Range;

use bulkhead_abi::PAGE_SIZE;
use bulkhead_abi::machine::{MemoryMap, i386, sparc};

use crate::diagnostics::Problem;
use crate::system_file::region::REGION_GAP;
use crate::system_file::value::Located;
use crate::target::Processor;
use crate::units::size_text;

/// Bytes of a page.
pub(super) const PAGE: u64 = PAGE_SIZE as u64;

/// What lies in the addresses of each partition.
pub(super) struct Spaces {
    processor: Processor,
    /// For each partition the size of its memory, if it is known.
    memories: Vec<Option<u64>>,
    regions: Vec<Placed>,
}

/// What messages call it, and which key says its address.
pub(super) type Noun = (&'static str, &'static str);

/// A region.
pub(super) const REGION: Noun = ("region", "address");

/// The memory of a device.
pub(super) const DEVICE: Noun = ("device", "`at`");

/// A region, or the memory of a device, in the addresses of a partition.
struct Placed {
    noun: &'static str,
    partition: usize,
    range: Range<u64>,
    place: Range<usize>,
}

impl Spaces {
    /// Partitions with memories of these sizes and nothing else.
    pub(super) const fn new(processor: Processor, memories: Vec<Option<u64>>) -> Self {
        Self { processor, memories, regions: Vec::new() }
    }

    pub(super) const fn board(&self) -> &'static MemoryMap {
        self.processor.board()
    }

    /// A partition's memory, if its size is known and can be one.
    fn memory(&self, partition: usize) -> Option<Range<u64>> {
        let size = self.memories.get(partition).copied().flatten()?;
        let base = self.board().partition_memory;
        (size <= self.board().partition_memory_max).then(|| base..base + size)
    }

    fn regions_of(&self, partition: usize) -> impl Iterator<Item = &Placed> {
        self.regions.iter().filter(move |placed| placed.partition == partition)
    }

    /// First address that nothing of a partition can have.
    const fn limit(&self) -> u64 {
        self.board().partition_memory + self.board().partition_memory_max
    }

    /// The next free address behind everything of a partition.
    fn free(&self, partition: usize) -> Option<u64> {
        let memory = self.memory(partition)?;
        let ends = self.regions_of(partition).map(|placed| placed.range.end);
        Some(ends.fold(memory.end, u64::max) + REGION_GAP)
    }

    /// Places something where the system file does not say it.
    pub(super) fn place_behind(
        &mut self,
        (noun, key): Noun,
        (partition, name): (usize, &str),
        place: Range<usize>,
        size: u64,
        problems: &mut Vec<Problem>,
    ) -> Option<u64> {
        let start = self.free(partition)?;
        let end = start + size;
        if end > self.limit() {
            let message = format!("there are no addresses left behind the memory of `{name}`");
            problems.push(Problem::new(place, message).help(format!(
                "a partition's memory and regions end at {:#010x}: give it less, or say the {noun}'s {key}",
                self.limit()
            )));
            return None;
        }
        self.regions.push(Placed { noun, partition, range: start..end, place });
        Some(start)
    }

    /// Places something where the system file says it.
    pub(super) fn place_at(
        &mut self,
        (noun, _): Noun,
        (partition, name): (usize, &str),
        address: &Located<u64>,
        size: u64,
        problems: &mut Vec<Problem>,
    ) -> Option<u64> {
        let memory = self.memory(partition)?;
        let start = address.value;
        let range = start..start.saturating_add(size);
        let overlaps = |other: &Range<u64>| overlap(&range, other);
        let free = self.free(partition).map_or(memory.end, |free| free);
        let behind = format!("from {free:#010x} on its addresses are free");
        let problem = |message: String, help: String| Problem::new(address.place.clone(), message).help(help);
        let wrong = if !start.is_multiple_of(PAGE) {
            problem(
                no_page(start),
                format!("write {}", beside(start, PAGE, |start| format!("\"{start:#010x}\""))),
            )
        } else if overlaps(&interface_pages(self.processor)) {
            problem(format!("the {noun} lies over the interface pages of `{name}`"), behind)
        } else if range.start < memory.start {
            problem(format!("the {noun} lies below the memory of `{name}`"), behind)
        } else if overlaps(&memory) {
            let (start, end) = (memory.start, memory.end);
            problem(
                format!("the {noun} lies over the memory of `{name}`, {start:#010x} to {end:#010x}"),
                behind,
            )
        } else if range.end > self.limit() {
            let (limit, end) = (self.limit(), u128::from(start) + u128::from(size));
            problem(
                format!("the {noun} ends at {end:#010x}, where no partition has addresses"),
                format!("a partition's memory and regions end at {limit:#010x}; {behind}"),
            )
        } else if let Some(other) = self.regions_of(partition).find(|placed| overlaps(&placed.range)) {
            let (start, end) = (other.range.start, other.range.end);
            let another = if other.noun == noun { "another".to_owned() } else { format!("a {}", other.noun) };
            let over = format!("over {another} of `{name}`, {start:#010x} to {end:#010x}");
            problem(format!("the {noun} lies {over}"), behind)
                .related(other.place.clone(), "the other is here")
        } else {
            self.regions.push(Placed { noun, partition, range, place: address.place.clone() });
            return Some(start);
        };
        problems.push(wrong);
        None
    }
}

/// Whether two ranges have something in common.
pub(super) const fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}

/// What is to be said of an address that would have to be a page's.
pub(super) fn no_page(address: u64) -> String {
    format!("{address:#010x} is not the start of a page of 4 KiB")
}

/// The multiples of a unit beside a number that is none, or is 0 and may not be, in the words of `show`; not 0, which
/// stands for nothing.
pub(super) fn beside(number: u64, unit: u64, show: impl Fn(u64) -> String) -> String {
    let below = number / unit * unit;
    let above = below.checked_add(unit);
    let words: Vec<String> =
        [Some(below), above].into_iter().flatten().filter(|it| *it != 0).map(show).collect();
    words.join(" or ")
}

/// What would be right instead of a size that is no whole pages.
pub(super) fn pages_beside(size: u64) -> String {
    format!("write {}", beside(size, PAGE, |size| format!("\"{}\"", size_text(size))))
}

/// The size of a device's or function's memory, if it is whole pages.
pub(super) fn whole_pages(size: &Located<u64>, whose: &str, problems: &mut Vec<Problem>) -> Option<u64> {
    let Located { value, place } = size;
    if value.is_multiple_of(PAGE) && *value != 0 {
        return Some(*value);
    }
    let size = size_text(*value);
    let text = format!("the memory of a {whose} is whole pages of 4 KiB, which {size} is not");
    problems.push(Problem::new(place.clone(), text).help(pages_beside(*value)));
    None
}

/// Where a partition sees its two interface pages.
const fn interface_pages(processor: Processor) -> Range<u64> {
    let (first, second) = match processor {
        Processor::X86_64 => (i386::INFORMATION_PAGE, i386::SHARED_PAGE),
        Processor::Leon3 => (sparc::INFORMATION_PAGE, sparc::SHARED_PAGE),
    };
    first as u64..second as u64 + PAGE
}
