//! What the partitions of `tests/systems/errors` say, whatever executive they have.

use bulkhead_tool::run::PartitionEnd;

use crate::Transcript;

/// Every check was good, and the fault that a handler let be stopped its partition.
///
/// # Panics
/// If one was not.
#[track_caller]
pub fn assert_all_handled(transcript: &Transcript) {
    for partition in ["checked", "careless"] {
        transcript.expect(partition, "a message");
        transcript.expect(partition, "start 0: 65 checks, 0 failed");
    }
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("checked"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    assert!(matches!(ends.get("careless"), Some(PartitionEnd::Stopped)), "{}", transcript.all());
}
