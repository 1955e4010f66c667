//! What the walk over the code needs to know of a processor.

mod sparc;
mod sparc_text;
mod x86;

use crate::instructions::{Architecture, Instruction};
use crate::program::CodeSection;

/// One decoded instruction and where it leads.
pub(crate) struct Step {
    /// Its length in bytes.
    pub(crate) length: usize,
    /// The rule that names it, if it is not plain user-mode code.
    pub(crate) rule: Option<&'static Instruction>,
    /// Where a branch or call goes, if that is known and lies in this program.
    pub(crate) target: Option<u64>,
    /// Where execution goes on behind it, if it can.
    pub(crate) behind: Option<u64>,
    /// The instruction that is executed before the branch is taken (SPARC).
    pub(crate) delay_slot: Option<u64>,
    /// A marker word behind a call, which is no instruction (SPARC: V8 appendix D, structure results).
    pub(crate) marker: Option<u64>,
    /// True for a call, which may never return.
    pub(crate) call: bool,
    /// True for a jump to a computed address.
    pub(crate) computed: bool,
}

impl Step {
    /// An instruction that just goes on.
    pub(crate) fn plain(address: u64, length: usize, rule: Option<&'static Instruction>) -> Self {
        let behind = Some(address.wrapping_add(length as u64));
        Self {
            length,
            rule,
            target: None,
            behind,
            delay_slot: None,
            marker: None,
            call: false,
            computed: false,
        }
    }
}

/// A processor's decoder.
pub(crate) trait Machine: Sync {
    /// Decodes the instruction at `offset` of a section. `None` if the bytes there are no instruction.
    fn step(&self, section: &CodeSection<'_>, offset: usize) -> Option<Step>;
    /// The instruction at `offset` in assembler notation.
    fn text(&self, section: &CodeSection<'_>, offset: usize) -> String;
    /// The distance between two places where an instruction can begin.
    fn alignment(&self) -> usize;
    /// Where the padding that begins at `start` ends: bytes that a compiler or linker puts between functions.
    fn skip_padding(&self, section: &CodeSection<'_>, start: usize, end: usize) -> usize;
    /// Where the padding that ends at `end` begins.
    fn trim_padding(&self, _section: &CodeSection<'_>, _start: usize, end: usize) -> usize {
        end
    }
}

/// The decoder for an architecture.
pub(crate) fn machine(architecture: Architecture) -> &'static dyn Machine {
    match architecture {
        Architecture::I386 => &x86::X86 { bits: 32 },
        Architecture::X86_64 => &x86::X86 { bits: 64 },
        Architecture::Sparc => &sparc::Sparc,
    }
}
