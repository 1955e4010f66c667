//! What is wrong, or is to be known, as an object.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostics::{Problem, Report, SourceText};
use crate::error::{Error, Message};

/// What is wrong, or is to be known. Keys that say nothing are left out.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Diagnostic {
    severity: Severity,
    kind: &'static str,
    message: String,
    #[serde(flatten)]
    place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
    Note,
}

/// Where it is: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
}

/// What is meant: bytes of the file, and line and column behind the end.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
struct Span {
    start: usize,
    end: usize,
    end_line: usize,
    end_column: usize,
}

/// Another place that has to do with it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    place: Place,
}

impl Place {
    fn of(source: &SourceText, place: &Range<usize>) -> Self {
        let (at, end) = (source.position(place.start), source.position(place.end));
        let span = Span { start: place.start, end: place.end, end_line: end.line, end_column: end.column };
        Self { file: source.name.clone(), line: at.line, column: at.column, span: Some(span) }
    }
}

impl Diagnostic {
    fn new(severity: Severity, kind: &'static str, message: impl Into<String>) -> Self {
        Self { severity, kind, message: message.into(), place: None, help: None, related: Vec::new() }
    }

    fn of_message(severity: Severity, kind: &'static str, message: &Message) -> Self {
        Self { help: message.help.clone(), ..Self::new(severity, kind, message.text.clone()) }
    }

    /// What the user is to know, and nothing is wrong.
    #[must_use]
    pub fn warning(message: &Message) -> Self {
        Self::of_message(Severity::Warning, "system-file", message)
    }

    /// What is good to know.
    #[must_use]
    pub fn note(text: &str) -> Self {
        Self::new(Severity::Note, "environment", text)
    }

    /// How a partition has not ended as was expected.
    #[must_use]
    pub fn expectation(difference: &str) -> Self {
        Self::new(Severity::Error, "expectation", difference)
    }

    /// A failure: each problem of a system file, or the one thing that is wrong.
    #[must_use]
    pub fn of_error(error: &Error) -> Vec<Self> {
        let one = |kind, message: &Message| vec![Self::of_message(Severity::Error, kind, message)];
        match error {
            Error::SystemFile(report) => Self::of_report(Severity::Error, report),
            Error::Usage(message) => one("usage", message),
            Error::Build(message) => one("build", message),
            Error::Environment(message) => one("environment", message),
            Error::Output(message) => one("output", message),
            Error::ReaderGone => Vec::new(),
        }
    }

    /// What is to be known of a system file.
    #[must_use]
    pub fn warnings(report: &Report) -> Vec<Self> {
        Self::of_report(Severity::Warning, report)
    }

    fn of_report(severity: Severity, report: &Report) -> Vec<Self> {
        let source = report.source();
        let problem = |problem: &Problem| {
            let related = problem
                .related
                .iter()
                .map(|(place, what)| Related { message: what.clone(), place: Place::of(source, place) });
            Self {
                place: Some(Place::of(source, &problem.place)),
                help: problem.help.clone(),
                related: related.collect(),
                ..Self::new(severity, "system-file", problem.message.clone())
            }
        };
        report.problems().iter().map(problem).collect()
    }

    /// What a compiler or linker has said: each line that names a file, a line and a column, or else the whole.
    #[must_use]
    pub fn of_tool(text: &str) -> Vec<Self> {
        let found: Vec<Self> = text.lines().filter_map(Self::of_tool_line).collect();
        let whole = || vec![Self::new(Severity::Note, "compiler", text.trim_end())];
        if found.is_empty() { whole() } else { found }
    }

    /// `file:line:column: severity: message`, as compilers write it.
    fn of_tool_line(line: &str) -> Option<Self> {
        let (place, severity, message) = [
            (": fatal error: ", Severity::Error),
            (": error: ", Severity::Error),
            (": warning: ", Severity::Warning),
            (": note: ", Severity::Note),
        ]
        .into_iter()
        .filter_map(|(word, severity)| {
            let (place, message) = line.split_once(word)?;
            Some((place, severity, message))
        })
        .min_by_key(|(place, ..)| place.len())?;
        let mut parts = place.rsplitn(3, ':');
        let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let file = parts.next()?.to_owned();
        let place = Some(Place { file, line, column, span: None });
        Some(Self { place, ..Self::new(severity, "compiler", message) })
    }
}

#[cfg(test)]
mod tests {
    use super::Diagnostic;

    fn said(text: &str) -> String {
        serde_json::to_string(&Diagnostic::of_tool(text)).expect("JSON")
    }

    #[test]
    fn what_compilers_say_has_its_place() {
        let clang =
            "a b:c.c:1:9: error: expected expression: error: x\nint x = ;\n        ^\n1 error generated.\n";
        assert_eq!(
            said(clang),
            "[{\"severity\":\"error\",\"kind\":\"compiler\",\"message\":\"expected expression: error: x\",\
             \"file\":\"a b:c.c\",\"line\":1,\"column\":9}]"
        );
        let linker = "ld: 0-main.o: undefined reference to `other'\n";
        assert_eq!(
            said(linker),
            "[{\"severity\":\"note\",\"kind\":\"compiler\",\
             \"message\":\"ld: 0-main.o: undefined reference to `other'\"}]"
        );
    }
}
