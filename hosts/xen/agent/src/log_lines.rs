//! What the binding in a guest tells the hypervisor's log: how the partition above it has ended, or begun again, as
//! lines of [`bulkhead_abi::event`]; or in words, why it cannot go on.
//!
//! It writes lines to port 0xe9, and Xen puts each into its log behind the guest's number: "(d3) bulkhead: event v1
//! ...". Only printable characters come through, so no guest can make a line of another's; and the partition has no
//! ports, so it cannot speak for the binding.

use bulkhead_abi::Action;
use bulkhead_abi::event::{Kind, Record};
use bulkhead_xen_facts::log_lines::MARK;

/// A line longer than this goes on in the guest's next one (`HVM_PBUF_SIZE` of Xen's hypervisor, less one).
const PIECE: usize = 79;

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

/// Whether a guest says with a record that it ends.
pub(crate) fn is_end(record: &Record) -> bool {
    let [_, action, ..] = record.arguments;
    match record.kind {
        Kind::Halted | Kind::Stopped => true,
        Kind::Health => action == Action::Idle as u64,
        _ => false,
    }
}

/// The record that a guest ends with that has told none, by the reason of its shutdown (Xen's public/sched.h).
pub(crate) fn shut_down(time: u64, partition: u16, reason: u32) -> Record {
    Record::new(time, Kind::ShutDown, partition, reason, [0; 6])
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
    fn a_guest_that_its_health_monitor_idles_has_ended() {
        let record = |action: &str| {
            let line = format!(
                "event v1 7 health partition=0 name=one code=1 error=application-error action={action} \
                 level=partition address=0x00000000 pc=0x00100050 detail=0x2 access=none response=own"
            );
            Record::parse(&line).expect("a record")
        };
        assert!(is_end(&record("idle")));
        assert!(!["log", "cold-restart", "deliver"].iter().any(|action| is_end(&record(action))));
        assert!(is_end(&Record::halted(7, 0, 3)));
        assert!(!is_end(&Record::restarted(7, 0, 3, bulkhead_abi::StartReason::ColdRestart)));
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let record = "event v1 1015010289 stopped partition=0 name=a-name-of-thirty-characters-xx vector=14 \
                      fault=memory error=0x6 access=write address=0x90000000 pc=0x00100050 response=own";
        let line = format!("bulkhead: {record}");
        let text = format!(
            "(d1) {}\n(d2) x\n(d1) {}\n(d1) {}\n",
            &line[..PIECE],
            &line[PIECE..2 * PIECE],
            &line[2 * PIECE..]
        );
        let found = lines(&text);
        assert_eq!(found.len(), 1);
        assert!(Record::parse(&found[0].1).is_some_and(|record| record.stop().is_some()));
    }
}
