//! The result of an audit. It holds facts only; [`crate::render`] decides how they look.

use crate::instructions::{Architecture, Class};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that an audit has found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The name of the input as the caller gave it.
    pub input: String,
    /// The processor that the code is for.
    pub architecture: Architecture,
    /// True for a linked image, where nothing is replaced any more.
    pub image: bool,
    /// Counts.
    pub summary: Summary,
    /// Every instruction that is not plain user-mode code, in the order of the file.
    pub findings: Vec<Finding>,
    /// What may be code but could not be followed.
    pub not_followed: Vec<NotFollowed>,
    /// Things a reader should know, such as an object that is replaced only in part.
    pub notes: Vec<String>,
}

/// One instruction that is not plain user-mode code.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The archive member, if the input is an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The section.
    pub section: String,
    /// The function, or the nearest label before the instruction.
    pub function: String,
    /// Bytes from the start of the function.
    pub offset: u64,
    /// In an image the address, in an object the offset in the section.
    pub address: u64,
    /// File and line, where the debug information tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceLocation>,
    /// The instruction in assembler notation.
    pub instruction: String,
    /// Its bytes in hexadecimal.
    pub bytes: String,
    /// The row of [`crate::instructions`] that names it.
    pub rule: &'static str,
    /// What becomes of it.
    pub class: Class,
    /// Why it has this class.
    pub reason: &'static str,
    /// For [`Class::Replaced`]: what stands in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<ReplacedBy>,
    /// The reason, if the caller allows the function by name or [`crate::intended`] does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// What stands in the place of a replaced instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplacedBy {
    /// The symbol of the pack.
    pub symbol: String,
    /// What of the partition interface does the work.
    pub instead: &'static str,
    /// Why this is enough.
    pub why: &'static str,
}

/// A line of the program's source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceLocation {
    /// The file as the debug information names it.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A stretch of bytes that may be code, but that no symbol and no branch leads to.
#[derive(Clone, Debug, Serialize)]
pub struct NotFollowed {
    /// The archive member, if the input is an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The section.
    pub section: String,
    /// The function, or the nearest label before the stretch.
    pub function: String,
    /// Bytes from the start of the function.
    pub offset: u64,
    /// In an image the address, in an object the offset in the section.
    pub address: u64,
    /// How many bytes.
    pub length: u64,
    /// Why it was not followed.
    pub reason: String,
    /// What it would hold if it were code: those instructions that a partition cannot run.
    pub suspects: Vec<Suspect>,
    /// How many more there are than `suspects` lists.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_suspects: u64,
    /// The caller's reason, if the function is allowed by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// An instruction that stands in bytes which may or may not be code.
#[derive(Clone, Debug, Serialize)]
pub struct Suspect {
    /// Bytes from the start of the stretch.
    pub offset: u64,
    /// The instruction in assembler notation.
    pub instruction: String,
    /// The class it would have.
    pub class: Class,
}

/// The counts of a report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Objects read: the members of an archive, or one.
    pub objects: usize,
    /// Members that are no ELF objects (such as linker scripts), and were passed over.
    pub passed_over: usize,
    /// Functions and labels that were followed.
    pub functions: usize,
    /// Bytes in sections with code.
    pub code_bytes: u64,
    /// Of these, the bytes read as instructions.
    pub followed_bytes: u64,
    /// Instructions decoded.
    pub instructions: u64,
    /// Findings per class; every class is present.
    pub classes: BTreeMap<Class, usize>,
    /// Findings per function, most severe class first.
    pub by_function: Vec<FunctionSummary>,
    /// Stretches that were not followed.
    pub not_followed: usize,
    /// Of these, the ones that would hold something a partition cannot run.
    pub not_followed_suspect: usize,
}

/// The counts of one function.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionSummary {
    /// The archive member, if the input is an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The function.
    pub function: String,
    /// Findings per class; only those present.
    pub classes: BTreeMap<Class, usize>,
}

/// Something that a partition cannot run.
#[derive(Clone, Copy, Debug)]
pub enum Problem<'report> {
    /// An instruction that is silent or faults.
    Instruction(&'report Finding),
    /// Bytes that could not be followed, and would hold such an instruction.
    NotFollowed(&'report NotFollowed),
}

impl Report {
    /// What a partition cannot run and nobody has allowed: silent and faulting instructions, and stretches that
    /// could not be followed but would hold one. `--strict` fails if there is any.
    pub fn problems(&self) -> impl Iterator<Item = Problem<'_>> {
        let instructions = self
            .findings
            .iter()
            .filter(|finding| finding.class.stops_partition() && finding.allowed.is_none())
            .map(Problem::Instruction);
        let stretches = self
            .not_followed
            .iter()
            .filter(|stretch| !stretch.suspects.is_empty() && stretch.allowed.is_none())
            .map(Problem::NotFollowed);
        instructions.chain(stretches)
    }

    /// The silent instructions that nobody has allowed: these stop `bulkhead build`.
    pub fn silent(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.class == Class::Silent && finding.allowed.is_none())
    }
}

// The signature is what serde's `skip_serializing_if` asks for.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
