//! How a command tells what it does and finds: in words, or as JSON; and the transcript of a run and its report.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;

use anstream::adapter::strip_str;

use crate::build::Progress;
use crate::error::{Error, Message, Result};
use crate::json::{self, Contents, Diagnostic};
use crate::system_file::System;
use crate::terminal::Look;

use super::output_file::OutputFile;
use super::progress::TerminalProgress;
use super::{print, show_warning, warning_text};

/// How a command tells what it does and finds.
pub(super) struct Reporter {
    command: String,
    json: bool,
    /// What has been found so far, for JSON.
    diagnostics: Vec<Diagnostic>,
    transcript: Option<OutputFile>,
    /// What CI servers read.
    report: Option<OutputFile>,
    /// What is to be in the transcript, as long as it and the report are what they were before: who is refused loses
    /// nothing.
    waits: RefCell<Option<String>>,
    progress: Option<TerminalProgress>,
}

impl Reporter {
    pub(super) fn new(command: &str, json: bool) -> Self {
        let (diagnostics, waits) = (Vec::new(), RefCell::new(None));
        let (transcript, report, progress) = (None, None, None);
        Self { command: command.to_owned(), json, diagnostics, transcript, report, waits, progress }
    }

    /// Whether everything is said as JSON.
    pub(super) const fn json(&self) -> bool {
        self.json
    }

    /// What has been found so far.
    pub(super) fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.diagnostics
    }

    /// Opens the transcript and the report, which stay what they are until [`Self::begin_files`].
    pub(super) fn open_files(&mut self, transcript: Option<&Path>, report: Option<&Path>) -> Result<()> {
        self.waits.replace(Some(String::new()));
        self.transcript = transcript.map(OutputFile::open).transpose()?;
        self.report = report.map(OutputFile::open).transpose()?;
        Ok(())
    }

    /// From now on they have what comes of this command.
    pub(super) fn begin_files(&self) -> Result<()> {
        let Some(text) = self.waits.take() else { return Ok(()) };
        self.transcript.iter().chain(&self.report).try_for_each(OutputFile::begin)?;
        self.note(&text)
    }

    /// Whether a command that has ended so was refused before anything came of it.
    pub(super) fn is_refused<T>(&self, result: &Result<T>) -> bool {
        matches!(result, Err(Error::Usage(_))) && self.waits.borrow().is_some()
    }

    /// Writes the report, if there is to be one.
    pub(super) fn report(&self, text: impl FnOnce() -> String) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        self.begin_files()?;
        report.write(&text())
    }

    /// The transcript, if there is one.
    pub(super) const fn transcript(&self) -> Option<&OutputFile> {
        self.transcript.as_ref()
    }

    /// Says what the user is to know.
    pub(super) fn warn(&mut self, message: &Message) -> Result<()> {
        if self.json {
            self.diagnostics.push(Diagnostic::warning(message));
        } else {
            show_warning(message);
        }
        self.note(&warning_text(message))
    }

    /// Says what is to be known of a system each time.
    pub(super) fn warn_of(&mut self, system: &System) -> Result<()> {
        let warnings = system.warnings();
        if warnings.is_empty() {
            return Ok(());
        }
        let report = system.report(warnings);
        if self.json {
            self.diagnostics.extend(Diagnostic::warnings(&report));
        } else {
            let text = report.warnings(Look::of(&io::stderr()).colour);
            let _ = io::stderr().write_all(text.as_bytes());
        }
        self.note(&report.warnings(false))
    }

    /// How a partition has not ended as was expected.
    pub(super) fn difference(&mut self, difference: &str) -> Result<()> {
        let text = format!("error: {difference}\n");
        if self.json {
            self.diagnostics.push(Diagnostic::expectation(difference));
        } else {
            let _ = io::stderr().write_all(text.as_bytes());
        }
        self.note(&text)
    }

    /// Says what whoever has started the command needs to know, and nothing is wrong.
    pub(super) fn tell(&mut self, text: &str) -> Result<()> {
        if self.json {
            self.diagnostics.push(Diagnostic::note(text));
        } else {
            let _ = io::stderr().write_all(format!("note: {text}\n").as_bytes());
        }
        self.note(&format!("note: {text}\n"))
    }

    /// Says on the standard error what only people want to know.
    pub(super) fn remark(&self, text: &str) -> Result<()> {
        if !self.json {
            let _ = io::stderr().write_all(text.as_bytes());
        }
        self.note(text)
    }

    /// Writes to the transcript alone.
    pub(super) fn note(&self, text: &str) -> Result<()> {
        if let Some(waits) = self.waits.borrow_mut().as_mut() {
            waits.push_str(text);
            return Ok(());
        }
        self.transcript.as_ref().map_or(Ok(()), |transcript| transcript.write(text))
    }

    /// Says what a command has found or made.
    pub(super) fn found(&self, contents: Contents<'_>, words: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            print(&json::document(&self.command, 0, &self.diagnostics, contents))
        } else {
            print(&words())
        }
    }

    /// Takes the line away that says what is being done.
    pub(super) fn finish(&mut self) {
        self.progress = None;
    }

    /// What becomes of a command's result: as JSON a failure is said here, and only its exit status is left.
    pub(super) fn conclude(mut self, result: Result<u8>) -> Result<u8> {
        self.finish();
        if self.is_refused(&result) {
            self.transcript.take().into_iter().chain(self.report.take()).for_each(OutputFile::leave);
        } else {
            // What cannot be written is told by whoever writes next, and the error that is told is the first one.
            let _ = self.begin_files();
        }
        let error = match result {
            Err(error) if !matches!(error, Error::ReaderGone) => error,
            other => return other,
        };
        let _ = self.note(&format!("{}\n", error.to_string().trim_end()));
        if !self.json {
            return Err(error);
        }
        self.diagnostics.extend(Diagnostic::of_error(&error));
        let status = error.exit_status();
        let text = match self.command.as_str() {
            "run" | "replay" => json::failure(status, error.headline(), &self.diagnostics),
            "test-rtems" => json::tests_failure(status, &error.headline(), &self.diagnostics),
            "inject" => json::injections_failure(status, &error.headline(), &self.diagnostics),
            other => json::document(other, status, &self.diagnostics, Contents::Nothing),
        };
        print(&text).map(|()| status).map_err(|_| error)
    }
}

impl Progress for Reporter {
    fn step(&mut self, what: &str) {
        if !self.json {
            self.progress.get_or_insert_with(TerminalProgress::new).step(what);
        }
    }

    fn count(&mut self, done: usize, all: usize) {
        if let Some(progress) = &mut self.progress {
            progress.count(done, all);
        }
    }

    fn messages(&mut self, text: &str) {
        if self.json {
            self.diagnostics.extend(Diagnostic::of_tool(text));
        } else {
            self.progress.get_or_insert_with(TerminalProgress::new).messages(text);
        }
        // What cannot be written now cannot be written later either, and is told then.
        let _ = self.note(&strip_str(text).to_string());
    }
}
