//! Gathers each speaker's output into lines.

use super::output::Speaker;

/// The longest line that is kept back for its end, in bytes; a longer one is shown in pieces of this length.
pub const LINE_LENGTH_MAX: usize = 4096;

/// Takes who says a line, the line without its end, and when it began, where that is known.
pub type LineSink<'a> = dyn FnMut(Speaker, &[u8], Option<u64>) + 'a;

/// The lines that have begun and not ended yet.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    begun: Vec<(Speaker, Begun)>,
}

/// A line that has begun.
#[derive(Clone, Debug, Default)]
struct Begun {
    bytes: Vec<u8>,
    /// When, if that is known.
    time: Option<u64>,
}

impl Lines {
    /// The next line of a speaker begins at this time. Where one has begun already, the time is of no use.
    pub fn begins(&mut self, speaker: Speaker, time: u64) {
        let line = self.line_of(speaker);
        if line.bytes.is_empty() && line.time.is_none() {
            line.time = Some(time);
        }
    }

    /// Takes a speaker's next bytes, and gives each line that is complete to `sink`.
    pub fn feed(&mut self, speaker: Speaker, bytes: &[u8], sink: &mut LineSink<'_>) {
        let Begun { bytes: line, time } = self.line_of(speaker);
        for &byte in bytes {
            if byte == b'\n' {
                sink(speaker, line.strip_suffix(b"\r").unwrap_or(line), time.take());
                line.clear();
                continue;
            }
            line.push(byte);
            if line.len() == LINE_LENGTH_MAX {
                sink(speaker, line, *time);
                line.clear();
            }
        }
    }

    /// Gives what has begun and not ended to `sink`, and forgets it.
    pub fn finish(&mut self, sink: &mut LineSink<'_>) {
        for (speaker, Begun { bytes, time }) in self.begun.drain(..) {
            if !bytes.is_empty() {
                sink(speaker, bytes.strip_suffix(b"\r").unwrap_or(&bytes), time);
            }
        }
    }

    fn line_of(&mut self, speaker: Speaker) -> &mut Begun {
        let place = self.begun.iter().position(|(known, _)| *known == speaker).unwrap_or_else(|| {
            self.begun.push((speaker, Begun::default()));
            self.begun.len() - 1
        });
        &mut self.begun[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_two_speakers_do_not_mix() {
        let mut lines = Lines::default();
        let mut shown = Vec::new();
        let mut sink = |speaker, line: &[u8], time| {
            shown.push((speaker, String::from_utf8_lossy(line).into_owned(), time))
        };
        lines.begins(Speaker::Partition(0), 7);
        lines.feed(Speaker::Partition(0), b"hel", &mut sink);
        lines.begins(Speaker::Partition(0), 8);
        lines.feed(Speaker::Partition(1), b"tick\r\nta", &mut sink);
        lines.feed(Speaker::Partition(0), b"lo\n\nbye", &mut sink);
        lines.finish(&mut sink);
        let expected =
            [(1, "tick", None), (0, "hello", Some(7)), (0, "", None), (0, "bye", None), (1, "ta", None)];
        let expected: Vec<_> = expected
            .map(|(number, text, time)| (Speaker::Partition(number), text.to_owned(), time))
            .into_iter()
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_line_without_end_is_shown_in_pieces() {
        let mut lines = Lines::default();
        let mut total = 0;
        lines.feed(Speaker::Kernel, &[b'x'; 3 * LINE_LENGTH_MAX], &mut |_, line, _| total += line.len());
        assert_eq!(total, 3 * LINE_LENGTH_MAX);
    }
}
