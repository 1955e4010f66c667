//! Every privileged and sensitive instruction of the processors that the audit reads.
//!
//! One row per rule: how the instruction is recognized, what becomes of it in a partition and why, what the
//! processor does when user-mode code executes it, the manual's section, and encodings to try it with. The
//! classifier, the tests, the documentation and the programs that execute each row on the kernel use this table and
//! nothing else.
//!
//! Manuals: "SDM" is the Intel 64 and IA-32 Architectures Software Developer's Manual, volume and section as in
//! editions up to 2023 (later ones have one chapter more in volume 3, so that 3A 5.9 becomes 3A 6.9); 2 is followed
//! by the instruction's name. "V8" is The SPARC Architecture Manual, version 8. "LEON3" is the processor's
//! description in the GRLIB IP core manual.

mod sparc;
mod x86;
mod x86_more;

use clap::ValueEnum;
use iced_x86::Mnemonic;
use serde::Serialize;
use std::fmt;

/// A processor that the audit reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 32-bit x86.
    I386,
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// SPARC version 8, as LEON3 implements it.
    Sparc,
}

impl Architecture {
    /// The name in messages and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I386 => "i386",
            Self::X86_64 => "x86_64",
            Self::Sparc => "sparc",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The kernel below the partition, as far as it decides what becomes of an instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kernel {
    /// Ours, and those that do the same.
    #[default]
    Bulkhead,
    /// AIR 5.6, with the binding's handlers.
    Air,
}

/// What becomes of an instruction in a partition; the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Neither traps nor does what it says. This class must be empty.
    Silent,
    /// Traps, and nothing takes its place: the kernel hands it to the partition's fault entry or to the health
    /// monitor.
    Faults,
    /// Traps, and the kernel does what it says on the partition's own state.
    Emulated,
    /// A call into the kernel that the kernel serves.
    Served,
    /// Not in the image: a symbol of the link-time pack stands in its place.
    Replaced,
    /// Does in user mode what the program needs of it.
    Harmless,
}

impl Class {
    /// Every class, the most severe first.
    pub const ALL: [Self; 6] =
        [Self::Silent, Self::Faults, Self::Emulated, Self::Served, Self::Replaced, Self::Harmless];

    /// The class's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Faults => "faults",
            Self::Emulated => "emulated",
            Self::Served => "served",
            Self::Replaced => "replaced",
            Self::Harmless => "harmless",
        }
    }

    /// What the class means, in half a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Silent => "neither traps nor does what it says: must be empty",
            Self::Faults => "traps, and nothing takes its place: reported as the partition's fault",
            Self::Emulated => "traps, and the kernel does what it says on the partition's own state",
            Self::Served => "a call that the kernel serves",
            Self::Replaced => "not in the image: a symbol of the pack stands in its place",
            Self::Harmless => "does in user mode what the program needs",
        }
    }

    /// Whether a partition that reaches such an instruction does not do what it was written to do.
    #[must_use]
    pub const fn stops_partition(self) -> bool {
        matches!(self, Self::Silent | Self::Faults)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What the processor does when user-mode code of a partition executes the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// No trap.
    Runs,
    /// A trap with this number: x86 exception vector, or SPARC trap type.
    Traps(u8),
    /// Differs between processors or operands, as the text says.
    Depends(&'static str),
}

impl fmt::Display for Execution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs => formatter.write_str("runs"),
            Self::Traps(number) => write!(formatter, "traps ({number:#04x})"),
            Self::Depends(text) => formatter.write_str(text),
        }
    }
}

/// x86 exception vectors (SDM 3A 6.3.1).
pub(crate) mod vector {
    pub(crate) const INVALID_OPCODE: u8 = 6;
    pub(crate) const GENERAL_PROTECTION: u8 = 13;
}

/// SPARC trap types (V8 table 7-1).
pub(crate) mod trap_type {
    pub(crate) const ILLEGAL_INSTRUCTION: u8 = 0x02;
    pub(crate) const PRIVILEGED_INSTRUCTION: u8 = 0x03;
    pub(crate) const COPROCESSOR_DISABLED: u8 = 0x24;
}

/// An encoding of an instruction, to try a rule with.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The processor that reads these bytes so.
    pub architecture: Architecture,
    /// The instruction as an assembler takes it (x86: AT&T syntax).
    pub assembly: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// One rule: an instruction, or several that share a fate.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// A name that is unique in the table.
    pub name: &'static str,
    /// What becomes of it, unless the pack takes its place.
    pub class: Class,
    /// What the processor does.
    pub execution: Execution,
    /// Where the manual says so.
    pub manual: &'static str,
    /// Why it has this class.
    pub reason: &'static str,
    /// Encodings.
    pub samples: &'static [Sample],
    pub(crate) matcher: Matcher,
}

impl Instruction {
    /// What becomes of an encoding of it above a kernel, unless the pack takes its place, and why.
    pub(crate) fn above(&self, kernel: Kernel, bytes: &[u8]) -> (Class, &'static str) {
        let word = bytes.try_into().map(u32::from_be_bytes);
        match (kernel, self.matcher, word) {
            (Kernel::Air, Matcher::Sparc { .. } | Matcher::SparcWhere(_), Ok(word)) => {
                sparc::above_air(self.name, word).unwrap_or((self.class, self.reason))
            }
            _ => (self.class, self.reason),
        }
    }
}

/// How a rule recognizes its instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matcher {
    /// These mnemonics, with such operands.
    X86(&'static [Mnemonic], Operands),
    /// Whatever else the decoder calls privileged.
    OtherPrivilegedX86,
    /// Words with `word & mask == value`.
    Sparc { mask: u32, value: u32 },
    /// Words that fields alone do not distinguish.
    SparcWhere(fn(u32) -> bool),
}

/// Which forms of an x86 mnemonic a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operands {
    Any,
    /// Writes `fs` or `gs`, whose base the program chooses.
    LoadsThreadSegment,
    /// Writes `ds`, `es` or `ss`.
    LoadsFlatSegment,
    /// Reads a segment register.
    ReadsSegment,
    /// Reads or writes a control or test register.
    ControlRegister,
    /// Reads or writes a debug register.
    DebugRegister,
    /// The interrupt vector is the hypercall's.
    HypercallVector,
    /// The interrupt vector is another.
    OtherVector,
    /// A far pointer, in the instruction or in memory.
    Far,
    /// A register as the destination, behind the prefix `lock`.
    LockedRegister,
}

/// The rules for a processor, in the order in which they are tried.
#[must_use]
pub fn table(architecture: Architecture) -> &'static [&'static Instruction] {
    match architecture {
        Architecture::I386 | Architecture::X86_64 => {
            static X86: std::sync::LazyLock<Vec<&'static Instruction>> =
                std::sync::LazyLock::new(|| x86::TABLE.iter().chain(x86_more::TABLE).collect());
            &X86
        }
        Architecture::Sparc => {
            static SPARC: std::sync::LazyLock<Vec<&'static Instruction>> =
                std::sync::LazyLock::new(|| sparc::TABLE.iter().collect());
            &SPARC
        }
    }
}

/// The interrupt vector of a hypercall in the partition interface.
pub const X86_HYPERCALL_VECTOR: u8 = bulkhead_abi::machine::i386::HYPERCALL_VECTOR;
