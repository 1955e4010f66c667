//! The serial line: who is heard, and who hears.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use bulkhead_tests::{MILLISECOND, System, Transcript, bulkhead, program, repository, run_file_for};
use bulkhead_tool::run::{Ending, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_partition_in_rust_says_who_it_is,
    the_kernel_says_what_it_runs_on,
    a_machine_with_too_little_memory_is_refused,
    the_guest_layer_checks_itself,
    lines_have_the_times_at_which_they_begin,
    input_is_noticed_while_its_owner_idles,
    each_partition_hears_what_is_typed_to_it,
    a_flood_of_input_costs_others_nothing,
}

fn a_partition_in_rust_says_who_it_is(processor: Processor) {
    let transcript = System::on(processor, "rust-hello", MILLISECOND)
        .partition("greeter", &program(processor, "rust-hello"), "some words", &[(0, MILLISECOND)])
        .run();
    transcript.expect("greeter", "hello from partition greeter");
    transcript.expect("greeter", "command line: some words");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

fn the_kernel_says_what_it_runs_on(processor: Processor) {
    let transcript = System::on(processor, "announcement", MILLISECOND)
        .partition("greeter", &program(processor, "rust-hello"), "", &[(0, MILLISECOND)])
        .run();
    let words = format!("{}, 1 partition, 1 window, major frame 1000000 ns", processor.name());
    transcript.expect("kernel", &words);
    match processor {
        // QEMU's `max` processor has all three.
        Processor::X86_64 => transcript.expect("kernel", ", SMEP, SMAP, UMIP"),
        Processor::Leon3 => transcript.expect("kernel", "processor: timer counts at "),
    }
}

#[test]
fn a_processor_without_the_newer_protections_runs_too() {
    let transcript = System::on(Processor::X86_64, "old-processor", MILLISECOND)
        .partition("greeter", &program(Processor::X86_64, "rust-hello"), "", &[(0, MILLISECOND)])
        .qemu(&["-cpu", "qemu64,-smap,-smep,-umip"])
        .run();
    transcript.expect("greeter", "hello from partition greeter");
    assert!(!transcript.of("kernel").iter().any(|line| line.contains("SMAP")), "{}", transcript.all());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// QEMU's board has 40 MHz and says so; the timers count every fourth period.
#[test]
fn the_system_file_knows_the_clock_better_than_the_boot_loader() {
    for (clock, counts) in [(None, "10000000 Hz"), (Some("33.333333 MHz"), "8333333 Hz")] {
        let system = System::on(Processor::Leon3, "clock", MILLISECOND);
        let system = clock.map_or(system.clone(), |clock| system.leon3_clock(clock));
        let transcript = system
            .partition("greeter", &program(Processor::Leon3, "rust-hello"), "", &[(0, MILLISECOND)])
            .run();
        transcript.expect("kernel", &format!("processor: timer counts at {counts}"));
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    }
}

fn a_machine_with_too_little_memory_is_refused(processor: Processor) {
    let memory = match processor {
        Processor::X86_64 => "4M",
        Processor::Leon3 => "2M",
    };
    let transcript = System::on(processor, "little-memory", MILLISECOND)
        .partition("greeter", &program(processor, "rust-hello"), "", &[(0, MILLISECOND)])
        .qemu(&["-m", memory])
        .run();
    transcript.expect("kernel", "the system table is refused: it needs more memory than this machine has");
    assert_eq!(transcript.ending, Ending::Refused, "{}", transcript.all());
}

fn the_guest_layer_checks_itself(processor: Processor) {
    let transcript = bulkhead_tests::run_file_for(
        Some(processor),
        &bulkhead_tests::repository().join("tests/partitions/check/bulkhead.toml"),
        &bulkhead_tool::run::RunOptions::default(),
    );
    assert!(
        transcript.lines.iter().any(|(_, line)| line.contains("0 checks failed")),
        "{}",
        transcript.all()
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// The demo's control loop says something each second; every line begins in a window of its partition.
fn lines_have_the_times_at_which_they_begin(processor: Processor) {
    let demo = repository().join("examples/demo/bulkhead.toml");
    let system = bulkhead_tool::build::check(&demo).expect("the demo");
    let options =
        RunOptions { time_limit: Some(1_200 * MILLISECOND), line_times: true, ..RunOptions::default() };
    let timed = run_file_for(Some(processor), &demo, &options);
    let mut before = 0;
    for ((name, line), time) in timed.lines.iter().zip(&timed.times) {
        let Some(number) = system.partition_number(name) else { continue };
        let time = time.unwrap_or_else(|| panic!("no time: {line}"));
        assert!(before <= time, "{line}: {time}");
        let place = time % system.schedule().major_frame;
        let mut windows = system.schedule().windows.iter().filter(|window| window.partition == number);
        assert!(windows.any(|window| (window.start..window.end()).contains(&place)), "{line}: {time}");
        let second = line.starts_with("second 1:");
        assert!(!second || (980..1_000).contains(&(time / MILLISECOND)), "{line}: {time}");
        before = time;
    }
    assert!(before > 1_000 * MILLISECOND, "{}", timed.all());
    // Who does not ask for times hears what was said, and no more.
    let plain = run_file_for(Some(processor), &demo, &RunOptions { line_times: false, ..options });
    assert!(
        plain.lines.len() > 5
            && plain
                .times
                .iter()
                .zip(&plain.lines)
                .all(|(time, (name, _))| { time.is_none() || name == "kernel" })
    );
    let of = |transcript: &bulkhead_tests::Transcript| {
        system.partitions.iter().map(|it| transcript.of(&it.name).join("\n")).collect::<Vec<_>>()
    };
    assert_eq!(of(&plain), of(&timed));
}

/// The only window is an hour, its partition waits without a timer, and a letter comes when it says that it listens.
/// So nothing but the kernel's own look finds it in time: the longest alarm is 4.29 s. That goes by real time,
/// of which a busy host takes what it wants, so the best of five is what counts.
fn input_is_noticed_while_its_owner_idles(processor: Processor) {
    let hour = 3_600_000 * MILLISECOND;
    let built = System::on(processor, "late-input", hour)
        .probe("listener", "load listen", &[(0, hour)])
        .console_input("listener", b"")
        .build();
    let mut run = bulkhead()
        .args(["run", "--realtime", "--for", "60 s"])
        .arg(&built.file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the bulkhead command");
    let mut input = run.stdin.take().expect("its input");
    let mut said = String::new();
    let mut best = u64::MAX;
    for line in BufReader::new(run.stdout.take().expect("its output")).lines() {
        let line = line.expect("text");
        if line.ends_with("| listening") {
            input.write_all(b"x").and_then(|()| input.flush()).expect("it reads");
        }
        if let Some((_, words)) = line.split_once("| heard after ") {
            best = best.min(words.trim_end_matches(" ms").parse().expect("milliseconds"));
        }
        said += &line;
        said.push('\n');
    }
    let status = run.wait().expect("it has ended");
    assert!(best < 1_000, "{said}");
    assert!(status.success(), "{status}: {said}");
}

/// What an echo has heard, piece by piece.
fn heard(transcript: &Transcript, name: &str) -> String {
    transcript.of(name).iter().filter_map(|line| line.strip_prefix("heard ")).collect()
}

fn each_partition_hears_what_is_typed_to_it(processor: Processor) {
    let transcript = System::on(processor, "typed", MILLISECOND)
        .probe("first", "load echo", &[(0, 500_000)])
        .probe("second", "load echo", &[(500_000, 500_000)])
        .typed(&[
            (1, b"ls"),
            (0, b"ps"),
            (1, b"\x10A@"),
            (0, b"a line of more than sixteen bytes."),
            (1, b"."),
        ])
        .run();
    assert_eq!(heard(&transcript, "first"), "psa line of more than sixteen bytes.", "{}", transcript.all());
    assert_eq!(heard(&transcript, "second"), "ls\\x10A@.", "{}", transcript.all());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// One never reads: what is typed to another one comes a second later, and a third's windows begin as they do
/// otherwise.
fn a_flood_of_input_costs_others_nothing(processor: Processor) {
    let run = |flood: &[u8]| {
        let transcript = System::on(processor, "typed-flood", 20 * MILLISECOND)
            .probe("deaf", "load idle", &[(0, 5 * MILLISECOND)])
            .probe("echo", "load echo", &[(5 * MILLISECOND, 5 * MILLISECOND)])
            .probe("watcher", "load nothing", &[(10 * MILLISECOND, MILLISECOND / 10)])
            .typed(&[(0, flood), (1, b"!.")])
            // QEMU hands input on as the host lets it: on a busy one some seconds pass.
            .limit(8_000 * MILLISECOND)
            .run();
        assert_eq!(heard(&transcript, "echo"), "!.", "{}", transcript.all());
        let watcher = transcript.facts.observations.get(&2).copied().expect("its windows");
        assert!(watcher.count > 100 && watcher.lost == 0, "{}", transcript.all());
        watcher.late_max
    };
    let (quiet, flooded) = (run(b""), run(&[b'x'; 500]));
    assert!(flooded <= quiet, "{flooded} ns late instead of {quiet}");
}
