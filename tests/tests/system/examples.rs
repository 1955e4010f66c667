//! The examples, as a user runs them, on every processor from the same system file.

use bulkhead_tests::examples::assert_leavers_are_named;
use bulkhead_tests::{
    Transcript, building, building_keys, installation, readme, repository, run_built, run_file_for,
};
use bulkhead_tool::build::{Options, check_for};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    hello,
    rust_hello,
    ticker_tells_the_time_in_two_partitions,
    demo_stops_the_rogue_and_nobody_misses_a_deadline,
    a_partition_that_fails_is_restarted_three_times_and_then_idled,
    a_camera_that_dies_is_out_of_the_schedule_and_back_on_command,
    ports_carry_samples_commands_and_records,
    ports_in_rust_speak_with_those_in_c,
    records_on_a_disk_are_there_after_each_start,
    the_stand_in_does_what_the_classic_api_says,
    a_warm_restart_leaves_noinit_alone,
    ticks_that_take_all_the_time_end_a_partition_with_a_word,
    cxx_without_its_library_runs,
    the_keys_of_building_are_heeded,
    a_stack_that_overflows_is_called_so,
    a_task_that_leaves_its_stack_for_its_neighbours_is_named,
}

fn example(processor: Processor, name: &str, seconds: u64) -> Transcript {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let options = RunOptions { time_limit: Some(seconds * 1_000_000_000), ..RunOptions::default() };
    run_file_for(Some(processor), &file, &options)
}

/// Compares what READMEs show of an example, which is a run on x86-64, with a run that a test has made anyway.
fn compare(processor: Processor, name: &str, transcript: &Transcript, readmes: &[&str]) {
    if processor == Processor::X86_64 {
        let file = repository().join("examples").join(name).join("bulkhead.toml");
        let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
        for readme in readmes {
            readme::check(readme, &system, transcript);
        }
    }
}

