//! Where everything goes that a run says: the standard output, the transcript, and what JUnit is told.

use std::fs::File;
use std::io::{self, Stdout, Write as _};
use std::time::Duration;

use bulkhead_abi::event::Record;

use crate::error::{Error, Message, Result};
use crate::json::JsonPrinter;
use crate::run::{ConsolePrinter, Heard, Output, Speaker};
use crate::system_file::System;
use crate::terminal::Look;

use super::arguments::RunArguments;
use super::output_file::OutputFile;
use super::warning_text;

/// What the standard output gets.
enum Front {
    Words(ConsolePrinter<Stdout>),
    Json(JsonPrinter<Stdout>),
}

/// Where everything goes that a run says.
pub(super) struct Screen<'a> {
    front: Front,
    transcript: Option<(&'a OutputFile, ConsolePrinter<&'a File>)>,
    heard: Option<Heard>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(
        system: &System,
        json: bool,
        arguments: &RunArguments,
        transcript: Option<&'a OutputFile>,
    ) -> Self {
        let (verbose, times) = (arguments.verbose, arguments.timestamps);
        let front = if json {
            Front::Json(JsonPrinter::new(io::stdout(), system))
        } else {
            Front::Words(ConsolePrinter::new(io::stdout(), Look::of(&io::stdout()), system, verbose, times))
        };
        let transcript = transcript
            .map(|file| (file, ConsolePrinter::new(file.stream(), Look::plain(), system, verbose, times)));
        Self { front, transcript, heard: arguments.junit.as_ref().map(|_| Heard::default()) }
    }

    /// What partitions have said, if that was to be kept.
    ///
    /// # Errors
    /// If something could not be written.
    pub(super) fn finish(self) -> Result<Option<Heard>> {
        let failure = match &self.front {
            Front::Words(printer) => printer.failure(),
            Front::Json(printer) => printer.failure(),
        };
        if let Some(failure) = failure {
            return Err(Error::output(failure));
        }
        match &self.transcript {
            Some((file, printer)) => match printer.failure() {
                Some(failure) => Err(file.failure(failure)),
                None => Ok(self.heard),
            },
            None => Ok(self.heard),
        }
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Output)) {
        match &mut self.front {
            Front::Words(printer) => act(printer),
            Front::Json(printer) => act(printer),
        }
        if let Some((_, printer)) = &mut self.transcript {
            act(printer);
        }
        if let Some(heard) = &mut self.heard {
            act(heard);
        }
    }
}

impl Output for Screen<'_> {
    fn silent(&mut self, time: Duration) {
        let message = Message::new(format!("the kernel has not said a word for {} s", time.as_secs()))
            .help("Ctrl-C ends the run; --timeout TIME ends such a run by itself");
        let text = warning_text(&message);
        match &mut self.front {
            Front::Words(_) => {
                let _ = io::stderr().write_all(text.as_bytes());
            }
            Front::Json(printer) => printer.silent(time),
        }
        if let Some((file, _)) = &self.transcript {
            // What cannot be written is told when the next line cannot be.
            let _ = file.write(&text);
        }
    }

    fn at(&mut self, time: Option<u64>) {
        self.each(|output| output.at(time));
    }

    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool) {
        self.each(|output| output.line(speaker, line, report));
    }

    fn event(&mut self, record: &Record, words: &str) {
        self.each(|output| output.event(record, words));
    }

    fn part(&mut self, speaker: Speaker, bytes: &[u8]) {
        self.each(|output| output.part(speaker, bytes));
    }

    fn quiet(&mut self) {
        self.each(|output| output.quiet());
    }

    fn is_gone(&self) -> bool {
        let front = match &self.front {
            Front::Words(printer) => printer.is_gone(),
            Front::Json(printer) => printer.is_gone(),
        };
        front || self.transcript.as_ref().is_some_and(|(_, printer)| printer.is_gone())
    }
}
