//! Reads a program for the instructions that need privilege, and tells what becomes of each in a partition.
//!
//! What to expect of this crate:
//!
//! - **Nothing is guessed.** Only what a symbol, a relocation or a branch leads to is reported as code. What could
//!   not be followed is listed as such, together with what it would hold if it were code.
//! - **The processor manuals decide.** Every rule is a row of a table ([`instructions`]) with the manual's section,
//!   an encoding to try it with, and the reason for its class. Tests go over the table, not over the code.
//! - **Input is hostile.** Files are checked while they are read; a broken one ends in an [`AuditError`] that says
//!   what is wrong, where, and what would be right. Nothing here panics and nothing is `unsafe`.
//! - **Same input, same output**, byte for byte.
//!
//! The way of the data: [`audit()`] takes bytes, finds the code in them, follows it, classifies each instruction and
//! returns a [`Report`]; the functions of [`render`] turn a report into text, JSON, SARIF or Markdown.
//! [`run`] is the whole `bulkhead audit` command.

#![forbid(unsafe_code)]

mod arguments;
mod attribution;
mod audit;
mod error;
mod flow;
mod input;
pub mod instructions;
pub mod intended;
mod intervals;
mod lines;
mod machine;
mod options;
mod program;
mod readable;
pub mod render;
pub mod replacements;
mod report;
mod view;

pub use arguments::{AuditArguments, run};
pub use audit::{audit, audit_file};
pub use error::AuditError;
pub use input::defined_symbols;
pub use options::{Allowance, DEFAULT_SIZE_LIMIT, InputKind, Options};
pub use readable::readable;
pub use report::{
    Finding, FunctionSummary, NotFollowed, Problem, ReplacedBy, Report, SourceLocation, Summary, Suspect,
};
