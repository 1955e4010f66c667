//! The results as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{TestResult, Verdict};

/// The tests that need to be looked at, one line each, and the counts of each suite.
#[must_use]
pub fn table(results: &[TestResult]) -> String {
    let mut text = String::new();
    let width = |of: fn(&TestResult) -> &str| results.iter().map(|it| of(it).len()).max().unwrap_or(0);
    let bad: Vec<&TestResult> = results.iter().filter(|result| !result.verdict.is_good()).collect();
    let name = width(|it| &it.program.name);
    for result in &bad {
        let _ = writeln!(
            text,
            "{:name$}  {:9}  {}",
            result.program.name,
            result.verdict.word(),
            result.verdict.reason()
        );
    }
    if !bad.is_empty() {
        text.push('\n');
    }
    let mut suites: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for result in results {
        let row = suites.entry(&result.program.suite).or_default();
        row[place(&result.verdict)] += 1;
    }
    let suite = width(|it| &it.program.suite).max("suite".len());
    let head = ["passed", "expected", "failed", "timed out", "not run"];
    let _ = writeln!(text, "{:suite$}  {}", "suite", head.map(|word| format!("{word:>9}")).join("  "));
    for (name, row) in &suites {
        let _ = writeln!(text, "{name:suite$}  {}", row.map(|count| format!("{count:>9}")).join("  "));
    }
    text
}

const fn place(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Passed => 0,
        Verdict::ExpectedToFail => 1,
        Verdict::Failed(_) => 2,
        Verdict::TimedOut => 3,
        Verdict::NotRun(_) => 4,
    }
}

/// The last line: how many passed.
#[must_use]
pub fn summary(results: &[TestResult]) -> String {
    let good = results.iter().filter(|result| result.verdict.is_good()).count();
    format!("{good} of {} tests passed\n", results.len())
}
