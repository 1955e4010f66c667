//! Output in whole lines, each with the partition's name, for hosts where several partitions write to one console.

/// The longest piece that is written at once, in bytes; a longer line is broken.
const PIECE: usize = 192;

/// What comes between the name and the line.
const SEPARATOR: &[u8] = b" | ";

/// A line that is being collected.
#[derive(Debug)]
pub struct Lines {
    bytes: [u8; PIECE],
    used: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// An empty line.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; PIECE], used: 0 }
    }

    /// Takes bytes; whole lines go to `write`, the name in front, one call for each.
    pub fn put(&mut self, bytes: &[u8], name: &str, mut write: impl FnMut(&[u8])) {
        for byte in bytes {
            if self.used == 0 {
                self.begin(name);
            }
            self.push(*byte);
            if *byte == b'\n' {
                self.flush(&mut write);
            } else if self.used + 1 == PIECE {
                self.push(b'\n');
                self.flush(&mut write);
            }
        }
    }

    /// Writes what has no end yet, and ends it.
    pub fn end(&mut self, mut write: impl FnMut(&[u8])) {
        if self.used > 0 {
            self.push(b'\n');
            self.flush(&mut write);
        }
    }

    fn begin(&mut self, name: &str) {
        for byte in name.as_bytes().iter().chain(SEPARATOR) {
            self.push(*byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.used) {
            *place = byte;
            self.used += 1;
        }
    }

    fn flush(&mut self, write: &mut impl FnMut(&[u8])) {
        let used = core::mem::take(&mut self.used);
        write(self.bytes.get(..used).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, PIECE};

    fn written(pieces: &[&str]) -> Vec<String> {
        let mut lines = Lines::new();
        let mut calls = Vec::new();
        for piece in pieces {
            lines.put(piece.as_bytes(), "one", |bytes| {
                calls.push(String::from_utf8_lossy(bytes).into_owned())
            });
        }
        lines.end(|bytes| calls.push(String::from_utf8_lossy(bytes).into_owned()));
        calls
    }

    #[test]
    fn a_line_is_written_in_one_call_with_the_name() {
        assert_eq!(written(&["hel", "lo\nworld\n"]), ["one | hello\n", "one | world\n"]);
        assert_eq!(written(&["\n", "no end"]), ["one | \n", "one | no end\n"]);
        assert_eq!(written(&[""]), [""; 0]);
    }

    #[test]
    fn a_line_that_is_too_long_is_broken() {
        let calls = written(&[&"x".repeat(300)]);
        assert_eq!(calls.len(), 2);
        assert!(
            calls
                .iter()
                .all(|call| call.len() <= PIECE && call.starts_with("one | ") && call.ends_with("x\n"))
        );
        assert_eq!(calls.concat().matches('x').count(), 300);
    }
}
