//! What the binding in a guest tells the hypervisor's log: how the partition above it has ended, or begun again.
//!
//! It writes lines to port 0xe9, and Xen puts each into its log behind the guest's number: "(d3) bulkhead: halted with
//! status 0". Only printable characters come through, so no guest can make a line of another's; and the partition has no
//! ports, so it cannot speak for the binding.

/// A line longer than this goes on in the guest's next one (`HVM_PBUF_SIZE` of Xen's hypervisor, less one).
const PIECE: usize = 79;

/// What the lines of ours begin with.
const MARK: &str = "bulkhead: ";

/// The lines of ours in a text of the hypervisor's log: the guest's number, and what it says.
pub(crate) fn lines(text: &str) -> Vec<(u32, String)> {
    let mut begun: Vec<(u32, String)> = Vec::new();
    let mut whole = Vec::new();
    for (domain, piece) in text.lines().filter_map(line_of_guest) {
        let place = begun.iter().position(|(known, _)| *known == domain);
        let mut line = place.map_or_else(String::new, |place| begun.swap_remove(place).1);
        line += piece;
        if piece.len() == PIECE {
            begun.push((domain, line));
        } else {
            whole.push((domain, line));
        }
    }
    whole.append(&mut begun);
    whole
        .into_iter()
        .filter_map(|(domain, line)| Some((domain, line.strip_prefix(MARK)?.to_owned())))
        .collect()
}

/// "(d3) text": the guest's number and the text.
fn line_of_guest(line: &str) -> Option<(u32, &str)> {
    let (domain, text) = line.strip_prefix("(d")?.split_once(')')?;
    Some((domain.parse().ok()?, text.strip_prefix(' ').unwrap_or(text)))
}

/// How a guest has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It has halted with this status.
    Halted(u32),
    /// It was stopped, and why.
    Stopped(String),
}

impl End {
    /// The end that a line tells, if it tells one.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        if let Some(status) = line.strip_prefix("halted with status ") {
            return status.trim().parse().ok().map(Self::Halted);
        }
        line.strip_prefix("stopped: ").map(|reason| Self::Stopped(reason.to_owned()))
    }

    /// The end of a guest that has said nothing about it: by the reason of its shutdown (Xen's public/sched.h).
    pub(crate) fn from_reason(reason: u32) -> Self {
        Self::Stopped(match reason {
            0 => "the guest has shut down without a word".to_owned(),
            1 => "the guest has asked for a restart".to_owned(),
            3 => "the guest has crashed".to_owned(),
            other => format!("the guest has shut down for reason {other}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_guests() {
        let text = "(XEN) Dom0 has maximum 1 VCPUs\n(d1) bulkhead: halted with status 3\n(d2) something else\n\
                    (XEN) (d3) bulkhead: forged\n(d2) bulkhead: hello\n";
        assert_eq!(lines(text), [(1, "halted with status 3".to_owned()), (2, "hello".to_owned())]);
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let reason = "memory violation (vector 14, error 0x6) writing 0x90000000, pc 0x00100050";
        let line = format!("bulkhead: stopped: {reason}");
        let text = format!("(d1) {}\n(d2) x\n(d1) {}\n", &line[..PIECE], &line[PIECE..]);
        let found = lines(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(End::from_line(&found[0].1), Some(End::Stopped(reason.to_owned())));
    }

    #[test]
    fn ends() {
        assert_eq!(End::from_line("halted with status 7"), Some(End::Halted(7)));
        assert_eq!(End::from_line("halted with status x"), None);
        assert_eq!(End::from_line("starts again (cold)"), None);
        assert!(matches!(End::from_reason(0), End::Stopped(_)));
    }
}
