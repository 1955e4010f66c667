//! Windows: when they begin and end, over many frames, and registers across them.

use bulkhead_tests::{MICROSECOND, MILLISECOND, System, run_built, small};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_thousand_frames_do_not_drift,
    days_make_no_sample_older,
    several_windows_of_a_frame_and_gaps_are_kept,
    registers_are_each_partitions_own,
    the_same_run_gives_the_same_transcript,
    a_frame_of_half_a_minute_is_kept,
    no_window_is_lost_however_short,
    a_limit_ends_the_system_whatever_is_scheduled,
}

/// How late a window may begin, in nanoseconds: what a switch takes.
const fn late_max(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => 500,
        Processor::Leon3 => 1_500,
    }
}

fn a_thousand_frames_do_not_drift(processor: Processor) {
    let frame = 500 * MICROSECOND;
    let (start, duration) = (50 * MICROSECOND, 60 * MICROSECOND);
    let command_line = format!("witness frame={frame} start={start} duration={duration} windows=1000");
    let transcript = System::on(processor, "frames", frame)
        .probe("witness", &command_line, &[(start, duration)])
        .probe("other", "adversary spin", &[(120 * MICROSECOND, 300 * MICROSECOND)])
        .limit(1_010 * frame)
        .run();
    let seen = transcript.numbers("witness", "witness:");
    assert_eq!((seen["windows"], seen["wrong"]), (1_000, 0), "{}", transcript.all());
    assert_eq!(seen["until"], seen["frames"] + 999, "{}", transcript.all());
    // The thousandth frame is as late as the first: within the jitter of one switch.
    assert!(seen["to"] < 2 * late_max(processor), "{}", transcript.all());
    let observed = &transcript.facts.observations[&0];
    assert!(observed.count >= 1_000 && observed.late_max < late_max(processor), "{observed:?}");
}

/// The clock can begin as after so many days (`uptime` on the kernel's command line): windows, timers and lateness are
/// the same.
#[test]
fn days_make_no_difference() {
    let (frame, start, duration) = (MILLISECOND, 100 * MICROSECOND, 400 * MICROSECOND);
    let witness = format!("witness frame={frame} start={start} duration={duration} windows=40");
    let system = System::new("days", frame).probe("witness", &witness, &[(start, duration)]).probe(
        "timers",
        "adversary timers",
        &[(600 * MICROSECOND, 300 * MICROSECOND)],
    );
    let built = system.build();
    for days in [0u64, 1, 10, 100, 10_000] {
        let uptime = days * 86_400_000 * MILLISECOND;
        let mut options = system.options().clone();
        let words = format!("uptime={uptime} for={}", uptime + 100 * frame);
        options.qemu_arguments.extend(["-append".to_owned(), words]);
        let transcript = run_built(&built, &options);
        let context = || format!("{days} days: {}", transcript.all());
        let seen = transcript.numbers("witness", "witness:");
        assert_eq!((seen["windows"], seen["wrong"]), (40, 0), "{}", context());
        // The factor by which it is taken to time stamps is right to 31 bits.
        assert!(seen["frames"] + ((uptime / frame) >> 30) + 1 >= uptime / frame, "{}", context());
        assert!(seen["to"] < 2 * late_max(Processor::X86_64) && seen["early"] < 300, "{}", context());
        crate::attacks::assert_finished(&transcript, "timers", "timers", 105);
    }
}

/// Samples are as old as they are, however long the system has been running; a LEON3 begins at 0.
fn days_make_no_sample_older(processor: Processor) {
    let frame = MILLISECOND;
    let (written, read) = ((0, 300 * MICROSECOND), (600 * MICROSECOND, 300 * MICROSECOND));
    let system = System::on(processor, "ages", frame)
        .probe("writer", "adversary ages", &[written])
        .probe("reader", "adversary ages age=1000000", &[read])
        .channel("kind = \"sampling\", refresh = \"1 ms\"", 64, ("writer", "valid"), &[("reader", "valid")])
        .channel(
            "kind = \"sampling\", refresh = \"250 us\"",
            64,
            ("writer", "stale"),
            &[("reader", "stale")],
        );
    let built = system.build();
    let days: &[u64] = if processor == Processor::X86_64 { &[0, 1, 100, 10_000, 50_000] } else { &[0] };
    for days in days {
        let uptime = days * 86_400_000 * MILLISECOND;
        let mut options = system.options().clone();
        if *days != 0 {
            let words = format!("uptime={uptime} for={}", uptime + 100 * frame);
            options.qemu_arguments.extend(["-append".to_owned(), words]);
        }
        let transcript = run_built(&built, &options);
        crate::attacks::assert_finished(&transcript, "reader", "ages", 80);
    }
}

