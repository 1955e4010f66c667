//! What comes out of a guest's console: the partition's bytes, and between them reports of the binding below it.
//!
//! A byte 0x10 of the partition's comes twice. 0x10 0x3f begins a report, which ends with the line. Whatever a guest
//! sends, its reports are told as being about that guest.

/// The byte that comes twice, or begins a report (DLE in ASCII).
const ESCAPE: u8 = 0x10;

/// The byte behind [`ESCAPE`] that begins a report.
const REPORT: u8 = 0x3f;

/// The longest report in bytes; what is longer is cut off.
const REPORT_MAX: usize = 256;

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Output of the partition.
    Output(Vec<u8>),
    /// A report, without its end.
    Report(String),
}

/// Where in a guest's stream we are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    escaped: bool,
    report: Option<Vec<u8>>,
}

impl Stream {
    /// Takes the next bytes, and tells what they are.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut output = Vec::new();
        for &byte in bytes {
            if let Some(report) = &mut self.report {
                if byte != b'\n' {
                    let shown = if byte == b' ' || byte.is_ascii_graphic() { byte } else { b'?' };
                    report.extend((report.len() < REPORT_MAX).then_some(shown));
                    continue;
                }
                if !output.is_empty() {
                    pieces.push(Piece::Output(std::mem::take(&mut output)));
                }
                pieces.push(Piece::Report(String::from_utf8_lossy(report).into_owned()));
                self.report = None;
            } else if self.escaped {
                self.escaped = false;
                match byte {
                    REPORT => self.report = Some(Vec::new()),
                    ESCAPE => output.push(ESCAPE),
                    _ => output.extend([ESCAPE, byte]),
                }
            } else if byte == ESCAPE {
                self.escaped = true;
            } else {
                output.push(byte);
            }
        }
        if !output.is_empty() {
            pieces.push(Piece::Output(output));
        }
        pieces
    }
}

/// How a guest has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It has halted with this status.
    Halted(u32),
    /// It was stopped.
    Stopped,
}

impl End {
    /// The end that a report tells, if it tells one: "halted with status 3 at 12345 ns", "stopped at 12345 ns: ...".
    pub(crate) fn from_report(report: &str) -> Option<Self> {
        if report.starts_with("stopped at ") {
            return Some(Self::Stopped);
        }
        let status = report.strip_prefix("halted with status ")?.split_whitespace().next()?;
        status.parse().ok().map(Self::Halted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> Piece {
        Piece::Output(text.as_bytes().to_vec())
    }

    #[test]
    fn reports_come_apart_from_output() {
        let mut stream = Stream::default();
        let mut pieces = stream.take(b"hello\n\x10");
        pieces.extend(stream.take(b"\x3fhalted with"));
        pieces.extend(stream.take(b" status 3 at 5 ns\nmore\n"));
        let report = Piece::Report("halted with status 3 at 5 ns".to_owned());
        assert_eq!(pieces, [output("hello\n"), report, output("more\n")]);
    }

    #[test]
    fn a_doubled_escape_is_one() {
        let mut stream = Stream::default();
        assert_eq!(stream.take(b"\x10\x10\x3fx"), [output("\x10\x3fx")]);
        assert_eq!(stream.take(b"\x10y"), [output("\x10y")]);
    }

    #[test]
    fn a_report_is_short_and_printable() {
        let mut stream = Stream::default();
        let long = [b"\x10\x3f".to_vec(), vec![0x10; 2 * REPORT_MAX], b"\n".to_vec()].concat();
        assert_eq!(stream.take(&long), [Piece::Report("?".repeat(REPORT_MAX))]);
    }

    #[test]
    fn ends() {
        assert_eq!(End::from_report("halted with status 7 at 1 ns"), Some(End::Halted(7)));
        assert_eq!(End::from_report("stopped at 1 ns: memory violation"), Some(End::Stopped));
        assert_eq!(End::from_report("halted with status x"), None);
        assert_eq!(End::from_report("starts again (cold) at 1 ns"), None);
    }
}
