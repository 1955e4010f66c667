//! Text for a terminal, a log or a pipe.

use crate::instructions::Class;
use crate::readable::readable;
use crate::report::{Finding, NotFollowed, Problem, Report, SourceLocation};
use anstyle::{AnsiColor, Style as Paint};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How the text looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With terminal colours.
    pub colour: bool,
    /// With harmless instructions and stretches without suspects one by one.
    pub verbose: bool,
}

impl Style {
    fn paint(self, paint: Paint, text: &str) -> String {
        if self.colour { format!("{paint}{text}{paint:#}") } else { text.to_owned() }
    }

    fn class(self, class: Class, text: &str) -> String {
        let colour = match class {
            Class::Silent => AnsiColor::Red,
            Class::Faults => AnsiColor::Yellow,
            Class::Emulated => AnsiColor::Cyan,
            Class::Served => AnsiColor::Blue,
            Class::Replaced | Class::Harmless => AnsiColor::Green,
        };
        self.paint(colour.on_default().bold(), text)
    }

    fn dim(self, text: &str) -> String {
        self.paint(Paint::new().dimmed(), text)
    }
}

/// The report as text.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let mut output = String::new();
    // Writing to a string cannot fail.
    let _ = write_report(&mut output, report, style);
    output
}

fn write_report(output: &mut String, report: &Report, style: Style) -> std::fmt::Result {
    write_head(output, report, style)?;
    for class in Class::ALL {
        write_class(output, report, class, style)?;
    }
    write_not_followed(output, report, style)?;
    for note in &report.notes {
        writeln!(output, "note: {note}")?;
    }
    write_summary(output, report, style)
}

fn write_head(output: &mut String, report: &Report, style: Style) -> std::fmt::Result {
    let summary = &report.summary;
    let what = if report.image { "image" } else { "kit" };
    writeln!(
        output,
        "{}: {} {what}, {}, {}, {} bytes of code",
        style.paint(Paint::new().bold(), &report.input),
        report.architecture,
        plural(summary.objects, "object"),
        plural(summary.functions, "function"),
        summary.code_bytes
    )
}

fn write_class(output: &mut String, report: &Report, class: Class, style: Style) -> std::fmt::Result {
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.class == class).collect();
    if findings.is_empty() {
        return Ok(());
    }
    let head = format!("{class} ({})", findings.len());
    writeln!(output, "\n{}: {}", style.class(class, &head), class.meaning())?;
    let short = !style.verbose && matches!(class, Class::Harmless | Class::Served);
    if short {
        return write_counts(output, &findings);
    }
    let mut last_reason = None;
    for finding in findings {
        write_finding(output, finding, style)?;
        let reason = (finding.reason, finding.replaced_by.as_ref());
        if last_reason != Some(reason) {
            write_reason(output, finding, style)?;
        }
        last_reason = Some(reason);
    }
    Ok(())
}

/// Harmless and served instructions as `cpuid 3, pushf 12`.
fn write_counts(output: &mut String, findings: &[&Finding]) -> std::fmt::Result {
    let mut counts = std::collections::BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule).or_insert(0_usize) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    writeln!(output, "  {} (--verbose lists each)", counts.join(", "))
}

fn write_finding(output: &mut String, finding: &Finding, style: Style) -> std::fmt::Result {
    let place = place(finding.member.as_deref(), &finding.function, finding.offset);
    write!(output, "  {place}  {}", style.paint(Paint::new().bold(), &finding.instruction))?;
    if let Some(source) = &finding.source {
        write!(output, "  {}", style.dim(&source_text(source)))?;
    }
    if let Some(reason) = &finding.allowed {
        write!(output, "  allowed: {reason}")?;
    }
    writeln!(output)
}

