//! Follows the code of a program from its labels along its branches.

use crate::attribution::Attribution;
use crate::instructions::Instruction;
use crate::intervals::ByteSet;
use crate::machine::{Machine, Step, machine};
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet};

/// Cases of one jump table can hold the jump of another. Programs nest a few; a file that nests hundreds wants to keep
/// the audit busy, and the rest of it is listed as not followed.
const TABLE_ROUNDS_MAX: usize = 64;

/// What has been seen of one section.
struct Seen {
    /// Bytes that belong to an instruction.
    covered: ByteSet,
    /// First bytes of instructions from which the walk has gone on.
    followed: ByteSet,
    /// First bytes behind a function whose symbol has a size.
    ends: ByteSet,
}

impl Seen {
    /// Nothing of a section with `length` bytes.
    fn nothing(length: usize) -> Self {
        Self { covered: ByteSet::new(length), followed: ByteSet::new(length), ends: ByteSet::new(length) }
    }
}

/// Nothing of each section, with the ends of functions noted.
fn nothing_seen(program: &Program<'_>) -> Vec<Seen> {
    let mut seen: Vec<Seen> = program.code.iter().map(|section| Seen::nothing(section.bytes.len())).collect();
    for label in program.labels.iter().filter(|label| label.function && label.size > 0) {
        let Some(index) = program.section_of(label.address) else { continue };
        let end = label.address.saturating_add(label.size);
        let offset = program.code.get(index).and_then(|section| section.offset_of(end));
        if let (Some(seen), Some(offset)) = (seen.get_mut(index), offset) {
            seen.ends.insert(offset);
        }
    }
    seen
}

/// A place to look at.
#[derive(Clone, Copy)]
enum Visit {
    /// Execution arrives here and goes on.
    Follow(u64),
    /// Only this one instruction is executed: a delay slot.
    Single(u64),
}

/// A stretch of bytes that the walk has not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The section's index.
    pub(crate) section: usize,
    /// Its first byte's offset in the section.
    pub(crate) start: usize,
    /// The offset behind its last byte.
    pub(crate) end: usize,
    /// The computed jump before it in the same function, if there is one.
    pub(crate) computed_jump: Option<u64>,
}

/// The walk over one program.
pub(crate) struct Walk<'program, 'data> {
    program: &'program Program<'data>,
    machine: &'static dyn Machine,
    seen: Vec<Seen>,
    work: Vec<Visit>,
    /// What is not plain user-mode code, by section and offset.
    pub(crate) found: BTreeMap<(usize, usize), &'static Instruction>,
    /// Jumps to computed addresses.
    computed: BTreeSet<u64>,
    /// How many instructions were decoded.
    pub(crate) instructions: u64,
}

impl<'program, 'data> Walk<'program, 'data> {
    /// Follows everything that a label, a relocation or the entry point leads to.
    pub(crate) fn run(program: &'program Program<'data>, attribution: &Attribution<'_>) -> Self {
        let seen = nothing_seen(program);
        let mut walk = Self {
            program,
            machine: machine(program.architecture),
            seen,
            work: Vec::new(),
            found: BTreeMap::new(),
            computed: BTreeSet::new(),
            instructions: 0,
        };
        // A local label without a type may name data; code there is reached by a branch.
        let labels = program.labels.iter().filter(|label| label.function || label.global);
        walk.work.extend(labels.map(|label| Visit::Follow(label.address)));
        walk.work.extend(program.seeds.iter().map(|&address| Visit::Follow(address)));
        walk.drain();
        walk.follow_jump_tables(attribution);
        walk
    }

    /// How many bytes were read as instructions.
    pub(crate) fn covered_bytes(&self) -> u64 {
        self.seen.iter().map(|seen| seen.covered.count()).sum()
    }

    fn drain(&mut self) {
        while let Some(visit) = self.work.pop() {
            match visit {
                Visit::Single(address) => {
                    self.look(address);
                }
                Visit::Follow(address) => self.follow(address),
            }
        }
    }

    /// Follows straight-line code and notes where else it leads.
    fn follow(&mut self, start: u64) {
        let mut next = Some(start);
        while let Some(address) = next {
            let Some((index, offset)) = self.locate(address) else { return };
            let new = self.seen.get_mut(index).is_some_and(|seen| seen.followed.insert(offset));
            if !new {
                return;
            }
            let Some(step) = self.look(address) else { return };
            self.work.extend(step.target.map(Visit::Follow));
            self.work.extend(step.delay_slot.map(Visit::Single));
            if let Some((index, offset)) = step.marker.and_then(|marker| self.locate(marker)) {
                self.cover(index, offset, 4);
            }
            if step.computed {
                self.computed.insert(address);
            }
            next = step.behind.filter(|&behind| !(step.call && self.is_end(behind)));
        }
    }

