//! A disk that one partition serves to others.

use bulkhead_tests::{repository, run_file_for};
use bulkhead_tool::run::{PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_client_reaches_its_own_part_of_the_disk_and_nothing_else,
}

/// It asks for other operations, lengths and blocks, and then takes no answer any more.
fn a_client_reaches_its_own_part_of_the_disk_and_nothing_else(processor: Processor) {
    let file = repository().join("tests/systems/disk-probe/bulkhead.toml");
    let options = RunOptions { time_limit: Some(1_000_000_000), ..RunOptions::default() };
    let transcript = run_file_for(Some(processor), &file, &options);
    transcript.expect("probe", "probe: 182 of 182 checks are good");
    assert_eq!(transcript.facts.ends.get("probe"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(transcript.facts.ends.get("storage"), Some(&PartitionEnd::Running), "{}", transcript.all());
}
