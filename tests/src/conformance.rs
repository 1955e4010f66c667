//! What the partitions of `tests/systems/conformance` say, whatever executive they have.

use bulkhead_tool::run::PartitionEnd;

use crate::Transcript;

/// Fewer checks than that are not the whole program: each start, and one at least for each condition.
const CHECKS_MIN: [u32; 3] = [440, 25, 20];

/// All checks of all three starts were good; how many there were.
///
/// # Panics
/// If one was not, or the program did not come to its end.
#[track_caller]
#[must_use]
pub fn assert_all_good(transcript: &Transcript) -> u32 {
    let ends = &transcript.facts.ends;
    for partition in ["checked", "peer"] {
        assert_eq!(ends.get(partition), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
    let lines = transcript.of("checked");
    let counts = CHECKS_MIN.iter().enumerate().map(|(start, least)| {
        let begin = format!("start {start}: ");
        let count =
            lines.iter().find_map(|line| line.strip_prefix(&begin)?.strip_suffix(" checks, 0 failed"));
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        assert!(count >= *least, "start {start}: {count} good checks\n{}", transcript.all());
        count
    });
    counts.sum()
}