fn several_windows_of_a_frame_and_gaps_are_kept(processor: Processor) {
    let frame = 2 * MILLISECOND;
    let windows = [(100, 200), (300, 100), (700, 300), (1_900, 100)]
        .map(|(start, duration): (u64, u64)| (start * MICROSECOND, duration * MICROSECOND));
    let [first, second, third, fourth] = windows;
    let transcript = System::on(processor, "windows", frame)
        .probe("a", "adversary spin", &[first, third])
        .probe("b", "adversary spin", &[second, fourth])
        .limit(20 * frame)
        .run();
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
    for (number, observed) in &transcript.facts.observations {
        assert_eq!(observed.count, 20, "window {number}: {observed:?}");
        assert!(observed.late_max < late_max(processor), "window {number}: {observed:?}");
    }
    assert_eq!(transcript.facts.system_time.map(|time| time / frame), Some(20));
}

fn registers_are_each_partitions_own(processor: Processor) {
    let frame = MILLISECOND;
    let state = |seed: u32| format!("adversary state seed={seed} for={}", 30 * MILLISECOND);
    let transcript = System::on(processor, "registers", frame)
        .probe("a", &state(17), &[(0, 300 * MICROSECOND)])
        .probe("b", &state(99), &[(300 * MICROSECOND, 400 * MICROSECOND)])
        .probe("c", &state(5), &[(800 * MICROSECOND, 200 * MICROSECOND)])
        .limit(200 * frame)
        .run();
    for name in ["a", "b", "c"] {
        let line = transcript.of(name).join("\n");
        let words: Vec<&str> = line.split(' ').collect();
        assert!(matches!(words[..], ["adversary:", "state", good, "of", tried] if good == tried), "{line}");
    }
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

fn the_same_run_gives_the_same_transcript(processor: Processor) {
    let frame = MILLISECOND;
    let system = System::on(processor, "repeat", frame)
        .probe("a", &format!("adversary storm for={}", 5 * MILLISECOND), &[(0, 500 * MICROSECOND)])
        .probe("b", "adversary instructions", &[(500 * MICROSECOND, 500 * MICROSECOND)])
        .limit(20 * frame);
    let first = system.run();
    assert_eq!(first.lines, system.run().lines);
    assert!(first.lines.len() > 10, "{}", first.all());
}

/// Longer than the timer can count: it must be asked again on the way.
fn a_frame_of_half_a_minute_is_kept(processor: Processor) {
    let second = 1_000 * MILLISECOND;
    let transcript = System::on(processor, "long-frame", 30 * second)
        .probe("late", "adversary spin", &[(25 * second, MILLISECOND)])
        .limit(60 * second)
        .run();
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
    let observed = &transcript.facts.observations[&0];
    assert!(observed.count == 2 && observed.late_max < late_max(processor), "{observed:?}");
}

/// 128 of the shortest windows each for one partition that keeps the kernel's longest paths busy and for its neighbour.
fn no_window_is_lost_however_short(processor: Processor) {
    let shortest = u64::from(processor.board().window_min);
    let windows = |first: u64| -> Vec<(u64, u64)> {
        (0..128).map(|number| ((2 * number + first) * shortest, shortest)).collect()
    };
    let frame = 256 * shortest;
    let transcript = System::on(processor, "shortest", frame)
        .partition("restarting", &small::restarting(processor), "", &windows(0))
        .memory("4 KiB")
        .probe("neighbour", "load nothing", &windows(1))
        .limit(40 * frame)
        .run();
    let observed = &transcript.facts.observations;
    assert_eq!(observed.len(), 256);
    assert!(observed.values().all(|window| (window.count, window.lost) == (40, 0)), "{}", transcript.all());
}

/// As long as a frame may be, for four days: the clock, a counter of 32 bits, runs round eight times in each.
#[test]
fn frames_of_an_hour_are_kept_for_days_on_leon3() {
    let frame = 3_600_000 * MILLISECOND;
    let (start, duration) = (frame - 10 * MILLISECOND, 200 * MICROSECOND);
    let witness = format!("witness frame={frame} start={start} duration={duration} windows=96");
    let transcript = System::on(Processor::Leon3, "hours", frame)
        .probe("witness", &witness, &[(start, duration)])
        .limit(100 * frame)
        .run();
    let seen = transcript.numbers("witness", "witness:");
    assert_eq!((seen["windows"], seen["wrong"]), (96, 0), "{}", transcript.all());
    assert_eq!(seen["until"], seen["frames"] + 95, "{}", transcript.all());
    assert!(seen["to"] < 2 * late_max(Processor::Leon3), "{}", transcript.all());
}

/// In a gap of many seconds, and in the middle of a window that is as long.
fn a_limit_ends_the_system_whatever_is_scheduled(processor: Processor) {
    let second = 1_000 * MILLISECOND;
    for (name, duration, limit) in
        [("limit-in-gap", MILLISECOND, 7 * second), ("limit-in-window", 30 * second, 20 * MILLISECOND)]
    {
        let transcript = System::on(processor, name, 30 * second)
            .probe("only", "adversary spin", &[(0, duration)])
            .limit(limit)
            .run();
        assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
        let time = transcript.facts.system_time.expect("the time of the end");
        assert!((limit..limit + MILLISECOND).contains(&time), "{name}: {time}, {}", transcript.all());
    }
}
