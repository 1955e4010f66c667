//! A disk that one partition serves to others.

use std::path::Path;

use bulkhead_tests::building::build_system;
use bulkhead_tests::{installation, power, repository, run_file_for};
use bulkhead_tool::build::Options;
use bulkhead_tool::run::{PartitionEnd, RunOptions};
use bulkhead_tool::system_file::{self, Processor};

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

/// The example with a virtio disk that forgets what was not synced.
#[test]
fn records_that_were_synced_are_there_after_the_end_of_power() {
    let folder = repository().join("examples/disk");
    let text = std::fs::read_to_string(folder.join("kept.toml")).expect("the example");
    let line = "command-line = \"recorder 0 256\"";
    assert!(text.contains(line), "{text}");
    let text = text.replace(line, "command-line = \"volatile\\nrecorder 0 256\"");
    let system = system_file::from_text_for(Some(Processor::X86_64), &text, "disk-kept", &folder);
    let system = system.unwrap_or_else(|error| panic!("{error:?}"));
    let built = repository().join("target/systems/disk-kept.elf");
    let options = Options { output: Some(built), installation: Some(installation()), ..Options::default() };
    let built = build_system(system, &options);
    let instants = [131, 164, 205, 249, 310, 384].map(|milliseconds| milliseconds * 1_000_000);
    let kept = power::cut(&built, Path::new(env!("CARGO_TARGET_TMPDIR")), "recorder", &instants);
    assert!(kept >= 10, "{kept} records");
}
