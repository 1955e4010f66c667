//! Shows on a terminal what is being done.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::build::Progress;
use crate::terminal::is_utf_8;

/// A step whose pieces nobody counts, and one whose pieces somebody does.
const UNCOUNTED: &str = "{spinner} {msg} {elapsed:>4}";
const COUNTED: &str = "{spinner} {msg} [{bar:24}] {pos}/{len} {elapsed:>4}";

fn show(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        let plain = |style: ProgressStyle| style.tick_chars("|/-\\ ").progress_chars("#>.");
        bar.set_style(if is_utf_8() { style } else { plain(style) });
    }
}

/// A line on the standard error that says what is being done, if that is a terminal.
pub(super) struct TerminalProgress {
    bar: ProgressBar,
}

impl TerminalProgress {
    pub(super) fn new() -> Self {
        // Hidden by indicatif itself where the standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        show(&bar, UNCOUNTED);
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
        show(&self.bar, UNCOUNTED);
        self.bar.set_message(what.to_owned());
    }

    fn count(&mut self, done: usize, all: usize) {
        show(&self.bar, COUNTED);
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    fn messages(&mut self, text: &str) {
        self.bar.suspend(|| {
            let _ = io::stderr().write_all(text.as_bytes());
        });
    }
}
