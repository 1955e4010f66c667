//! SPARC V8: the fields that decide where execution goes on (V8 chapter 5 and appendix F), and the rules' table.

use super::{Machine, Step, sparc_text};
use crate::instructions::{Architecture, Instruction, Matcher, table};
use crate::program::{CodeSection, Destination};

/// The decoder.
pub(super) struct Sparc;

/// `sethi 0, %g0`, which the manual names `nop` (V8 B.10).
const NO_OPERATION: u32 = 0x0100_0000;

/// The word at an offset of a section.
fn word_at(section: &CodeSection<'_>, offset: usize) -> Option<u32> {
    let bytes = section.bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The rule that names a word.
fn rule_of(word: u32) -> Option<&'static Instruction> {
    table(Architecture::Sparc).iter().copied().find(|rule| match rule.matcher {
        Matcher::Sparc { mask, value } => word & mask == value,
        Matcher::SparcWhere(matches) => matches(word),
        Matcher::X86(..) | Matcher::OtherPrivilegedX86 => false,
    })
}

/// A word displacement of `bits` bits, in bytes.
fn displacement(word: u32, bits: u32) -> u64 {
    let shift = 32 - bits;
    let words = ((word << shift).cast_signed()) >> shift;
    (i64::from(words) * 4).cast_unsigned()
}

/// Whether a word stands behind a call to say how large a structure the caller expects (V8 appendix D.3).
fn is_structure_marker(word: u32) -> bool {
    word & 0xffc0_0000 == 0 && word & 0xfff != 0
}

/// A branch by condition codes: Bicc, FBfcc, CBccc (V8 B.21 to B.23).
fn branch(section: &CodeSection<'_>, address: u64, word: u32, step: &mut Step) {
    let never = word >> 25 & 0xf == 0;
    let always = word >> 25 & 0xf == 8;
    let annul = word & 0x2000_0000 != 0;
    let target = address.wrapping_add(displacement(word, 22));
    let after_slot = address.wrapping_add(8);
    // `ba,a` and `bn,a` do not execute the delay slot.
    step.delay_slot = (!(annul && (always || never))).then(|| address.wrapping_add(4));
    step.target = if never { None } else { relocated(section, address, target) };
    step.behind = (!always).then_some(after_slot);
}

/// A branch target, with the relocation that stands in the instruction.
fn relocated(section: &CodeSection<'_>, address: u64, target: u64) -> Option<u64> {
    match section.relocation_in(address, 4) {
        Some(Destination::Code(address)) => Some(address),
        Some(Destination::Elsewhere) => None,
        None => Some(target & 0xffff_ffff),
    }
}

/// What follows a call: the delay slot, then perhaps a marker word, then the caller goes on.
fn call(section: &CodeSection<'_>, offset: usize, address: u64, step: &mut Step) {
    step.call = true;
    step.delay_slot = Some(address.wrapping_add(4));
    step.behind = Some(address.wrapping_add(8));
    let marker =
        offset.checked_add(8).and_then(|next| word_at(section, next)).is_some_and(is_structure_marker);
    if marker {
        step.marker = Some(address.wrapping_add(8));
        step.behind = Some(address.wrapping_add(12));
    }
}

/// `jmpl` (V8 B.25): a return, a call through a register, or a jump to a computed address.
fn jump_and_link(section: &CodeSection<'_>, offset: usize, address: u64, word: u32, step: &mut Step) {
    const OUTPUT_7: u32 = 15;
    const INPUT_7: u32 = 31;
    let destination = word >> 25 & 0x1f;
    let source = word >> 14 & 0x1f;
    if destination == OUTPUT_7 {
        call(section, offset, address, step);
        return;
    }
    step.delay_slot = Some(address.wrapping_add(4));
    step.behind = None;
    // `ret` is jmpl %i7 + 8, `retl` is jmpl %o7 + 8; 12 skips a marker word.
    let immediate = word & 0x2000 != 0;
    let returns = immediate && matches!(source, OUTPUT_7 | INPUT_7) && matches!(word & 0x1fff, 8 | 12);
    step.computed = !returns;
}

impl Machine for Sparc {
    fn step(&self, section: &CodeSection<'_>, offset: usize) -> Option<Step> {
        let word = word_at(section, offset)?;
        let address = section.base.wrapping_add(offset as u64);
        let mut step = Step::plain(address, 4, rule_of(word));
        match (word >> 30, word >> 22 & 7, word >> 19 & 0x3f) {
            (0, 2 | 6 | 7, _) => branch(section, address, word, &mut step),
            (0, 0, _) => step.behind = None,
            (1, _, _) => {
                call(section, offset, address, &mut step);
                step.target = relocated(section, address, address.wrapping_add(displacement(word, 30)));
            }
            (2, _, 0x38) => jump_and_link(section, offset, address, word, &mut step),
            (2, _, 0x39) => {
                step.delay_slot = Some(address.wrapping_add(4));
                step.behind = None;
            }
            _ => {}
        }
        Some(step)
    }

    fn text(&self, section: &CodeSection<'_>, offset: usize) -> String {
        word_at(section, offset).map_or_else(|| "(no instruction)".to_owned(), sparc_text::text)
    }

    fn alignment(&self) -> usize {
        4
    }

    fn skip_padding(&self, section: &CodeSection<'_>, start: usize, end: usize) -> usize {
        let mut offset = start;
        while offset < end {
            match word_at(section, offset) {
                Some(0 | NO_OPERATION) => offset += 4,
                _ => break,
            }
        }
        offset.min(end)
    }
}

#[cfg(test)]
mod tests {
    use super::displacement;

    #[test]
    fn displacements_are_signed_words() {
        assert_eq!(displacement(1, 22), 4);
        assert_eq!(displacement(0x003f_ffff, 22), (-4_i64).cast_unsigned());
        assert_eq!(displacement(0x4000_0001, 30), 4);
    }
}
