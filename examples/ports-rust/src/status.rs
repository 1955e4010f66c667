//! What the controller tells the display, as postcard encodes it, and lines for the log.

use core::fmt::{self, Write};

use serde::{Deserialize, Serialize};

/// How the controller stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Status {
    /// The sample that it has read.
    pub(crate) sample: u32,
    /// Its distance from where it steers to, in thousandths of a degree.
    pub(crate) error: i32,
    /// It steers; otherwise it holds.
    pub(crate) steers: bool,
}

/// The most bytes that a message to the log has.
const LINE_MAX: usize = 128;

/// A line for the log.
pub(crate) struct Line {
    bytes: [u8; LINE_MAX],
    length: usize,
}

impl Line {
    /// The formatted text, as far as there is room.
    pub(crate) fn new(text: fmt::Arguments<'_>) -> Self {
        let mut line = Self { bytes: [0; LINE_MAX], length: 0 };
        let _ = line.write_fmt(text);
        line
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let count = room.len().min(text.len());
        room[..count].copy_from_slice(&text.as_bytes()[..count]);
        self.length += count;
        if count == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
