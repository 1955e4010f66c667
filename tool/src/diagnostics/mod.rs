//! What is wrong in a file, where, and what would be right.

mod plain;
pub(crate) mod visible;

use std::ops::Range;

/// A text file that problems point into.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The file's path as the user gave it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A line and column as editors count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl SourceText {
    /// Line and column of a byte offset; an offset behind the end means the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let start = self.line_start(offset);
        let line = self.text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = self.text[start..self.boundary(offset)].chars().count() + 1;
        Position { line, column }
    }

    /// The line that a byte offset lies in, without its end.
    #[must_use]
    pub fn line(&self, offset: usize) -> &str {
        let start = self.line_start(offset);
        let line = self.text[start..].split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text[..self.boundary(offset)].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The start of the character that a byte offset lies in.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: one sentence without a full stop.
    pub message: String,
    /// Where: bytes of the source text.
    pub place: Range<usize>,
    /// Another place that has to do with it, and what is there.
    pub related: Option<(Range<usize>, String)>,
    /// What would be right.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place.
    #[must_use]
    pub fn new(place: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), place, related: None, help: None }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that has to do with the problem.
    #[must_use]
    pub fn related(mut self, place: Range<usize>, what: impl Into<String>) -> Self {
        self.related = Some((place, what.into()));
        self
    }
}

/// Problems that a report keeps; of a file with more somebody reads the first ones.
const KEPT_MAX: usize = 1000;

/// Problems that are shown as text.
const SHOWN_MAX: usize = 50;

/// Characters of a message; what is longer has a whole file in it.
const MESSAGE_MAX: usize = 500;

/// Everything that is wrong in one file, in the order of the places.
#[derive(Clone, Debug)]
pub struct Report {
    source: SourceText,
    problems: Vec<Problem>,
    /// How many there are, kept or not.
    total: usize,
}

impl Report {
    /// A report of at least one problem. What messages repeat of the file is made fit to be shown.
    #[must_use]
    pub fn new(source: SourceText, mut problems: Vec<Problem>) -> Self {
        let total = problems.len();
        problems.sort_by_key(|problem| problem.place.start);
        problems.truncate(KEPT_MAX);
        let fit = |text: &mut String| *text = visible::shortened(&visible::spelled(text), MESSAGE_MAX);
        for problem in &mut problems {
            fit(&mut problem.message);
            let help = problem.help.as_mut().into_iter();
            help.chain(problem.related.as_mut().map(|(_, what)| what)).for_each(fit);
        }
        Self { source, problems, total }
    }

    /// The problems, in the order of their places; of a great many the first thousand.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Those that are shown as text.
    fn shown(&self) -> &[Problem] {
        &self.problems[..self.problems.len().min(SHOWN_MAX)]
    }

    /// The file that the problems are in.
    #[must_use]
    pub fn source(&self) -> &SourceText {
        &self.source
    }

    /// The report as stable text for pipes, files and editors: `file:line:column: error: message`, the line, help.
    #[must_use]
    pub fn plain(&self) -> String {
        plain::render(self, &plain::Styles::PLAIN)
    }

    /// The same text for a person at a terminal, with colours.
    #[must_use]
    pub fn fancy(&self) -> String {
        plain::render(self, &plain::Styles::coloured())
    }

    /// The same of what is to be known and is not wrong, with colours if `coloured`.
    #[must_use]
    pub(crate) fn warnings(&self, coloured: bool) -> String {
        plain::warnings(self, coloured)
    }

    /// "3 problems in bulkhead.toml".
    #[must_use]
    pub fn count_text(&self) -> String {
        let plural = if self.total == 1 { "" } else { "s" };
        format!("{} problem{plural} in {}", self.total, visible::spelled(&self.source.name))
    }
}

/// The known name that an unknown one was probably meant to be: one that is spelled nearly so, or else the only one
/// that has words before or behind it, or lacks some of its words.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    let spelled = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    let mut of_words = known.iter().filter(|candidate| is_of_words(&name, &candidate.to_lowercase()));
    spelled.or_else(|| of_words.next().copied().filter(|_| of_words.next().is_none()))
}

/// Whether one of two names is the other with words in front of it or behind it.
fn is_of_words(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let behind = long.strip_prefix(short).is_some_and(|rest| rest.starts_with(['-', '_']));
    let before = long.strip_suffix(short).is_some_and(|rest| rest.ends_with(['-', '_']));
    !short.is_empty() && (behind || before)
}

/// Known names that help lists.
const LISTED_MAX: usize = 32;

/// Help for an unknown name: the nearest known one if there is one, and all of them.
#[must_use]
pub fn known_names(name: &str, noun: &str, known: &[&str]) -> String {
    let named = || known.iter().filter(|known| !known.is_empty());
    let quoted: Vec<String> = named().take(LISTED_MAX).map(|known| format!("`{known}`")).collect();
    let more = named().count() - quoted.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let all = format!("{noun}: {}{rest}", quoted.join(", "));
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        let source = SourceText { name: "x".into(), text: "ab\r\nä c\n".into() };
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(4), Position { line: 2, column: 1 });
        assert_eq!(source.position(5), Position { line: 2, column: 1 });
        assert_eq!(source.position(6), Position { line: 2, column: 2 });
        assert_eq!(source.position(99), Position { line: 3, column: 1 });
        assert_eq!(source.line(1), "ab");
        assert_eq!(source.line(6), "ä c");
        assert_eq!(source.line(99), "");
    }

    #[test]
    fn nearest_names() {
        assert_eq!(nearest("contrl", ["control", "telemetry"]), Some("control"));
        assert_eq!(nearest("majorframe", ["memory", "major-frame"]), Some("major-frame"));
        assert_eq!(nearest("zebra", ["control", "telemetry"]), None);
        assert_eq!(nearest("x", ["y"]), Some("y"));
        assert_eq!(nearest("refresh-period", ["name", "refresh"]), Some("refresh"));
        assert_eq!(nearest("size", ["name", "message-size"]), Some("message-size"));
        assert_eq!(nearest("control", ["control-first", "control-second"]), None, "either may be meant");
        assert_eq!(nearest("", ["control"]), None);
    }
}
