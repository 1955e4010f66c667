//! The kernel stays small enough to be read: budgets for its lines of Rust and of assembly.

use crate::code::only_code;
use crate::files::{self, File};

/// Lines of Rust, both processors together, tests, comments and empty lines apart. A person reads that much in a day.
const RUST_BUDGET: usize = 10_300;

/// Lines of assembly, both processors together, comments and empty lines apart.
const ASSEMBLY_BUDGET: usize = 1_200;

/// Whether the file is a module that some other file of its folder declares for tests only.
fn is_for_tests(file: &File, kernel: &[File]) -> bool {
    let Some((folder, name)) = file.path.rsplit_once('/') else { return false };
    let declaration = format!("mod {};", name.trim_end_matches(".rs"));
    kernel.iter().filter(|other| other.path.starts_with(folder)).any(|other| {
        let mut tests = false;
        other.text.lines().any(|line| {
            let found = tests && line.trim_start_matches("pub ") == declaration;
            tests = line.starts_with("#[cfg(test)]")
                || line.starts_with("#[cfg(any(test, ")
                || tests && line.starts_with("#[");
            found
        })
    })
}

/// Tests inside a file are its end.
fn lines_of_code(text: &str) -> usize {
    let code = only_code(text);
    let tests = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..tests].lines().filter(|line| !line.trim().is_empty()).count()
}

/// What begins a comment in assembly, up to the line's end: the kernel's own for x86-64, and SPARC's.
const COMMENTS: [&str; 2] = ["//", "!"];

/// Lines of assembly with more in them than comments.
fn lines_of_assembly(text: &str) -> usize {
    let mut code = String::new();
    for (number, part) in text.split("/*").enumerate() {
        code.push_str(if number == 0 { part } else { part.split_once("*/").map_or("", |(_, rest)| rest) });
    }
    code.lines().filter(|line| !without_comment(line).trim().is_empty()).count()
}

fn without_comment(line: &str) -> &str {
    let end = COMMENTS.iter().filter_map(|mark| line.find(mark)).min();
    &line[..end.unwrap_or(line.len())]
}

#[test]
fn within_its_budget() {
    let all = files::all();
    let of =
        |ending| all.iter().filter(move |file| file.path.starts_with("kernel/") && file.has_ending(ending));
    let rust: Vec<File> = files::rust().into_iter().filter(|file| file.path.starts_with("kernel/")).collect();
    let lines: usize = of("rs")
        .filter(|file| file.path.contains("/src/") && !is_for_tests(file, &rust))
        .map(|file| lines_of_code(&file.text))
        .sum();
    let assembly: usize = of("S").map(|file| lines_of_assembly(&file.text)).sum();
    println!("kernel: {lines} lines of Rust of {RUST_BUDGET}, {assembly} of assembly of {ASSEMBLY_BUDGET}");
    assert!(assembly > 0, "the kernel's assembly is in files with the ending .S");
    assert!(lines <= RUST_BUDGET, "the kernel has {lines} lines of Rust, {RUST_BUDGET} are its budget");
    assert!(
        assembly <= ASSEMBLY_BUDGET,
        "the kernel has {assembly} lines of assembly, {ASSEMBLY_BUDGET} are its budget"
    );
}

#[test]
fn comments_are_no_assembly() {
    assert_eq!(lines_of_assembly("/* one\n   two */\n\n! three\n    nop ! four\nstart: // five\n"), 2);
}
