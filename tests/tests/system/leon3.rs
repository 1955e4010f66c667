//! The same system files on the other processor.

use bulkhead_tests::{Transcript, repository, run_file_for};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

fn example(name: &str, seconds: u64) -> Transcript {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let options = RunOptions { time_limit: Some(seconds * 1_000_000_000), ..RunOptions::default() };
    run_file_for(Some(Processor::Leon3), &file, &options)
}

#[test]
fn hello_on_leon3() {
    let transcript = example("hello", 10);
    assert!(
        transcript.lines.iter().any(|(_, line)| line.to_lowercase().contains("hello")),
        "{}",
        transcript.all()
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

#[test]
fn demo_on_leon3_stops_the_rogue_and_nobody_misses_a_deadline() {
    let transcript = example("demo", 5);
    let end = |name: &str| transcript.facts.ends.get(name).cloned();
    assert_eq!(end("rogue"), Some(PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(end("control"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(end("telemetry"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
}
