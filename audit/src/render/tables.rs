//! The table of instructions itself, as text and as Markdown.

use super::markdown::cell;
use crate::instructions::{Architecture, Instruction, table};
use crate::intended;
use crate::replacements::{self, Replacement};
use std::fmt::Write;

/// The processors whose tables differ.
const TABLES: [(Architecture, &str); 2] =
    [(Architecture::I386, "x86 (i386 and x86_64)"), (Architecture::Sparc, "SPARC V8 (LEON3)")];

/// The processors for which there is a pack.
const PACKS: [(Architecture, &str); 2] = [(Architecture::I386, "i386"), (Architecture::Sparc, "SPARC")];

/// One line per rule.
#[must_use]
pub fn instruction_list() -> String {
    let mut output = String::new();
    for (architecture, title) in TABLES {
        // Writing to a string cannot fail.
        let _ = writeln!(output, "{title}");
        for row in table(architecture) {
            let _ =
                writeln!(output, "  {:<9} {:<28} {} [{}]", row.class, row.name, row.execution, row.manual);
        }
    }
    output
}

/// The tables of the documentation.
#[must_use]
pub fn instruction_tables() -> String {
    let mut output = String::new();
    for (architecture, title) in TABLES {
        // Writing to a string cannot fail.
        let _ = write_table(&mut output, architecture, title);
    }
    output
}

fn write_table(output: &mut String, architecture: Architecture, title: &str) -> std::fmt::Result {
    let blank = if output.is_empty() { "" } else { "\n" };
    writeln!(output, "{blank}### {title}\n")?;
    writeln!(output, "| instruction | class | in user mode | manual | why |\n|---|---|---|---|---|")?;
    for row in table(architecture) {
        write_row(output, row)?;
    }
    Ok(())
}

fn write_row(output: &mut String, row: &Instruction) -> std::fmt::Result {
    let execution = row.execution.to_string();
    writeln!(
        output,
        "| {} | {} | {} | {} | {} |",
        cell(row.name),
        row.class,
        cell(&execution),
        cell(row.manual),
        cell(row.reason)
    )
}

/// The symbols of the pack, as the documentation shows them.
#[must_use]
pub fn replacement_tables() -> String {
    let mut output = String::new();
    for (architecture, title) in PACKS {
        // Writing to a string cannot fail.
        let _ = write_replacements(&mut output, architecture, title);
    }
    output
}

fn write_replacements(output: &mut String, architecture: Architecture, title: &str) -> std::fmt::Result {
    let blank = if output.is_empty() { "" } else { "\n" };
    writeln!(output, "{blank}### {title}\n")?;
    writeln!(
        output,
        "| object | symbols | what takes their place | why this is enough |\n|---|---|---|---|"
    )?;
    let rows: Vec<_> = replacements::rows(architecture).collect();
    // Neighbours that share object and fate become one row.
    let key = |row: &Replacement| (row.object, row.instead, (row.by != row.symbol).then_some(row.by));
    for group in rows.chunk_by(|left, right| key(left) == key(right)) {
        let Some(first) = group.first() else { continue };
        let mut symbols: Vec<String> = group.iter().map(|row| format!("`{}`", row.symbol)).collect();
        if let (_, _, Some(by)) = key(first) {
            symbols.push(format!("by `{by}`"));
        }
        writeln!(
            output,
            "| {} | {} | {} | {} |",
            first.object,
            symbols.join(", "),
            cell(first.instead),
            cell(first.why)
        )?;
    }
    Ok(())
}

/// The functions that are allowed without being asked, as the documentation shows them.
#[must_use]
pub fn intended_table() -> String {
    let mut output =
        String::from("| function | from | instruction | why it is right there |\n|---|---|---|---|\n");
    for row in intended::TABLE {
        // Writing to a string cannot fail.
        let _ = writeln!(
            output,
            "| `{}` | {} | {} | {} |",
            row.function,
            cell(row.origin),
            cell(row.rule),
            cell(row.reason)
        );
    }
    output
}
