//! Problems as text: the same lines in a pipe and on a terminal, which has colours besides.

use std::fmt::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use super::visible::in_a_line;
use super::{Problem, Report, SourceText};

/// Characters of a line that are shown; of a longer one it is what stands around the place.
const LINE_SHOWN_MAX: usize = 160;

/// Characters before the place where a line is cut.
const LINE_SHOWN_BEFORE: usize = 60;

/// How the parts of a message look.
pub(super) struct Styles {
    place: Style,
    error: Style,
    warning: Style,
    marks: Style,
    faint: Style,
    help: Style,
}

impl Styles {
    /// Without colours.
    pub(super) const PLAIN: Self = Self {
        place: Style::new(),
        error: Style::new(),
        warning: Style::new(),
        marks: Style::new(),
        faint: Style::new(),
        help: Style::new(),
    };

    /// For a terminal.
    pub(super) const fn coloured() -> Self {
        const fn colour(colour: AnsiColor) -> Style {
            Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
        }
        Self {
            place: Style::new().bold(),
            error: colour(AnsiColor::Red).bold(),
            warning: colour(AnsiColor::Yellow).bold(),
            marks: colour(AnsiColor::Red).bold(),
            faint: Style::new().dimmed(),
            help: colour(AnsiColor::Cyan),
        }
    }
}

/// All problems of a report that are shown, and a line that counts them.
pub(super) fn render(report: &Report, styles: &Styles) -> String {
    let mut out = String::new();
    for problem in report.shown() {
        problem_text(&mut out, report.source(), problem, (styles, styles.error, "error:"));
    }
    let more = report.total - report.shown().len();
    if more > 0 {
        let _ = writeln!(out, "and {more} more problem{}", if more == 1 { "" } else { "s" });
    }
    let _ = writeln!(out, "{}", report.count_text());
    out
}

/// The problems of a report as warnings.
pub(super) fn warnings(report: &Report, coloured: bool) -> String {
    let styles = if coloured { Styles::coloured() } else { Styles::PLAIN };
    let mut out = String::new();
    for problem in report.shown() {
        problem_text(&mut out, report.source(), problem, (&styles, styles.warning, "warning:"));
    }
    out
}

/// A text in a style; the styles of pipes print nothing.
fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

fn place_text(source: &SourceText, offset: usize) -> String {
    let at = source.position(offset);
    format!("{}:{}:{}:", super::visible::spelled(&source.name), at.line, at.column)
}

fn problem_text(
    out: &mut String,
    source: &SourceText,
    problem: &Problem,
    (styles, severity, word): (&Styles, Style, &str),
) {
    let place = paint(styles.place, &place_text(source, problem.place.start));
    let _ = writeln!(out, "{place} {} {}", paint(severity, word), problem.message);
    excerpt(out, source, &problem.place, styles);
    if let Some((place, what)) = &problem.related {
        let at = paint(styles.place, &place_text(source, place.start));
        let _ = writeln!(out, "  {at} {} {what}", paint(styles.help, "note:"));
        excerpt(out, source, place, styles);
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "  {} {help}", paint(styles.help, "help:"));
    }
}

/// The line of a place, and marks below what is meant in it.
fn excerpt(out: &mut String, source: &SourceText, place: &Range<usize>, styles: &Styles) {
    let at = source.position(place.start);
    let line = source.line(place.start);
    let length = line.chars().count();
    let end = source.position(place.end);
    let end_column = if end.line == at.line { end.column } else { length + 1 };
    let from = if length > LINE_SHOWN_MAX { (at.column - 1).saturating_sub(LINE_SHOWN_BEFORE) } else { 0 };
    let shown: String = line.chars().skip(from).take(LINE_SHOWN_MAX).map(in_a_line).collect();
    let before = if from > 0 { "... " } else { "" };
    let behind = if length > from + LINE_SHOWN_MAX { " ..." } else { "" };
    let visible_end = end_column.min(from + LINE_SHOWN_MAX + 1);
    let marks = "^".repeat(visible_end.saturating_sub(at.column).max(1));
    // Tabs stay tabs below, so that the marks stand where the text does.
    let indent: String =
        shown.chars().take(at.column - 1 - from).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let number = at.line.to_string();
    let head = paint(styles.faint, &format!("{number} |"));
    let _ = writeln!(out, "  {head} {before}{shown}{behind}");
    let head = paint(styles.faint, &format!("{:width$} |", "", width = number.len()));
    let _ =
        writeln!(out, "  {head} {:width$}{indent}{}", "", paint(styles.marks, &marks), width = before.len());
}
