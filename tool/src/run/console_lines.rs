//! The lines of partitions, with the place of each in what its partition has said: for a timeline, which knows when how
//! much of it was said.

use bulkhead_timeline::Line;

/// Bytes of a line that are kept.
const LENGTH_MAX: usize = 256;

/// Bytes that the lines which are kept of a partition may have, in memory: so none takes the room of another's.
const ROOM: usize = 1 << 24;

/// What was heard of partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsoleLines {
    lines: Vec<Line>,
    partitions: Vec<Heard>,
    too_many: usize,
}

/// What was heard of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    /// How many bytes there were.
    bytes: u64,
    /// What of a line has come that has not ended.
    begun: Vec<u8>,
    /// How many bytes the lines that are kept have.
    taken: usize,
}

impl ConsoleLines {
    /// Takes a partition's next bytes.
    pub(super) fn take(&mut self, partition: usize, bytes: &[u8]) {
        if self.partitions.len() <= partition {
            self.partitions.resize(partition + 1, Heard::default());
        }
        let Heard { bytes: heard, begun, taken } = &mut self.partitions[partition];
        for byte in bytes {
            *heard += 1;
            if *byte != b'\n' {
                if begun.len() < LENGTH_MAX {
                    begun.push(*byte);
                }
                continue;
            }
            let text = String::from_utf8_lossy(begun.strip_suffix(b"\r").unwrap_or(begun)).into_owned();
            begun.clear();
            if text.is_empty() {
                continue;
            }
            let with_this = *taken + size_of::<Line>() + text.len();
            if with_this > ROOM {
                self.too_many += 1;
                continue;
            }
            *taken = with_this;
            self.lines.push(Line { partition, end: *heard, text });
        }
    }

    /// Puts the lines into a timeline. The answer is how many have no place in it.
    pub fn put_into(&self, timeline: &mut bulkhead_timeline::Timeline) -> usize {
        let heard: Vec<u64> = self.partitions.iter().map(|it| it.bytes).collect();
        timeline.hear(&self.lines, &heard) + self.too_many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_ends() {
        let mut lines = ConsoleLines::default();
        lines.take(1, b"on");
        lines.take(0, b"a\r\n\n");
        lines.take(1, b"e\ntwo");
        let line = |partition, end, text: &str| Line { partition, end, text: text.to_owned() };
        assert_eq!(lines.lines, [line(0, 3, "a"), line(1, 4, "one")]);
        assert_eq!([lines.partitions[0].bytes, lines.partitions[1].bytes], [4, 7]);
        lines.take(1, &[b'x'; 1_000]);
        lines.take(1, b"\n");
        assert_eq!(lines.lines[2].text.len(), LENGTH_MAX);
    }

    #[test]
    fn lines_of_one_take_no_room_of_another() {
        let mut lines = ConsoleLines::default();
        let many = b"x\n".repeat(1 << 16);
        for _ in 0..20 {
            lines.take(1, &many);
        }
        let kept = lines.lines.len();
        assert!(kept <= ROOM / size_of::<Line>() && kept > 1 << 18, "{kept}");
        assert_eq!(kept + lines.too_many, 20 << 16);
        lines.take(0, b"a neighbour's\n");
        assert_eq!((lines.lines.len(), &*lines.lines[kept].text), (kept + 1, "a neighbour's"));
    }
}
