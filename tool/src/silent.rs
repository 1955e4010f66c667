//! Refuses programs with silent instructions: those that in a partition neither trap nor do what they say.

use std::collections::BTreeMap;
use std::ops::Range;

use bulkhead_air_facts::MEMORY;
use bulkhead_audit::instructions::{Class, Kernel};
use bulkhead_audit::{Allowance, Finding, InputKind, Options, Report, audit, readable};

use crate::diagnostics::Problem;

/// A function whose silent instructions are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentAllowance {
    /// The function's symbol.
    pub function: String,
    /// Why they are right there.
    pub reason: String,
    pub(crate) place: Range<usize>,
}

/// Functions that are named one by one; a program that was not made for partitions has hundreds.
const NAMED_MAX: usize = 8;

/// What is wrong with the instructions of a linked program, and with the allowances for them. `name` is how messages
/// begin, `place` is where they point, `base` where the program is linked for.
pub(crate) fn problems(
    file: &[u8],
    name: &str,
    place: &Range<usize>,
    allowances: &[SilentAllowance],
    base: u64,
) -> Vec<Problem> {
    let allowed = allowances
        .iter()
        .map(|it| Allowance { function: it.function.clone(), reason: it.reason.clone() })
        .collect();
    // What is linked for AIR's addresses runs there.
    let kernel = if base >= u64::from(MEMORY) { Kernel::Air } else { Kernel::Bulkhead };
    let options = Options { kind: InputKind::Image, allowed, kernel, ..Options::default() };
    match audit(name, file, &options) {
        Err(error) => {
            let message = format!("{name} cannot be searched for silent instructions: {error}");
            vec![Problem::new(place.clone(), message).help("link it again")]
        }
        Ok(report) => {
            let mut problems = silent(&report, name, place);
            problems.extend(allowances.iter().filter(|it| !is_used(it, &report)).map(unused));
            problems
        }
    }
}

fn silent(report: &Report, name: &str, place: &Range<usize>) -> Vec<Problem> {
    let mut functions: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.silent() {
        functions.entry(&finding.function).or_default().push(finding);
    }
    let mut problems: Vec<Problem> = functions
        .iter()
        .take(NAMED_MAX)
        .map(|(function, findings)| {
            Problem::new(place.clone(), message(name, function, findings)).help(help(function, findings))
        })
        .collect();
    let more = functions.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        problems.push(
            Problem::new(place.clone(), format!("{name} has silent instructions in {more} more functions"))
                .help("`bulkhead audit --image FILE` lists every one"),
        );
    }
    problems
}

/// Such as "`a.exe` has a silent instruction in `probe`: `popf` at +0x4 (probe.c:12)".
fn message(name: &str, function: &str, findings: &[&Finding]) -> String {
    let what = match findings.len() {
        1 => "a silent instruction".to_owned(),
        count => format!("{count} silent instructions"),
    };
    let Some(first) = findings.first() else { return String::new() };
    let line = first.source.as_ref().map(|source| match source.line {
        Some(line) => format!(" ({}:{line})", source.file),
        None => format!(" ({})", source.file),
    });
    let (instruction, offset) = (&first.instruction, first.offset);
    let and = if findings.len() > 1 { " and others" } else { "" };
    let (line, function) = (line.unwrap_or_default(), readable(function));
    format!("{name} has {what} in `{function}`: `{instruction}` at +{offset:#x}{line}{and}")
}

fn help(function: &str, findings: &[&Finding]) -> String {
    let reason = findings.first().map_or("", |first| first.reason);
    // The audit names a section so where no symbol names a function.
    if function.starts_with('(') {
        return format!("{reason}; link the program with its symbols, which tell the function");
    }
    format!(
        "{reason}; replace it, or say why it is right: \
         allow-silent = [{{ function = \"{function}\", reason = \"...\" }}]"
    )
}

fn is_used(allowance: &SilentAllowance, report: &Report) -> bool {
    let mut silent = report.findings.iter().filter(|finding| finding.class == Class::Silent);
    silent.any(|finding| finding.function == allowance.function)
}

fn unused(allowance: &SilentAllowance) -> Problem {
    Problem::new(
        allowance.place.clone(),
        format!("`{}` is allowed, but has no silent instruction", allowance.function),
    )
    .help("remove the allowance, or correct the name: what it was for may stand in another function now")
}
