//! What the partitions of `tests/systems/health` say, whatever executive they have.

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
