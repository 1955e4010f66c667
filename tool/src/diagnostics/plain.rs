//! Problems as plain text that does not change with the terminal.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Problem, Report, SourceText};

/// All problems of a report and a line that counts them.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for problem in report.problems() {
        problem_text(&mut out, report.source(), problem);
    }
    let _ = writeln!(out, "{}", report.count_text());
    out
}

fn problem_text(out: &mut String, source: &SourceText, problem: &Problem) {
    let at = source.position(problem.place.start);
    let _ = writeln!(out, "{}:{}:{}: error: {}", source.name, at.line, at.column, problem.message);
    excerpt(out, source, &problem.place);
    if let Some((place, what)) = &problem.related {
        let at = source.position(place.start);
        let _ = writeln!(out, "  {}:{}:{}: note: {what}", source.name, at.line, at.column);
        excerpt(out, source, place);
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "  help: {help}");
    }
}

/// The line of a place, and marks below what is meant in it.
fn excerpt(out: &mut String, source: &SourceText, place: &Range<usize>) {
    let at = source.position(place.start);
    let line = source.line(place.start);
    let length = line.chars().count();
    let end = source.position(place.end);
    let end_column = if end.line == at.line { end.column } else { length + 1 };
    let marks = end_column.saturating_sub(at.column).max(1);
    // Tabs stay tabs below, so that the marks stand where the text does.
    let indent: String =
        line.chars().take(at.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let number = at.line.to_string();
    let _ = writeln!(out, "  {number} | {line}");
    let _ = writeln!(out, "  {:width$} | {indent}{}", "", "^".repeat(marks), width = number.len());
}
