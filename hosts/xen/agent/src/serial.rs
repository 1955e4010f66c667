//! The serial line to the tool: one line, several speakers, as [`bulkhead_abi::wire`] has them.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use rustix::termios::{self, OptionalActions};

use bulkhead_abi::event::Record;
use bulkhead_abi::text::Text;
use bulkhead_abi::wire::{ESCAPE, FIRST_PARTITION_CHANNEL, KERNEL_CHANNEL};

use crate::Result;

/// The first serial port. The hypervisor and the kernel of this domain speak on the second.
const PORT: &str = "/dev/ttyS0";

/// The line.
pub(crate) struct Serial {
    port: File,
    /// The channel byte that was sent last.
    channel: u8,
}

impl Serial {
    /// Opens the line and makes it one that passes every byte as it is.
    pub(crate) fn open() -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| format!("{PORT}: {error}");
        let port = OpenOptions::new().read(true).write(true).open(PORT).map_err(|error| failed(&error))?;
        raw(&port).map_err(|error| failed(&error))?;
        Ok(Self { port, channel: 0 })
    }

    /// The file to wait for input on.
    pub(crate) const fn file(&self) -> &File {
        &self.port
    }

    /// Says a line in the log.
    pub(crate) fn log(&mut self, line: &str) -> Result<()> {
        self.send(KERNEL_CHANNEL, format!("{line}\n").as_bytes())
    }

    /// Tells a record in the log, with the name of its partition.
    pub(crate) fn tell(&mut self, record: &Record, name: &str) -> Result<()> {
        let mut line = Vec::new();
        let mut word = Text::new();
        let mut number = 0;
        while record.word(number, name.as_bytes(), &mut word) {
            line.extend_from_slice(word.bytes());
            number += 1;
        }
        self.send(KERNEL_CHANNEL, &line)
    }

    /// Passes on what a partition has said.
    pub(crate) fn partition(&mut self, number: usize, bytes: &[u8]) -> Result<()> {
        let number = u8::try_from(number).map_err(|_| "too many partitions".to_owned())?;
        self.send(FIRST_PARTITION_CHANNEL + number, bytes)
    }

    /// What has come in, at most as much as fits.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        self.port.read(buffer).unwrap_or_default()
    }

    /// Waits until everything is on the line.
    pub(crate) fn flush(&self) {
        // Nobody could be told of a failure.
        let _ = termios::tcdrain(&self.port);
    }

    fn send(&mut self, channel: u8, bytes: &[u8]) -> Result<()> {
        let sent = multiplex(self.channel, channel, bytes);
        self.channel = channel;
        self.port.write_all(&sent).map_err(|error| format!("{PORT}: {error}"))
    }
}

/// Turns off whatever a terminal would do to bytes.
pub(crate) fn raw(terminal: &File) -> rustix::io::Result<()> {
    let mut settings = termios::tcgetattr(terminal)?;
    settings.make_raw();
    termios::tcsetattr(terminal, OptionalActions::Now, &settings)
}

/// Output of a channel as it goes over the line, if `before` was sent to last.
fn multiplex(before: u8, channel: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    if before != channel {
        out.extend([ESCAPE, channel]);
    }
    for &byte in bytes {
        if byte == ESCAPE {
            out.push(ESCAPE);
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_is_named_when_it_changes() {
        assert_eq!(multiplex(0, KERNEL_CHANNEL, b"a"), [ESCAPE, KERNEL_CHANNEL, b'a']);
        assert_eq!(multiplex(KERNEL_CHANNEL, KERNEL_CHANNEL, b"a"), b"a");
        assert_eq!(multiplex(KERNEL_CHANNEL, FIRST_PARTITION_CHANNEL + 2, b"b"), [ESCAPE, 0x42, b'b']);
    }

    #[test]
    fn no_output_switches_the_channel() {
        assert_eq!(multiplex(0x40, 0x40, &[ESCAPE, KERNEL_CHANNEL]), [ESCAPE, ESCAPE, KERNEL_CHANNEL]);
    }
}
