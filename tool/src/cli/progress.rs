//! Shows on a terminal what is being done.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::build::Progress;
use crate::terminal::is_utf_8;

/// A line on the standard error that says what is being done, if that is a terminal.
pub(super) struct TerminalProgress {
    bar: ProgressBar,
}

impl TerminalProgress {
    pub(super) fn new() -> Self {
        // Hidden by indicatif itself where the standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:>4}") {
            bar.set_style(if is_utf_8() { style } else { style.tick_chars("|/-\\ ") });
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Progress for TerminalProgress {
    fn step(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn messages(&mut self, text: &str) {
        self.bar.suspend(|| {
            let _ = io::stderr().write_all(text.as_bytes());
        });
    }
}
