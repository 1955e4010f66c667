//! No line is wider than a page: comments, code, scripts, and documents but for what cannot be broken.

use crate::assert_none;
use crate::files::{self, File};

/// Columns of a line.
const WIDTH: usize = 120;

/// What others write or read as it is: licences, locks, output and pictures that tests compare, and system files with
/// faults.
fn is_left_out(path: &str) -> bool {
    path == "LICENSE"
        || path.ends_with("Cargo.lock")
        || path.ends_with(".expected")
        || path.starts_with("tool/tests/bad/")
        || path.ends_with(".json")
        || path.ends_with(".svg")
}

/// The lines of a document that can be broken: all but tables, code blocks, marks, and those with a link in them.
fn prose(file: &File) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        let start = line.trim_start();
        let fence = start.starts_with("```");
        in_code ^= fence;
        let unbroken = line.starts_with("    ") || start.starts_with(['|', '<']) || line.contains("](");
        if !in_code && !fence && !unbroken {
            found.push((number, line));
        }
    }
    found
}

/// Lines of a file that are too wide.
fn too_wide(file: &File) -> Vec<String> {
    let lines = if file.has_ending("md") { prose(file) } else { file.lines().collect() };
    let width = |line: &str| line.chars().count();
    lines
        .into_iter()
        .filter(|(_, line)| width(line) > WIDTH)
        .map(|(number, line)| format!("{}:{number}: {} columns", file.path, width(line)))
        .collect()
}

#[test]
fn no_line_is_too_wide() {
    let files = files::all();
    let findings: Vec<String> =
        files.iter().filter(|file| !is_left_out(&file.path)).flat_map(too_wide).collect();
    assert_none(&findings, "break the line");
}

#[test]
fn a_line_that_is_too_wide_is_found() {
    let found = |path: &str, text: String| too_wide(&File { path: path.to_owned(), text });
    let wide = "\u{e4} ".repeat(61);
    assert!(found("a.rs", "x".repeat(WIDTH)).is_empty());
    assert!(found("a.rs", "\u{e4}".repeat(WIDTH)).is_empty());
    assert_eq!(found("a.S", format!("nop\n! {wide}")), ["a.S:2: 124 columns"]);
    assert_eq!(found("a.md", format!("# a\n\n{wide}\n")), ["a.md:3: 122 columns"]);
    for unbroken in ["| {} |", "<!-- {} -->", "```\n{}\n```", "    {}", "{}[a](b)"] {
        assert!(found("a.md", unbroken.replace("{}", &wide)).is_empty(), "{unbroken}");
    }
}
