//! Modes, the health monitor and schedules, as programs in C use them.

use bulkhead_tests::{repository, run_file_for};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    c_uses_the_calls_about_modes_errors_and_schedules,
}

fn c_uses_the_calls_about_modes_errors_and_schedules(processor: Processor) {
    let file = repository().join("tests/systems/health/bulkhead.toml");
    let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    for partition in ["asker", "other"] {
        transcript.expect(partition, "start 0: 48 checks, 0 failed");
        transcript.expect(partition, "start 1: 46 checks, 0 failed");
        let end = transcript.facts.ends.get(partition);
        assert_eq!(end, Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
}
