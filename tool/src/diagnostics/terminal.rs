//! Problems for a person at a terminal.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

use super::{Problem, Report};

/// All problems of a report and a line that counts them.
pub(super) fn render(report: &Report) -> String {
    let source = NamedSource::new(&report.source().name, report.source().text.clone());
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(width).with_context_lines(1);
    let mut out = String::new();
    for problem in report.problems() {
        if handler.render_report(&mut out, &Shown { problem, source: &source }).is_err() {
            return report.plain();
        }
    }
    out.push_str(&report.count_text());
    out.push('\n');
    out
}

/// A problem together with its text, as miette wants them.
#[derive(Debug)]
struct Shown<'a> {
    problem: &'a Problem,
    source: &'a NamedSource<String>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = &self.problem.place;
        let here = LabeledSpan::new_primary_with_span(None, place.clone());
        let related = self
            .problem
            .related
            .iter()
            .map(|(place, what)| LabeledSpan::new_with_span(Some(what.clone()), place.clone()));
        Some(Box::new(std::iter::once(here).chain(related)))
    }
}
