//! The system file: TOML text in, a checked [`System`] out, or everything that is wrong with it.

pub mod building;
pub mod channel;
mod check;
pub mod device;
mod encoding;
pub mod health;
mod keys;
mod limits;
mod model;
pub(crate) mod parse;
pub mod region;
pub mod schedule;
mod schema;
pub(crate) mod value;

pub(crate) use check::name::{is_name, name_out_of};

pub use crate::silent::SilentAllowance;
pub use crate::target::Processor;
pub use encoding::text_of;
pub use limits::{
    INSTRUCTION_TIME_MAX, INSTRUCTION_TIME_MIN, LEON3_CLOCK_MAX, LEON3_CLOCK_MIN, MACHINE_MEMORY_DEFAULT,
    MACHINE_MEMORY_MIN, MAJOR_FRAME_MAX, REFRESH_MAX,
};
pub(crate) use model::OwnKey;
pub use model::{Demand, Partition, Program, System, Window};
pub use schema::schema;

use std::path::Path;

use crate::diagnostics::{Report, SourceText};

/// The name that a system file has if nobody names another.
pub const FILE_NAME: &str = "bulkhead.toml";

/// Checks the text of a system file against every rule that needs no file besides it.
///
/// `directory` is where relative paths in the file start from; `name` is how messages call the file.
///
/// # Errors
/// A report of everything that is wrong.
pub fn from_text(text: &str, name: &str, directory: &Path) -> Result<System, Report> {
    from_text_for(None, text, name, directory)
}

/// As [`from_text`], for a processor that is chosen whatever the file says.
///
/// # Errors
/// As [`from_text`].
pub fn from_text_for(
    processor: Option<Processor>,
    text: &str,
    name: &str,
    directory: &Path,
) -> Result<System, Report> {
    from_text_with(Purpose::Run, processor, text, name, directory)
}

/// What a system is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be run as it is.
    Run,
    /// To have windows proposed: those of the file do not count, and there need not be any.
    Propose,
}

/// As [`from_text_for`], for a purpose.
pub(crate) fn from_text_with(
    purpose: Purpose,
    processor: Option<Processor>,
    text: &str,
    name: &str,
    directory: &Path,
) -> Result<System, Report> {
    let source = SourceText { name: name.to_owned(), text: text.to_owned() };
    let raw = match parse::parse(text, purpose) {
        Ok(raw) => raw,
        Err(problems) => return Err(Report::new(source, problems)),
    };
    check::check(raw, source, directory, processor, purpose)
}
