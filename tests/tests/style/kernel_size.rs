//! The kernel stays small enough to be read: a budget for its lines of code.

use crate::code::only_code;
use crate::files::{self, File};

/// Lines of code, tests, comments and empty lines apart. A person reads that much in a day.
const BUDGET: usize = 5000;

/// Whether the file is a module that some other file of its folder declares for tests only.
fn is_for_tests(file: &File, kernel: &[File]) -> bool {
    let Some((folder, name)) = file.path.rsplit_once('/') else { return false };
    let declaration = format!("#[cfg(test)]\nmod {};", name.trim_end_matches(".rs"));
    kernel.iter().any(|other| other.path.starts_with(folder) && other.text.contains(&declaration))
}

/// Tests inside a file are its end.
fn lines_of_code(text: &str) -> usize {
    let code = only_code(text);
    let tests = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..tests].lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn within_its_budget() {
    let kernel: Vec<File> = files::rust()
        .into_iter()
        .filter(|file| file.path.starts_with("kernel/") && file.path.contains("/src/"))
        .collect();
    let lines: usize =
        kernel.iter().filter(|file| !is_for_tests(file, &kernel)).map(|file| lines_of_code(&file.text)).sum();
    println!("kernel: {lines} lines of code of {BUDGET}");
    assert!(lines <= BUDGET, "the kernel has {lines} lines of code, {BUDGET} are its budget");
}
