//! What the partitions of `tests/systems/processes` say, whatever executive they have.

use bulkhead_tool::run::PartitionEnd;

use crate::Transcript;

/// Fewer checks than that are not the whole program.
const CHECKS_MIN: u32 = 570;

/// Every check was good, the health monitor was told of the deadlines that nobody handled, and a program that never
/// asks for `NORMAL` is in `COLD_START`.
///
/// # Panics
/// If one was not.
#[track_caller]
pub fn assert_all_good(transcript: &Transcript) {
    let lines = transcript.of("checked");
    let count =
        lines.iter().find_map(|line| line.strip_prefix("start 0: ")?.strip_suffix(" checks, 0 failed"));
    let count: u32 = count.and_then(|count| count.parse().ok()).unwrap_or(0);
    assert!(count >= CHECKS_MIN, "{count} good checks\n{}", transcript.all());
    // Error 11 is deadline-missed; the detail is the beginning of the process's name.
    transcript.expect("unhandled", "soft: 1 entries, error 11, code 0, detail 736f6674");
    transcript.expect("unhandled", "hard: 1 entries, error 11, code 1, detail 68617264");
    transcript.expect("unhandled", "rate: 2 entries, error 11, code 0, detail 52415445");
    transcript.expect("starting", "mode 1, for the kernel 1");
    let ends = &transcript.facts.ends;
    for partition in ["checked", "unhandled", "starting"] {
        assert_eq!(ends.get(partition), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
}