fn hello(processor: Processor) {
    let transcript = example(processor, "hello", 10);
    assert!(
        transcript.lines.iter().any(|(_, line)| line.to_lowercase().contains("hello")),
        "{}",
        transcript.all()
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    compare(processor, "hello", &transcript, &["examples/hello/README.md"]);
}

fn rust_hello(processor: Processor) {
    let transcript = example(processor, "rust-hello", 1);
    transcript.expect("rust-hello", "hello from partition rust-hello");
    transcript.expect("rust-hello", "command line: good morning");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    compare(processor, "rust-hello", &transcript, &["examples/rust-hello/README.md"]);
}

fn ticker_tells_the_time_in_two_partitions(processor: Processor) {
    let transcript = example(processor, "ticker", 60);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    compare(processor, "ticker", &transcript, &["examples/ticker/README.md"]);
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

fn records_on_a_disk_are_there_after_each_start(processor: Processor) {
    let transcript = example(processor, "disk", 1);
    for start in 1..=3 {
        transcript.expect("recorder", &format!("start {start}: 256 blocks are mine"));
        transcript.expect("recorder", &format!("{} records are there", 5 * (start - 1)));
    }
    assert_eq!(transcript.facts.ends.get("recorder"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    compare(processor, "disk", &transcript, &["examples/disk/README.md"]);
}

fn a_partition_that_fails_is_restarted_three_times_and_then_idled(processor: Processor) {
    let transcript = example(processor, "restart", 5);
    let all = transcript.all();
    assert_eq!(transcript.ending, Ending::Stopped, "{all}");
    let said = transcript.of("failing");
    let starts: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("start ")).collect();
    let expected = ["1", "2", "3", "4"].map(|start| format!("{start}: I work for 200 ms, then I fail"));
    assert_eq!(starts, expected, "{all}");
    let decided: Vec<_> = transcript
        .facts
        .decisions
        .iter()
        .map(|(it, times)| (it.whose(), it.error(), it.action(), times.count))
        .collect();
    let violation = "memory-violation";
    assert_eq!(decided, [(Some(0), violation, "cold-restart", 3), (Some(0), violation, "idle", 1)], "{all}");
    assert_eq!(transcript.facts.ends["failing"], PartitionEnd::Stopped, "{all}");
    assert_eq!(transcript.facts.ends["steady"], PartitionEnd::Halted(0), "{all}");
    transcript.expect("steady", "done: 75 periods, 0 deadlines missed");
    transcript.expect("kernel", ", in Init (failing.c:29)");
    // What a start prepares, it prepares in the partition's own windows.
    for (number, seen) in &transcript.facts.observations {
        assert!(seen.lost == 0 && seen.late_max < 5_000, "window {number}: {seen:?}\n{all}");
    }
    compare(processor, "restart", &transcript, &["examples/restart/README.md"]);
}

fn a_camera_that_dies_is_out_of_the_schedule_and_back_on_command(processor: Processor) {
    let transcript = example(processor, "degraded", 5);
    let (all, facts) = (transcript.all(), &transcript.facts);
    assert_eq!(transcript.ending, Ending::Completed, "{all}");
    // A frame of 20 ms ends at each multiple of it; of the frames of 10 ms the last one does, too.
    let [(away, degraded), (back, normal)] = facts.changes[..] else { panic!("{:?}\n{all}", facts.changes) };
    assert_eq!((degraded, normal), (1, 0), "{all}");
    assert!(away.is_multiple_of(20_000_000) && (back - away).is_multiple_of(10_000_000), "{away} {back}");
    assert!((500_000_000..600_000_000).contains(&(back - away)), "{away} {back}");
    transcript.expect("supervisor", "degraded: the camera has error 1, and is in mode 0");
    transcript.expect("kernel", "partition camera: set to cold-start by supervisor");
    transcript.expect("camera", "I am on again");
    assert_eq!(facts.restarts.get("camera"), Some(&1), "{all}");
    transcript.expect("flight", "done: 100 periods, 0 deadlines missed");
    assert!(facts.ends.values().all(|end| *end == PartitionEnd::Halted(0)), "{all}");
    // Each of the three windows of `normal`, and each of the two of `degraded`, has been opened whenever it was due.
    let frames = (back - away) / 10_000_000;
    for (number, seen) in &facts.observations {
        assert!(seen.lost == 0 && seen.late_max < 5_000, "window {number}: {seen:?}\n{all}");
        assert!(*number < 3 || seen.count == frames, "window {number}: {seen:?}\n{all}");
    }
    compare(processor, "degraded", &transcript, &["examples/degraded/README.md"]);
}

fn demo_stops_the_rogue_and_nobody_misses_a_deadline(processor: Processor) {
    let transcript = example(processor, "demo", 5);
    let end = |name: &str| transcript.facts.ends.get(name).cloned();
    assert_eq!(end("rogue"), Some(PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(end("control"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(end("telemetry"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("kernel", "partition rogue: stopped at 10");
    transcript.expect("kernel", ", in Init (rogue.c:17)");
    assert!(!transcript.all().contains("stack overflow"), "{}", transcript.all());
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
    compare(processor, "demo", &transcript, &["README.md", "examples/demo/README.md"]);
}

/// What partitions say does not depend on the processor: the README is compared with both.
fn ports_carry_samples_commands_and_records(processor: Processor) {
    let transcript = example(processor, "ports", 5);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    let file = repository().join("examples/ports/bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    readme::check("examples/ports/README.md", &system, &transcript);
}

fn ports_in_rust_speak_with_those_in_c(processor: Processor) {
    let transcript = example(processor, "ports-rust", 5);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    for (name, end) in &transcript.facts.ends {
        assert_eq!(*end, PartitionEnd::Halted(0), "{name}\n{}", transcript.all());
    }
    // Both processors: the bytes of C's structures have another order, those of postcard's do not.
    let file = repository().join("examples/ports-rust/bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    readme::check("examples/ports-rust/README.md", &system, &transcript);
}

fn the_stand_in_does_what_the_classic_api_says(processor: Processor) {
    for name in ["classic", "classic-partitions"] {
        let file = repository().join("tests/systems").join(name).join("bulkhead.toml");
        let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    }
}

/// Three warm starts and a cold one, of the image in the file and of `.noinit` behind it.
fn a_warm_restart_leaves_noinit_alone(processor: Processor) {
    let file = repository().join("tests/systems/noinit/bulkhead.toml");
    let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
    transcript.expect("noinit", "noinit: start 2 warm: 3002 kept, 0 cleared: good");
    transcript.expect("noinit", "noinit: start 3 cold: 0 kept, 3002 cleared: good");
    assert_eq!(transcript.facts.ends.get("noinit"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

/// A partition that only ticks says so instead of going silent, and soon; one with time for its ticks is left alone.
fn ticks_that_take_all_the_time_end_a_partition_with_a_word(processor: Processor) {
    let file = repository().join("tests/systems/overload/bulkhead.toml");
    let options = RunOptions { time_limit: Some(60_000_000_000), ..RunOptions::default() };
    let transcript = run_file_for(Some(processor), &file, &options);
    transcript.expect("starved", "a clock tick of 1000000 ns is too short");
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("starved"), Some(&PartitionEnd::Halted(254)), "{}", transcript.all());
    assert_eq!(ends.get("calm"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

fn cxx_without_its_library_runs(processor: Processor) {
    let file = repository().join("tests/systems/objects/bulkhead.toml");
    let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
    transcript.expect("objects", "order 12, sum 38, local 3, alive 1, other 7: good");
    assert_eq!(transcript.facts.ends.get("objects"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

fn the_keys_of_building_are_heeded(processor: Processor) {
    let folder = repository().join("target/systems/keys").join(processor.name());
    let options = Options {
        output: Some(folder.join("keys.elf")),
        installation: Some(installation()),
        ..Options::default()
    };
    let built = building::build_system(building_keys::system(processor, &folder), &options);
    let transcript = run_built(&built, &RunOptions::default());
    building_keys::assert_heeded(&transcript, &built.programs[0], processor);
}

fn a_stack_that_overflows_is_called_so(processor: Processor) {
    let file = repository().join("tests/systems/overflow/bulkhead.toml");
    let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
    transcript.expect("kernel", "partition deep: stopped at ");
    transcript.expect("kernel", ", in descend (");
    transcript.expect("kernel", "overflow.c:");
    transcript.expect("kernel", "): stack overflow");
    assert_eq!(transcript.facts.ends.get("deep"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
}

/// There is no page between two stacks. Who leaves one is found out at the next switch, the next interrupt or the fault
/// that it causes, and by the mark that it has written over if it is back by then.
fn a_task_that_leaves_its_stack_for_its_neighbours_is_named(processor: Processor) {
    let file = repository().join("tests/systems/stacks/bulkhead.toml");
    let transcript = run_file_for(Some(processor), &file, &RunOptions::default());
    assert_leavers_are_named(&transcript, "task", "fatal error: source 8 (stack checker)", 254);
}

/// A line without what differs between processors: times, program counters, and what each calls a fault.
fn plain(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    for place in 1..words.len() {
        if words[place].trim_end_matches(':') == "ns" {
            words[place - 1] = "N";
        }
    }
    let line = words.join(" ");
    let line = line.split(", pc 0x").next().unwrap_or_default();
    match (line.find(" (vector "), line.find(')')) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &line[..start], &line[end + 1..]),
        _ => line.to_owned(),
    }
}

/// What somebody says in a run. The kernel's introduction of itself and its report of observed times are the
/// processor's.
fn said(transcript: &Transcript, speaker: &str) -> Vec<String> {
    let own = ["bulkhead ", "processor: ", "observed: ", "end: code ", "end: system time "];
    let lines = transcript.of(speaker).into_iter();
    lines
        .filter(|line| speaker != "kernel" || !own.iter().any(|start| line.starts_with(start)))
        .map(plain)
        .collect()
}

/// The same system file, on each processor, with the same output.
#[test]
fn every_processor_says_the_same() {
    for (name, seconds) in [("hello", 10), ("rust-hello", 1), ("ticker", 60), ("demo", 5)] {
        let [first, second] =
            [Processor::X86_64, Processor::Leon3].map(|processor| example(processor, name, seconds));
        assert_eq!(first.ending, second.ending, "{}{}", first.all(), second.all());
        assert_eq!(first.facts.ends, second.facts.ends);
        let speakers = first.facts.ends.keys().map(String::as_str).chain(["kernel"]);
        for speaker in speakers {
            let (one, other) = (said(&first, speaker), said(&second, speaker));
            assert!(!one.is_empty() && one == other, "{speaker}:\n{one:#?}\n{other:#?}");
        }
    }
}
