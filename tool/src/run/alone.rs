//! One run of a program that has QEMU's machine for itself, without a kernel below it.

use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use crate::error::Result;

use super::options::AloneOptions;
use super::outcome::Ending;
use super::qemu;
use super::session::{Event, Guard, Session, read};

/// How a program ended that ran alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AloneEnding {
    /// It said what was waited for.
    Said,
    /// It reset the machine or switched it off.
    Off,
    /// It did not end in time.
    TimedOut,
    /// In another way.
    Other(Ending),
}

/// What a program that ran alone has done.
#[derive(Clone, Debug)]
pub struct Alone {
    /// How it ended.
    pub ending: AloneEnding,
    /// What it said on its first serial line, and QEMU on its standard error.
    pub output: Vec<u8>,
}

impl AloneEnding {
    /// The ending in a few words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Said => "it was said".to_owned(),
            Self::Off => "the machine was reset or switched off".to_owned(),
            Self::TimedOut => "it did not end in time".to_owned(),
            Self::Other(ending) => ending.text(),
        }
    }
}

impl Session {
    /// Runs a program that has the machine for itself, until `enough` says that of what was said, the machine is reset
    /// or switched off, or time is up.
    ///
    /// # Errors
    /// If QEMU cannot be found or started.
    pub fn run_alone(
        self,
        file: &Path,
        options: &AloneOptions,
        enough: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Alone> {
        let command = qemu::alone_command(options, file)?;
        let mut guard = Guard(qemu::start(&command)?);
        let deadline = Instant::now() + options.timeout;
        // Nothing is typed; the line stays open until the end of the run.
        let _typed = guard.0.stdin.take();
        let mut open = 0;
        if let Some(output) = guard.0.stdout.take() {
            read(output, self.sender.clone(), Event::Output, Event::OutputEnded);
            open += 1;
        }
        if let Some(errors) = guard.0.stderr.take() {
            read(errors, self.sender.clone(), Event::Errors, Event::ErrorsEnded);
            open += 1;
        }
        drop(self.sender);
        let mut output = Vec::new();
        let mut cut_short = None;
        while open > 0 && cut_short.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Output(bytes)) => {
                    output.extend(bytes);
                    cut_short = enough(&output).then_some(AloneEnding::Said);
                }
                Ok(Event::Errors(bytes)) => output.extend(bytes),
                Ok(Event::OutputEnded | Event::ErrorsEnded) => open -= 1,
                Ok(Event::Interrupt(signal)) => {
                    cut_short = Some(AloneEnding::Other(Ending::Interrupted(signal)));
                }
                Err(RecvTimeoutError::Timeout) => cut_short = Some(AloneEnding::TimedOut),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = guard.end(cut_short.is_some())?;
        let ending = cut_short.unwrap_or_else(|| match status.success() {
            true => AloneEnding::Off,
            false => AloneEnding::Other(Ending::from_qemu(status)),
        });
        Ok(Alone { ending, output })
    }
}
