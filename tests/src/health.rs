//! What the partitions of `tests/systems/health` and `governed` say, whatever executive they have.

use bulkhead_tool::run::PartitionEnd;

use crate::Transcript;

/// Every check of both starts was good.
///
/// # Panics
/// If one was not.
#[track_caller]
pub fn assert_all_good(transcript: &Transcript) {
    for partition in ["asker", "other"] {
        transcript.expect(partition, "start 0: 48 checks, 0 failed");
        transcript.expect(partition, "start 1: 46 checks, 0 failed");
        let end = transcript.facts.ends.get(partition);
        assert_eq!(end, Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
}

/// The governor could do what it may, and was told of its watchdog.
///
/// # Panics
/// If it was not so.
#[track_caller]
pub fn assert_governed(transcript: &Transcript) {
    transcript.expect("governor", "45 checks, 0 failed");
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("governor"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(ends.get("worker"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
}
