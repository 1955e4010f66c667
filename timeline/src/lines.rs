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
    /// Nothing where records are missing.
    time: Option<u64>,
}

impl Timeline {
    /// Puts lines in their times: each where the console has taken its last byte. `heard` is how many bytes have come
    /// of each partition. The answer is how many lines have no time that is known, because records are missing; they
    /// are left out.
    pub fn hear(&mut self, lines: &[Line], heard: &[u64]) -> usize {
        let taken = self.taken(heard);
        let mut events = Vec::new();
        let mut unknown = 0;
        for line in lines {
            let taken = taken.get(line.partition).map_or(&[][..], Vec::as_slice);
            let place = taken.partition_point(|taken| taken.end < line.end);
            let before = place.checked_sub(1).and_then(|place| taken.get(place)).map_or(0, |taken| taken.end);
            match taken.get(place) {
                // Where records are missing, bytes are that nobody knows the time of.
                Some(Taken { time: Some(time), .. }) if before < line.end => events.push(Event {
                    time: *time,
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

    /// What the console has taken of each partition, of which so many bytes have been heard.
    fn taken(&self, heard: &[u64]) -> Vec<Vec<Taken>> {
        let lost = || self.lost.iter().filter(|lost| lost.partition.is_none()).map(|lost| lost.time);
        let (first, last) = (lost().min().unwrap_or(u64::MAX), lost().max().unwrap_or(u64::MAX));
        let mut of_each = vec![Vec::new(); heard.len()];
        let mut has_ended = false;
        for event in &self.events {
            match event.of_kernel() {
                Some((Kind::Console, bytes)) => {
                    let all = event.partition.and_then(|partition| of_each.get_mut(partition));
                    all.into_iter().for_each(|all| all.push((event.time, u64::from(bytes))));
                }
                Some((Kind::End, _)) => has_ended = true,
                _ => {}
            }
        }
        let known =
            |(all, heard): (Vec<(u64, u64)>, &u64)| taken(&all, *heard, first, has_ended.then_some(last));
        of_each.into_iter().zip(heard).map(known).collect()
    }
}

/// What the console has taken, by times and numbers of bytes, of a partition of which so many bytes have been heard, in
/// the order of time: from the beginning up to where records are missing first, then what is not known, and from where
/// they are missing last up to the end, if the system has come to its own, so that all that was taken has been heard.
fn taken(all: &[(u64, u64)], heard: u64, first: u64, last: Option<u64>) -> Vec<Taken> {
    let mut taken = Vec::new();
    let mut end = 0;
    for (time, bytes) in all.iter().take_while(|(time, _)| *time < first) {
        end += bytes;
        taken.push(Taken { end, time: Some(*time) });
    }
    let mut behind = Vec::new();
    let mut end = heard;
    for (time, bytes) in all.iter().rev().take_while(|(time, _)| last.is_some_and(|last| *time >= last)) {
        behind.push(Taken { end, time: Some(*time) });
        end = end.saturating_sub(*bytes);
    }
    if !behind.is_empty() {
        taken.push(Taken { end, time: None });
        taken.extend(behind.into_iter().rev());
    }
    taken
}

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
        let lines = timeline.events.iter().filter_map(|event| match &event.what {
            What::Line(text) => Some((event.time, &**text)),
            _ => None,
        });
        lines.collect()
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
