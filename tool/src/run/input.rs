//! What is typed: to which partition it goes, and how it gets there over the one serial line.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bulkhead_abi::wire::{ESCAPE, FIRST_PARTITION_CHANNEL};

/// The key that begins a line for the tool instead of a partition: Ctrl-].
pub(super) const ESCAPE_KEY: u8 = 0x1d;

/// The way of input to the kernel.
#[derive(Clone)]
pub(super) struct InputLine(Arc<Mutex<Line>>);

struct Line {
    stream: Box<dyn Write + Send>,
    /// Whether the kernel is told for whom bytes are.
    chooses: bool,
    /// For whom the last ones were, if that was said.
    last: Option<usize>,
}

impl InputLine {
    /// A way over a stream, on which it is said for whom bytes are if `chooses`.
    pub(super) fn new(stream: impl Write + Send + 'static, chooses: bool) -> Self {
        Self(Arc::new(Mutex::new(Line { stream: Box::new(stream), chooses, last: None })))
    }

    /// Sends bytes for a partition; for nobody only where it is not said for whom they are.
    pub(super) fn send(&self, to: Option<usize>, bytes: &[u8]) -> io::Result<()> {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Line { stream, chooses, last } = &mut *line;
        let marked;
        let bytes = match to {
            _ if !*chooses => bytes,
            None => return Ok(()),
            Some(to) => {
                marked = mark(last, to, bytes);
                &marked
            }
        };
        stream.write_all(bytes).and_then(|()| stream.flush())
    }
}

/// Bytes for a partition as the kernel takes them, behind others for the last one.
fn mark(last: &mut Option<usize>, to: usize, bytes: &[u8]) -> Vec<u8> {
    let mut marked = Vec::new();
    if last.replace(to) != Some(to) {
        marked.extend([ESCAPE, FIRST_PARTITION_CHANNEL + to as u8]);
    }
    for &byte in bytes {
        marked.extend((byte == ESCAPE).then_some(ESCAPE));
        marked.push(byte);
    }
    marked
}

/// What somebody at a terminal wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// These bytes go to whoever has been chosen.
    Send(Vec<u8>),
    /// What follows goes to the partition of this name; "" asks who there is.
    Choose(String),
}

/// What is typed at a terminal: bytes, and lines for the tool, which begin with [`ESCAPE_KEY`].
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// What has come of a line for the tool.
    command: Option<Vec<u8>>,
}

impl Keys {
    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let mut plain = Vec::new();
        for &byte in bytes {
            match (&mut self.command, byte) {
                // The key twice is the key itself.
                (Some(command), ESCAPE_KEY) if command.is_empty() => {
                    self.command = None;
                    plain.push(ESCAPE_KEY);
                }
                (Some(command), b'\n' | b'\r') => {
                    let name = String::from_utf8_lossy(command).trim().to_owned();
                    self.command = None;
                    wishes.push(Wish::Choose(name));
                }
                (Some(command), _) => command.push(byte),
                (None, ESCAPE_KEY) => {
                    if !plain.is_empty() {
                        wishes.push(Wish::Send(std::mem::take(&mut plain)));
                    }
                    self.command = Some(Vec::new());
                }
                (None, _) => plain.push(byte),
            }
        }
        if !plain.is_empty() {
            wishes.push(Wish::Send(plain));
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_marked_for_their_partition() {
        let mut last = None;
        assert_eq!(mark(&mut last, 1, b"ls\n"), b"\x10Als\n");
        assert_eq!(mark(&mut last, 1, b"\x10"), b"\x10\x10");
        assert_eq!(mark(&mut last, 0, b"x"), b"\x10@x");
    }

    #[test]
    fn without_a_choice_bytes_go_as_they_are() {
        let shared = Arc::new(Mutex::new(Vec::new()));
        struct Stream(Arc<Mutex<Vec<u8>>>);
        impl Write for Stream {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().expect("a lock").write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let plain = InputLine::new(Stream(Arc::clone(&shared)), false);
        plain.send(None, b"\x10a").and_then(|()| plain.send(Some(1), b"b")).expect("written");
        assert_eq!(*shared.lock().expect("a lock"), b"\x10ab");
        let marked = InputLine::new(Stream(Arc::clone(&shared)), true);
        marked.send(None, b"lost").and_then(|()| marked.send(Some(1), b"c")).expect("written");
        assert_eq!(*shared.lock().expect("a lock"), b"\x10ab\x10Ac");
    }

    #[test]
    fn a_line_behind_the_key_is_for_the_tool() {
        let mut keys = Keys::default();
        let send = |bytes: &[u8]| Wish::Send(bytes.to_vec());
        let choose = |name: &str| Wish::Choose(name.to_owned());
        assert_eq!(keys.feed(b"ls\n\x1dcon"), [send(b"ls\n")]);
        assert_eq!(keys.feed(b"trol\nps\n"), [choose("control"), send(b"ps\n")]);
        assert_eq!(keys.feed(b"\x1d\x1d\n\x1d\n"), [send(b"\x1d\n"), choose("")]);
    }
}