    /// Whether a function ends before an address. The last instruction of a function is a call only if that never
    /// returns; what stands behind it is padding, or the next function.
    fn is_end(&self, address: u64) -> bool {
        let place = self.locate(address);
        place.is_some_and(|(index, offset)| {
            self.seen.get(index).is_some_and(|seen| seen.ends.contains(offset))
        })
    }

    /// Decodes one instruction and notes what it is.
    fn look(&mut self, address: u64) -> Option<Step> {
        let (index, offset) = self.locate(address)?;
        let section = self.program.code.get(index)?;
        let step = self.machine.step(section, offset)?;
        let known = self.found.contains_key(&(index, offset));
        self.instructions += 1;
        self.cover(index, offset, step.length);
        if let (Some(rule), false) = (step.rule, known) {
            self.found.insert((index, offset), rule);
        }
        Some(step)
    }

    fn cover(&mut self, index: usize, offset: usize, length: usize) {
        if let Some(seen) = self.seen.get_mut(index) {
            seen.covered.insert_range(offset, length);
        }
    }

    /// The section and offset of an address where an instruction can begin and no symbol says that data lies there.
    fn locate(&self, address: u64) -> Option<(usize, usize)> {
        let index = self.program.section_of(address)?;
        let section = self.program.code.get(index)?;
        let offset = section.offset_of(address)?;
        let aligned = offset % self.machine.alignment() == 0;
        (aligned && !section.data.contains(offset)).then_some((index, offset))
    }

    /// In an image the entries of a jump table are plain words. A word that is the address of a stretch which was not
    /// reached, in a function which jumps to a computed address, is taken for one.
    fn follow_jump_tables(&mut self, attribution: &Attribution<'_>) {
        if !self.program.is_linked() || self.computed.is_empty() {
            return;
        }
        let words = self.data_words();
        for _ in 0..TABLE_ROUNDS_MAX {
            let before = self.instructions;
            for gap in self.gaps(attribution) {
                if gap.computed_jump.is_none() {
                    continue;
                }
                let Some(section) = self.program.code.get(gap.section) else { continue };
                let start = section.base.wrapping_add(gap.start as u64);
                let end = section.base.wrapping_add(gap.end as u64);
                self.work.extend(words.range(start..end).map(|&address| Visit::Follow(address)));
            }
            self.drain();
            if self.instructions == before {
                return;
            }
        }
    }

    /// Every aligned word of the data sections that is an address in code.
    fn data_words(&self) -> BTreeSet<u64> {
        let size = self.program.pointer_size;
        let words = self.program.data.iter().flat_map(|bytes| bytes.chunks_exact(size));
        words
            .map(|bytes| self.program.word(bytes))
            .filter(|&address| self.program.section_of(address).is_some())
            .collect()
    }

    /// What was not reached, without padding and declared data, divided where functions begin.
    pub(crate) fn gaps(&self, attribution: &Attribution<'_>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for index in 0..self.seen.len() {
            self.gaps_of_section(index, attribution, &mut gaps);
        }
        gaps
    }

    fn gaps_of_section(&self, index: usize, attribution: &Attribution<'_>, gaps: &mut Vec<Gap>) {
        let (Some(seen), Some(section)) = (self.seen.get(index), self.program.code.get(index)) else {
            return;
        };
        let length = section.bytes.len();
        let mut position = 0;
        while let Some(gap) = seen.covered.next_gap(position, length) {
            position = gap.end;
            let mut start = gap.start;
            while let Some(piece) = section.data.next_gap(start, gap.end) {
                let address = section.base.wrapping_add(piece.start as u64);
                let boundary = attribution.next_start(address).and_then(|next| section.offset_of(next));
                let end = boundary.map_or(piece.end, |boundary| boundary.min(piece.end)).max(piece.start + 1);
                start = end;
                let first = self.machine.skip_padding(section, piece.start, end);
                let end = self.machine.trim_padding(section, first, end);
                if first < end {
                    let computed_jump = self.computed_jump_before(index, first, attribution);
                    gaps.push(Gap { section: index, start: first, end, computed_jump });
                }
            }
        }
    }

    fn computed_jump_before(
        &self,
        index: usize,
        offset: usize,
        attribution: &Attribution<'_>,
    ) -> Option<u64> {
        let section = self.program.code.get(index)?;
        let address = section.base.wrapping_add(offset as u64);
        let (start, end) = attribution.extent(address, section.base)?;
        // Bytes behind the end of a function are not part of it.
        if end.is_some_and(|end| address >= end) {
            return None;
        }
        let end = end.unwrap_or(address);
        self.computed.range(start..end.max(address)).next().copied()
    }
}
