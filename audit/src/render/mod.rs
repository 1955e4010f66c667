//! What a report looks like: for people, for programs, for editors and for the documentation.

mod markdown;
mod sarif;
mod tables;
mod text;

use crate::report::Report;

pub use markdown::markdown;
pub use sarif::sarif;
pub use tables::{instruction_list, instruction_tables, intended_table, replacement_tables};
pub use text::{Style, text};

/// The reports as JSON: one object, or a list if there are several.
#[must_use]
pub fn json(reports: &[Report]) -> String {
    let result = match reports {
        [report] => serde_json::to_string_pretty(report),
        reports => serde_json::to_string_pretty(reports),
    };
    // A report holds text, numbers and maps with text keys; none of them can fail.
    let mut text = result.unwrap_or_default();
    text.push('\n');
    text
}

/// Everything that the audit knows before it reads a file, as the documentation shows it.
#[must_use]
pub fn knowledge() -> String {
    format!(
        "## The instructions\n\n{}\n## The symbols of the pack\n\n{}\n## Functions that are allowed\n\n{}",
        instruction_tables(),
        replacement_tables(),
        intended_table()
    )
}
