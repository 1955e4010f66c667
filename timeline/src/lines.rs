//! The lines that partitions have said on their consoles, in the time in which they ended.
//!
//! The kernel records how many bytes of a partition its console has taken, and who listens at the console's other end
//! knows which bytes those were. So nothing has to be recorded of the bytes themselves.

use bulkhead_abi::trace::Kind;

use crate::event::{Event, What};
use crate::model::Timeline;

/// A line that was heard of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the partition.
    pub partition: usize,
    /// How many bytes have come of the partition up to the line's end, with that.
    pub end: u64,
    /// What it says.
    pub text: String,
}

/// Bytes that the console has taken at once.
struct Taken {
    /// How many of the partition's bytes have been taken with these.
    end: u64,
    time: u64,
}

impl Timeline {
    /// Puts lines in their times: each where the console has taken its last byte. `heard` is how many bytes have come
    /// of each partition. The answer is how many lines have no time that is known, because records are missing; they
    /// are left out.
    pub fn hear(&mut self, lines: &[Line], heard: &[u64]) -> usize {
        let taken: Vec<Vec<Taken>> =
            (0..heard.len()).map(|partition| self.taken(partition, heard[partition])).collect();
        let mut events = Vec::new();
        let mut unknown = 0;
        for line in lines {
            let taken = taken.get(line.partition).map_or(&[][..], Vec::as_slice);
            let place = taken.partition_point(|taken| taken.end < line.end);
            let before = place.checked_sub(1).and_then(|place| taken.get(place)).map_or(0, |taken| taken.end);
            match taken.get(place) {
                // Where records are missing, bytes are that nobody knows the time of.
                Some(taken) if taken.time != UNKNOWN && before < line.end => events.push(Event {
                    time: taken.time,
                    partition: Some(line.partition),
                    what: What::Line(line.text.clone()),
                }),
                _ => unknown += 1,
            }
        }
        self.events.append(&mut events);
        self.events.sort_by_key(|event| event.time);
        unknown
    }

    /// What the console has taken of a partition, of which so many bytes have been heard, in the order of time: from
    /// the beginning up to where records are missing, then what is not known, and from there up to the end, if the
    /// system has come to its own, so that all that was taken has been heard.
    fn taken(&self, partition: usize, heard: u64) -> Vec<Taken> {
        let of_kernel = || self.lost.iter().filter(|lost| lost.partition.is_none());
        let first = of_kernel().map(|lost| lost.time).min().unwrap_or(u64::MAX);
        let last = of_kernel().map(|lost| lost.time).max().unwrap_or(u64::MAX);
        let bytes = |event: &Event| match event.of_kernel() {
            Some((Kind::Console, bytes)) if event.partition == Some(partition) => {
                Some((event.time, u64::from(bytes)))
            }
            _ => None,
        };
        let mut taken = Vec::new();
        let mut end = 0;
        for (time, bytes) in self.events.iter().filter_map(bytes).take_while(|(time, _)| *time < first) {
            end += bytes;
            taken.push(Taken { end, time });
        }
        let has_ended = self.events.iter().any(|event| matches!(event.of_kernel(), Some((Kind::End, _))));
        let mut behind = Vec::new();
        let mut end = heard;
        if has_ended {
            for (time, bytes) in
                self.events.iter().rev().filter_map(bytes).take_while(|(time, _)| *time >= last)
            {
                behind.push(Taken { end, time });
                end = end.saturating_sub(bytes);
            }
        }
        if !behind.is_empty() {
            taken.push(Taken { end, time: UNKNOWN });
            taken.extend(behind.into_iter().rev());
        }
        taken
    }
}

/// The time of what is not known.
const UNKNOWN: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lost;
    use crate::tests::system;

    fn line(end: u64, text: &str) -> Line {
        Line { partition: 1, end, text: text.to_owned() }
    }

    fn timeline() -> Timeline {
        let console = |time, partition, bytes| Event::kernel(time, Kind::Console, Some(partition), bytes);
        let events = vec![
            console(10, 1, 4),
            console(20, 0, 9),
            console(30, 1, 2),
            console(40, 1, 0),
            console(50, 1, 5),
            Event::kernel(60, Kind::End, None, 19),
        ];
        Timeline::new(system(), events)
    }

    fn told(timeline: &Timeline) -> Vec<(u64, &str)> {
        let text = |event: &Event| match &event.what {
            What::Line(text) => Some((event.time, text.clone())),
            _ => None,
        };
        let lines = timeline.events.iter().filter_map(text).collect::<Vec<_>>();
        lines.into_iter().map(|(time, text)| (time, &*text.leak())).collect()
    }

    const LINES: [(u64, &str); 4] = [(3, "ab"), (6, "cd"), (7, "e"), (11, "fgh")];

    fn lines() -> Vec<Line> {
        LINES.map(|(end, text)| line(end, text)).to_vec()
    }

    #[test]
    fn a_line_is_where_its_last_byte_was_taken() {
        let mut timeline = timeline();
        assert_eq!(timeline.hear(&lines(), &[9, 11]), 0);
        assert_eq!(told(&timeline), [(10, "ab"), (30, "cd"), (50, "e"), (50, "fgh")]);
        // What was never taken has no time.
        assert_eq!(timeline.hear(&[line(12, "i")], &[9, 11]), 1);
    }

    /// Behind what is missing the bytes are counted from the end, if there is one.
    #[test]
    fn lines_beside_what_is_missing_have_their_times() {
        let mut missing = timeline();
        missing.events.retain(|event| event.time != 30);
        missing.lost.push(Lost { since: 20, time: 40, count: 1, partition: None });
        let mut cut_short = missing.clone();
        cut_short.events.pop();
        assert_eq!(missing.hear(&lines(), &[9, 11]), 1);
        assert_eq!(told(&missing), [(10, "ab"), (50, "e"), (50, "fgh")]);
        assert_eq!(cut_short.hear(&lines(), &[9, 11]), 3);
        assert_eq!(told(&cut_short), [(10, "ab")]);
    }
}
