//! What a guest tells the hypervisor's log when it cannot tell its console: why it has failed.
//!
//! A guest writes a line to port 0xe9, and Xen puts it into its log behind the guest's number: "(XEN) (d3) bulkhead: no
//! memory". Only printable characters come through, so no guest can make a line of another's.

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
    whole.into_iter().filter_map(|(domain, line)| Some((domain, line.strip_prefix(MARK)?.to_owned()))).collect()
}

/// "(XEN) (d3) text", perhaps with a time between.
fn line_of_guest(line: &str) -> Option<(u32, &str)> {
    let (_, rest) = line.strip_prefix("(XEN) ")?.split_once("(d")?;
    let (domain, text) = rest.split_once(')')?;
    Some((domain.parse().ok()?, text.strip_prefix(' ').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_guests() {
        let text = "(XEN) Dom0 has maximum 1 VCPUs\n(XEN) (d1) bulkhead: no memory\n\
                    (XEN) [    2.5] (d2) something else\n(d3) bulkhead: forged\n(XEN) (d2) bulkhead: hello\n";
        assert_eq!(lines(text), [(1, "no memory".to_owned()), (2, "hello".to_owned())]);
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let reason = "the binding has failed: vector 14, error 0x6, pc 0x00100050 and more of these words";
        let line = format!("bulkhead: {reason}");
        let text = format!("(XEN) (d1) {}\n(XEN) (d2) x\n(XEN) (d1) {}\n", &line[..PIECE], &line[PIECE..]);
        assert_eq!(lines(&text), [(1, reason.to_owned())]);
    }
}
