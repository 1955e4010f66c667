//! Describes places of a program in a reader's terms.

use crate::attribution::Attribution;
use crate::error::HexBytes;
use crate::flow::Gap;
use crate::instructions::{Instruction, Kernel};
use crate::machine::Machine;
use crate::program::{CodeSection, Program};
use crate::report::{Finding, NotFollowed, SourceLocation, Suspect};

/// Suspects that a report lists of one stretch; more would tell nobody more.
const SUSPECTS_MAX: usize = 8;

/// One program with what is needed to describe places in it.
pub(crate) struct View<'program, 'data> {
    pub(crate) program: &'program Program<'data>,
    pub(crate) attribution: &'program Attribution<'program>,
    pub(crate) machine: &'static dyn Machine,
    pub(crate) kernel: Kernel,
}

impl View<'_, '_> {
    /// The finding of an instruction, before anybody has asked the pack or the caller.
    pub(crate) fn finding(
        &self,
        section: &CodeSection<'_>,
        offset: usize,
        rule: &'static Instruction,
        member: Option<&str>,
        source: Option<SourceLocation>,
    ) -> Finding {
        let address = section.base.wrapping_add(offset as u64);
        let place = self.attribution.place(address, section.base, &section.name);
        let length = self.machine.step(section, offset).map_or(0, |step| step.length);
        let bytes = section.bytes.get(offset..offset.saturating_add(length)).unwrap_or_default();
        let (class, reason) = rule.above(self.kernel, bytes);
        Finding {
            member: member.map(str::to_owned),
            section: section.name.clone(),
            function: place.function,
            offset: place.offset,
            address: address.wrapping_sub(section.shown_from),
            source,
            instruction: self.machine.text(section, offset),
            bytes: HexBytes(bytes).to_string(),
            rule: rule.name,
            class,
            reason,
            replaced_by: None,
            allowed: None,
        }
    }

    /// A gap of the walk, and what it would hold if it were code.
    pub(crate) fn not_followed(&self, gap: &Gap, member: Option<&str>) -> Option<NotFollowed> {
        let section = self.program.code.get(gap.section)?;
        let address = section.base.wrapping_add(gap.start as u64);
        let place = self.attribution.place(address, section.base, &section.name);
        let reason = match gap.computed_jump {
            Some(jump) => {
                let from = self.attribution.place(jump, section.base, &section.name);
                format!("{}+{:#x} jumps to a computed address, perhaps to here", from.function, from.offset)
            }
            None => "no symbol and no branch leads here".to_owned(),
        };
        let (suspects, more_suspects) = self.suspects(section, gap);
        Some(NotFollowed {
            member: member.map(str::to_owned),
            section: section.name.clone(),
            function: place.function,
            offset: place.offset,
            address: address.wrapping_sub(section.shown_from),
            length: (gap.end - gap.start) as u64,
            reason,
            suspects,
            more_suspects,
            allowed: None,
        })
    }

    /// Reads a stretch as if it were code from its first byte to its last.
    fn suspects(&self, section: &CodeSection<'_>, gap: &Gap) -> (Vec<Suspect>, u64) {
        let mut suspects = Vec::new();
        let mut more = 0;
        let mut offset = gap.start;
        while offset < gap.end {
            let Some(step) = self.machine.step(section, offset) else {
                offset += self.machine.alignment();
                continue;
            };
            let bytes = section.bytes.get(offset..offset.saturating_add(step.length)).unwrap_or_default();
            let class = step.rule.map(|rule| rule.above(self.kernel, bytes).0);
            if let Some(class) = class.filter(|class| class.stops_partition()) {
                if suspects.len() < SUSPECTS_MAX {
                    let instruction = self.machine.text(section, offset);
                    suspects.push(Suspect { offset: (offset - gap.start) as u64, instruction, class });
                } else {
                    more += 1;
                }
            }
            offset += step.length.max(1);
        }
        (suspects, more)
    }
}
