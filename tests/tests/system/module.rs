//! Faults that are the whole system's: the health monitor stops the module, or has it start again.

use bulkhead_tests::{Transcript, repository, run_file_for};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_stopped_module_ends_with_a_word_of_its_own,
    a_module_that_starts_again_starts_everybody,
}

/// Runs a system of `tests/systems` for two and a half seconds.
fn run(processor: Processor, name: &str) -> Transcript {
    let file = repository().join("tests/systems").join(name).join("bulkhead.toml");
    let options = RunOptions { time_limit: Some(2_500_000_000), ..RunOptions::default() };
    run_file_for(Some(processor), &file, &options)
}

fn decided(transcript: &Transcript) -> Vec<(Option<usize>, &'static str, &'static str, u64)> {
    let decisions = transcript.facts.decisions.iter();
    decisions.map(|(it, times)| (it.whose(), it.error(), it.action(), times.count)).collect()
}

fn a_stopped_module_ends_with_a_word_of_its_own(processor: Processor) {
    let transcript = run(processor, "module-stop");
    let all = transcript.all();
    assert_eq!(transcript.ending, Ending::ModuleStopped, "{all}");
    assert_eq!((transcript.ending.exit_status(), transcript.facts.code), (5, Some(22)), "{all}");
    assert_eq!(decided(&transcript), [(Some(0), "memory-violation", "stop-module", 1)], "{all}");
    // It is in the midst of its work.
    assert_eq!(transcript.facts.ends["steady"], PartitionEnd::Running, "{all}");
    let time = transcript.facts.system_time.unwrap_or_default();
    assert!((1_000_000_000..1_100_000_000).contains(&time), "{time}");
}

fn a_module_that_starts_again_starts_everybody(processor: Processor) {
    let transcript = run(processor, "module-restart");
    let all = transcript.all();
    assert_eq!(transcript.ending, Ending::TimeLimit, "{all}");
    assert_eq!(decided(&transcript), [(Some(0), "memory-violation", "restart-module", 2)], "{all}");
    for name in ["rogue", "steady"] {
        assert_eq!(transcript.facts.restarts.get(name), Some(&2), "{name}: {all}");
    }
    // Half a second and a second: of the first two starts, and half a second of the third one.
    let half = transcript.of("steady").iter().filter(|line| line.starts_with("25 periods, ")).count();
    assert_eq!(half, 2, "{all}");
    let again = format!("partition {}: starts again (cold, with everything)", "steady");
    assert_eq!(transcript.of("kernel").iter().filter(|line| line.starts_with(&again)).count(), 2, "{all}");
}