fn write_reason(output: &mut String, finding: &Finding, style: Style) -> std::fmt::Result {
    let text = match &finding.replaced_by {
        Some(replaced) => format!("{} of the pack: {}", replaced.symbol, replaced.instead),
        None => finding.reason.to_owned(),
    };
    writeln!(output, "      {}", style.dim(&text))
}

fn write_not_followed(output: &mut String, report: &Report, style: Style) -> std::fmt::Result {
    let shown: Vec<&NotFollowed> =
        report.not_followed.iter().filter(|gap| style.verbose || !gap.suspects.is_empty()).collect();
    let count = report.not_followed.len();
    if count == 0 {
        return Ok(());
    }
    let bytes: u64 = report.not_followed.iter().map(|gap| gap.length).sum();
    writeln!(output, "\nnot followed ({count}, {bytes} bytes): may be code or data")?;
    for gap in &shown {
        let place = place(gap.member.as_deref(), &gap.function, gap.offset);
        writeln!(output, "  {place}  {} bytes: {}", gap.length, style.dim(&gap.reason))?;
        for suspect in &gap.suspects {
            let class = style.class(suspect.class, suspect.class.name());
            writeln!(output, "      if code, +{:#x} {} ({class})", suspect.offset, suspect.instruction)?;
        }
        if gap.more_suspects > 0 {
            writeln!(output, "      and {} more", gap.more_suspects)?;
        }
        if let Some(reason) = &gap.allowed {
            writeln!(output, "      allowed: {reason}")?;
        }
    }
    let hidden = count - shown.len();
    if hidden > 0 {
        writeln!(output, "  {hidden} would hold nothing that a partition cannot run (--verbose lists each)")?;
    }
    Ok(())
}

fn write_summary(output: &mut String, report: &Report, style: Style) -> std::fmt::Result {
    let left: BTreeSet<_> = report.problems().filter_map(function_of).collect();
    let stopping: Vec<_> = report
        .summary
        .by_function
        .iter()
        .filter(|summary| left.contains(&(summary.member.as_deref(), summary.function.as_str())))
        .collect();
    if !stopping.is_empty() {
        writeln!(output, "\nfunctions that a partition cannot run as they are:")?;
        for summary in stopping {
            let counts: Vec<String> = summary
                .classes
                .iter()
                .map(|(class, count)| style.class(*class, &format!("{class} {count}")))
                .collect();
            let member = summary.member.as_ref().map(|member| format!("{member}: ")).unwrap_or_default();
            writeln!(output, "  {member}{}  {}", readable(&summary.function), counts.join(", "))?;
        }
    }
    let counts: Vec<String> = report
        .summary
        .classes
        .iter()
        .map(|(class, count)| {
            let text = format!("{class} {count}{}", allowed_text(report, *class));
            if *count == 0 { text } else { style.class(*class, &text) }
        })
        .collect();
    writeln!(output, "\n{}, not followed {}", counts.join(", "), report.summary.not_followed)
}

/// The member and function of an instruction that a partition cannot run.
fn function_of(problem: Problem<'_>) -> Option<(Option<&str>, &str)> {
    match problem {
        Problem::Instruction(finding) => Some((finding.member.as_deref(), finding.function.as_str())),
        Problem::NotFollowed(_) => None,
    }
}

/// How many instructions of a class are allowed, in parentheses, if any.
fn allowed_text(report: &Report, class: Class) -> String {
    let of_class = report.findings.iter().filter(|finding| finding.class == class);
    match of_class.filter(|finding| finding.allowed.is_some()).count() {
        0 => String::new(),
        count => format!(" ({count} allowed)"),
    }
}

fn place(member: Option<&str>, function: &str, offset: u64) -> String {
    match member {
        Some(member) => format!("{member}: {}+{offset:#x}", readable(function)),
        None => format!("{}+{offset:#x}", readable(function)),
    }
}

pub(super) fn source_text(source: &SourceLocation) -> String {
    match source.line {
        Some(line) => format!("{}:{line}", source.file),
        None => source.file.clone(),
    }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
