//! Gathers each speaker's output into lines.

use super::output::Speaker;

/// The longest line that is kept back for its end, in bytes; a longer one is shown in pieces of this length.
pub const LINE_LENGTH_MAX: usize = 4096;

/// The lines that have begun and not ended yet.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    begun: Vec<(Speaker, Vec<u8>)>,
}

impl Lines {
    /// Takes a speaker's next bytes, and gives each line that is complete to `sink`, without its end.
    pub fn feed(&mut self, speaker: Speaker, bytes: &[u8], sink: &mut dyn FnMut(Speaker, &[u8])) {
        let line = self.line_of(speaker);
        for &byte in bytes {
            if byte == b'\n' {
                sink(speaker, line.strip_suffix(b"\r").unwrap_or(line));
                line.clear();
                continue;
            }
            line.push(byte);
            if line.len() == LINE_LENGTH_MAX {
                sink(speaker, line);
                line.clear();
            }
        }
    }

    /// Gives what has begun and not ended to `sink`, and forgets it.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Speaker, &[u8])) {
        for (speaker, line) in self.begun.drain(..).filter(|(_, line)| !line.is_empty()) {
            sink(speaker, line.strip_suffix(b"\r").unwrap_or(&line));
        }
    }

    fn line_of(&mut self, speaker: Speaker) -> &mut Vec<u8> {
        let place = self.begun.iter().position(|(known, _)| *known == speaker).unwrap_or_else(|| {
            self.begun.push((speaker, Vec::new()));
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
        let mut sink =
            |speaker, line: &[u8]| shown.push((speaker, String::from_utf8_lossy(line).into_owned()));
        lines.feed(Speaker::Partition(0), b"hel", &mut sink);
        lines.feed(Speaker::Partition(1), b"tick\r\nta", &mut sink);
        lines.feed(Speaker::Partition(0), b"lo\n\nbye", &mut sink);
        lines.finish(&mut sink);
        let expected = [(1, "tick"), (0, "hello"), (0, ""), (0, "bye"), (1, "ta")];
        let expected: Vec<_> = expected
            .map(|(number, text)| (Speaker::Partition(number), text.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_line_without_end_is_shown_in_pieces() {
        let mut lines = Lines::default();
        let mut total = 0;
        lines.feed(Speaker::Kernel, &[b'x'; 3 * LINE_LENGTH_MAX], &mut |_, line| total += line.len());
        assert_eq!(total, 3 * LINE_LENGTH_MAX);
    }
}
