//! The examples, as a user runs them.

use bulkhead_tests::{Transcript, repository, run_file};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};

fn example(name: &str, seconds: u64) -> Transcript {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    run_file(&file, &RunOptions { time_limit: Some(seconds * 1_000_000_000), ..RunOptions::default() })
}

#[test]
fn hello() {
    let transcript = example("hello", 10);
    assert!(
        transcript.lines.iter().any(|(_, line)| line.to_lowercase().contains("hello")),
        "{}",
        transcript.all()
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

#[test]
fn ticker_tells_the_time_in_two_partitions() {
    let transcript = example("ticker", 60);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    let names: Vec<String> = transcript.facts.ends.keys().cloned().collect();
    assert_eq!(names.len(), 2);
    for name in names {
        // Three tasks every 5, 10 and 15 seconds for 35 seconds, the first second included: 8, 4 and 3 times.
        for (task, times) in [("TA1", 7), ("TA2", 4), ("TA3", 3)] {
            let heard = transcript.of(&name).iter().filter(|line| line.contains(task)).count();
            assert!(heard >= times, "{name}: {task} was heard {heard} times\n{}", transcript.all());
        }
        assert!(
            transcript.of(&name).iter().any(|line| line.contains("09:00:35") || line.contains("09:00:30"))
        );
    }
}

#[test]
fn demo_stops_the_rogue_and_nobody_misses_a_deadline() {
    let transcript = example("demo", 5);
    let end = |name: &str| transcript.facts.ends.get(name).cloned();
    assert_eq!(end("rogue"), Some(PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(end("control"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(end("telemetry"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("kernel", "partition rogue: stopped at 10");
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
}

#[test]
fn the_stand_in_does_what_the_classic_api_says() {
    for name in ["classic", "classic-partitions"] {
        let file = repository().join("tests/systems").join(name).join("bulkhead.toml");
        let transcript = run_file(&file, &RunOptions::default());
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    }
}
