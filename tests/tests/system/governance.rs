//! Partitions that are stopped and started by another, schedules that change, and time that is given away: nobody else
//! is late, and nothing is lost.

use bulkhead_abi::{Hypercall, Mode};
use bulkhead_tests::witnesses::{FRAME, MIDDLE, assert_unaware, between_witnesses};
use bulkhead_tests::{MICROSECOND, MILLISECOND, System, Transcript, run_built, small};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    partitions_are_started_by_another_at_any_moment,
    a_thousand_restarts_by_another_are_seen_by_nobody,
    messages_stay_whole_when_another_starts_their_ends,
    schedules_change_between_frames_and_no_window_is_cut,
    partitions_start_again_as_schedules_begin,
    schedules_change_for_a_month,
    a_background_partition_has_the_time_that_nobody_uses,
    a_background_partition_that_governs_disturbs_nobody,
    a_module_that_starts_again_from_spare_time_disturbs_nobody,
    two_that_start_each_other_disturb_nobody,
    requests_at_every_instant_around_a_boundary_count_once,
}

/// How late a window may begin: the longest path.
const fn late_max(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => 1_000,
        Processor::Leon3 => 3_000,
    }
}

#[track_caller]
fn assert_kept(processor: Processor, transcript: &Transcript) {
    let observed = &transcript.facts.observations;
    let kept =
        |window: &bulkhead_tool::run::Observation| window.lost == 0 && window.late_max <= late_max(processor);
    assert!(!observed.is_empty() && observed.values().all(kept), "{observed:?}");
}

/// Partitions that are in the middle of whatever there is when their windows end: a timer's upcall, a fault's handler,
/// idling, a message, their own start, and their own start's preparation. One is told to start them, or stop them.
fn partitions_are_started_by_another_at_any_moment(processor: Processor) {
    let windows = 140;
    let roles = [
        ("upcalls", "adversary arming"),
        ("faults", "adversary fault-storm"),
        ("idles", "load idle"),
        ("spins", "adversary spin"),
        ("copies", "load write"),
    ];
    let part = 250 * MICROSECOND;
    let place = |number: u64| (MIDDLE.0 + number * part, part);
    let mut system = between_witnesses(processor, "commanded", windows);
    for (number, (name, command)) in (0..).zip(roles) {
        system = system.probe(name, command, &[place(number)]).memory("544 KiB");
    }
    let image = small::restarting_with(processor, "commanded-restarting", 300 << 10);
    let transcript = system
        .partition("starts", &image, "", &[place(5)])
        .probe("commander", "commander first=2 last=7 times=80 seed=5 idle", &[place(6)])
        .keys("system = true")
        .channel("kind = \"sampling\", refresh = \"1 s\"", 65_536, ("copies", "out"), &[("idles", "in")])
        .run();
    for witness in ["first", "last"] {
        assert_unaware(processor, &transcript, witness, windows);
    }
    assert_kept(processor, &transcript);
    let commanded = transcript.numbers("commander", "commander:");
    assert_eq!((commanded["commands"], commanded["wrong"]), (80, 0), "{}", transcript.all());
    assert_eq!(transcript.facts.ends["commander"], PartitionEnd::Halted(0), "{}", transcript.all());
    // All of them run in the end.
    for name in roles.map(|(name, _)| name).into_iter().chain(["starts"]) {
        assert_eq!(transcript.facts.ends[name], PartitionEnd::Running, "{name}: {}", transcript.all());
    }
}

/// Somebody whose messages are cut by the ends of its windows is started a thousand times, warm and cold, between two
/// witnesses, who see their windows; in each frame its start is done.
fn a_thousand_restarts_by_another_are_seen_by_nobody(processor: Processor) {
    let (part, frame, windows) = (40 * MICROSECOND, 240 * MICROSECOND, 1_900);
    let witness = |place: u64| {
        let start = place * part;
        (format!("witness frame={frame} start={start} duration={part} windows={windows}"), [(start, part)])
    };
    let ((first, first_window), (last, last_window)) = (witness(0), witness(3));
    let base = small::memory_base(processor);
    let send = small::calling_normally(processor, "restarted", Hypercall::QueuingSend, [0, base, 16 << 10]);
    let transcript = System::on(processor, "restarted", frame)
        .probe("first", &first, &first_window)
        .probe("last", &last, &last_window)
        .partition("restarted", &send, "", &[(part, part)])
        .memory("20 KiB")
        .probe("commander", "commander first=2 last=2 times=1000 seed=9", &[(2 * part, part)])
        .keys("system = true")
        .probe("receiver", "load receive", &[(4 * part, part)])
        .channel("kind = \"queuing\", depth = 2", 65_536, ("restarted", "out"), &[("receiver", "in")])
        .limit((windows + 20) * frame)
        .run();
    for witness in ["first", "last"] {
        assert_unaware(processor, &transcript, witness, windows as u32);
    }
    assert_kept(processor, &transcript);
    let commanded = transcript.numbers("commander", "commander:");
    assert_eq!((commanded["commands"], commanded["wrong"]), (1_000, 0), "{}", transcript.all());
    assert!(commanded["warm"] > 200, "{}", transcript.all());
    let restarts =
        transcript.of("kernel").iter().filter(|line| line.contains("restarted: starts again")).count();
    assert!(restarts > 900 || transcript.facts.lost.contains_key("restarted"), "{}", transcript.all());
}

/// A writer, or a reader, is started again at random by another while messages go from one to the other: none is
/// broken.
fn messages_stay_whole_when_another_starts_their_ends(processor: Processor) {
    let (long, part, gap) = (1_200 * MICROSECOND, 100 * MICROSECOND, 20 * MICROSECOND);
    for (name, number) in [("restarted-writer", 1), ("restarted-reader", 2)] {
        let (writer, reader) = if number == 1 { (long, part) } else { (part, long) };
        let frame = gap + writer + reader;
        let until = 260 * frame;
        let transcript = System::on(processor, name, frame)
            .probe(
                "commander",
                &format!("commander first={number} last={number} times=100 seed=9"),
                &[(0, gap)],
            )
            .keys("system = true")
            .probe("writer", &format!("writer until={until} restart=1000000"), &[(gap, writer)])
            .memory("544 KiB")
            .probe("reader", &format!("reader until={until} restart=1000000"), &[(gap + writer, reader)])
            .memory("544 KiB")
            .channel("kind = \"sampling\", refresh = \"1 s\"", 65_536, ("writer", "out"), &[("reader", "in")])
            .channel("kind = \"queuing\", depth = 2", 65_536, ("writer", "send"), &[("reader", "receive")])
            .region(
                "kept",
                "4 KiB",
                &[("reader", "access = \"read-write\""), ("writer", "access = \"read\"")],
            )
            .limit(until + 10 * frame)
            .run();
        assert_kept(processor, &transcript);
        let commanded = transcript.numbers("commander", "commander:");
        assert_eq!((commanded["commands"], commanded["wrong"]), (100, 0), "{}", transcript.all());
        assert!(!transcript.of("reader").iter().any(|line| line.contains("wrong:")), "{}", transcript.all());
        for name in ["writer", "reader"] {
            assert_eq!(transcript.facts.ends[name], PartitionEnd::Halted(0), "{}", transcript.all());
        }
        let read = transcript.numbers("reader", "reader:");
        assert!(read["wrong"] == 0 && read["whole"] > 20, "{}", transcript.all());
    }
}

/// A window of a schedule: who, from when, how long.
type Place = (&'static str, u64, u64);

/// A schedule: its frame, its windows, and what becomes of partitions.
type Plan = (u64, &'static [Place], &'static [(&'static str, &'static str)]);

/// Schedules that differ in all: the frame, its windows, and what becomes of partitions, in units of some time.
const PLANS: [Plan; 4] = [
    (
        500,
        &[
            ("watcher", 0, 80),
            ("changer", 80, 60),
            ("other", 140, 100),
            ("sometimes", 300, 50),
            ("again", 350, 30),
        ],
        &[("sometimes", "cold-restart"), ("other", "cold-restart")],
    ),
    (
        300,
        &[("other", 0, 60), ("watcher", 100, 40), ("changer", 140, 50), ("again", 190, 10)],
        &[("sometimes", "idle"), ("other", "warm-restart")],
    ),
    (
        1_100,
        &[
            ("sometimes", 0, 300),
            ("again", 400, 20),
            ("changer", 500, 60),
            ("watcher", 700, 200),
            ("other", 1_000, 50),
        ],
        &[("other", "cold-restart"), ("sometimes", "warm-restart")],
    ),
    (
        240,
        &[("again", 0, 90), ("changer", 90, 50), ("watcher", 150, 60)],
        &[("sometimes", "idle"), ("other", "idle"), ("again", "warm-restart")],
    ),
];

/// A system of [`PLANS`], with somebody who asks for them, and others who are in all schedules, in some, or start with
/// them.
fn changing(processor: Processor, name: &str, unit: u64, windows: u64, asks: &str) -> System {
    let places = PLANS.iter().enumerate().flat_map(|(number, (_, windows, _))| {
        let own = windows.iter().filter(|(partition, ..)| *partition == "watcher");
        own.map(move |(_, start, duration)| format!("{number}={}+{}", start * unit, duration * unit))
    });
    let places: Vec<String> = places.collect();
    let watcher = format!("watcher windows={windows} {}", places.join(" "));
    let mut system = System::scheduled(processor, name)
        .probe("watcher", &watcher, &[])
        .memory("544 KiB")
        .probe("changer", &format!("changer {asks} windows={}", windows + 5), &[])
        .memory("544 KiB")
        .keys("system = true")
        .probe("other", "adversary spin", &[])
        .memory("544 KiB")
        .probe("sometimes", "adversary arming", &[])
        .memory("544 KiB")
        .partition("again", &small::restarting_with(processor, "again", 0), "", &[])
        .memory("4 KiB");
    for (number, (frame, windows, changes)) in PLANS.iter().enumerate() {
        let windows: Vec<_> =
            windows.iter().map(|&(name, start, duration)| (name, start * unit, duration * unit)).collect();
        system = system.schedule(&format!("plan-{number}"), frame * unit, &windows, changes);
    }
    system
}

#[track_caller]
fn assert_changed(processor: Processor, transcript: &Transcript, windows: u64) {
    let changer = transcript.numbers("changer", "changer:");
    let watcher = transcript.numbers("watcher", "watcher:");
    assert_eq!((watcher["windows"], watcher["wrong"]), (windows, 0), "{}", transcript.all());
    assert_eq!(changer["wrong"], 0, "{}", transcript.all());
    assert!(watcher["changes"] * 2 > windows, "{}", transcript.all());
    assert!(watcher["late"].max(watcher["changed"]) < 2 * late_max(processor), "{}", transcript.all());
    assert!(watcher["early"] < 2_000, "{}", transcript.all());
    assert_kept(processor, transcript);
}

/// Requests without a pause; the last one counts.
fn schedules_change_between_frames_and_no_window_is_cut(processor: Processor) {
    let system =
        changing(processor, "changing", MICROSECOND, 400, "flood seed=3").limit(500 * MILLISECOND).exact();
    let transcript = system.run();
    assert_changed(processor, &transcript, 400);
    // QEMU's LEON3 is exact to a few steps of its timer: rarely a start is one later, and the next one earlier.
    let tolerance = if processor == Processor::Leon3 { MICROSECOND } else { 0 };
    let again = system.run();
    for ((speaker, line), (other, repeated)) in transcript.lines.iter().zip(&again.lines) {
        let are_near = |(one, two): (&str, &str)| match (one.parse::<u64>(), two.parse::<u64>()) {
            (Ok(one), Ok(two)) => one.abs_diff(two) <= tolerance,
            _ => one == two,
        };
        let mut words = line.split(' ').zip(repeated.split(' '));
        let is_same = speaker == other && line.split(' ').count() == repeated.split(' ').count();
        assert!(is_same && words.all(are_near), "{line}: {repeated}");
    }
    // Behind them, so that the first difference is told.
    assert_eq!(transcript.lines.len(), again.lines.len(), "{:?} {:?}", transcript.ending, again.ending);
}

/// A schedule begins where the last frame of the one before ends; who starts with it starts with its next window.
fn partitions_start_again_as_schedules_begin(processor: Processor) {
    let unit = 40 * MICROSECOND;
    let frames = [100 * unit, 150 * unit, 70 * unit];
    let mut system = System::scheduled(processor, "schedule-actions")
        .probe("changer", "changer round windows=12", &[])
        .keys("system = true")
        .probe("victim", "adversary victim kind=1 at=99", &[])
        .memory("544 KiB")
        .limit(20 * frames[1]);
    for (number, (frame, action)) in
        frames.into_iter().zip(["keep", "warm-restart", "cold-restart"]).enumerate()
    {
        let windows = [("changer", 0, 10 * unit), ("victim", 15 * unit, 50 * unit)];
        system = system.schedule(&format!("plan-{number}"), frame, &windows, &[("victim", action)]);
    }
    let transcript = system.run();
    assert_eq!(transcript.numbers("changer", "changer:")["wrong"], 0, "{}", transcript.all());
    let begun: Vec<(usize, u64)> = transcript
        .of("kernel")
        .iter()
        .filter_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let ["schedule", number, "begins", "at", time, ..] = words[..] else { return None };
            Some((number.strip_prefix("plan-")?.parse().ok()?, time.parse().ok()?))
        })
        .collect();
    assert!(begun.len() >= 11, "{}", transcript.all());
    let mut start = 0;
    for (turn, &(number, time)) in begun.iter().enumerate() {
        start += frames[turn % 3];
        assert_eq!((number, time), ((turn + 1) % 3, start), "{}", transcript.all());
    }
    let restarted = transcript.of("kernel").into_iter().filter_map(|line| {
        let (how, time) = line.strip_prefix("partition victim: starts again (")?.split_once(") at ")?;
        Some((how, time.split(' ').next()?.parse::<u64>().ok()?))
    });
    let starts = begun.iter().filter(|(number, _)| *number != 0);
    for ((how, time), (number, start)) in restarted.zip(starts) {
        assert_eq!(how, ["", "warm", "cold"][*number], "{}", transcript.all());
        let late = time - (start + 15 * unit);
        assert!(late < late_max(processor), "{late}: {}", transcript.all());
    }
    let said: Vec<&str> = transcript.of("victim");
    let expected = ["0 reason 0 kept 0", "1 reason 2 kept 1", "2 reason 1 kept 0", "3 reason 2 kept 1"];
    for (line, words) in said.iter().zip(expected) {
        assert_eq!(*line, format!("victim: start {words}"), "{}", transcript.all());
    }
    assert!(said.len() >= 8, "{}", transcript.all());
}

/// Somebody who watches so many windows in schedules of an hour and of half an hour, by turns.
fn long_schedules(processor: Processor, name: &str, hour: u64, windows: u64) -> System {
    let places = ["0=100000+200000", "1=1799000000000+200000"].join(" ");
    System::scheduled(processor, name)
        .probe("watcher", &format!("watcher windows={windows} {places}"), &[])
        .probe("changer", "changer round", &[])
        .keys("system = true")
        .schedule(
            "long",
            hour,
            &[("watcher", 100 * MICROSECOND, 200 * MICROSECOND), ("changer", MILLISECOND, 100 * MICROSECOND)],
            &[],
        )
        .schedule(
            "short",
            hour / 2,
            &[
                ("changer", MILLISECOND, 100 * MICROSECOND),
                ("watcher", hour / 2 - 1_000 * MILLISECOND, 200 * MICROSECOND),
            ],
            &[],
        )
}

#[track_caller]
fn assert_long(processor: Processor, transcript: &Transcript, windows: u64) {
    let watcher = transcript.numbers("watcher", "watcher:");
    assert_eq!((watcher["windows"], watcher["wrong"]), (windows, 0), "{}", transcript.all());
    assert!(watcher["changes"] + 3 > windows, "{}", transcript.all());
    assert_kept(processor, transcript);
}

/// Schedules of an hour and half an hour by turns for a month. With QEMU's PC so much virtual time takes far longer
/// than with its LEON3, perhaps because the PC has a timer that goes on by itself; there the clock begins as after a
/// month, and other schedules besides.
fn schedules_change_for_a_month(processor: Processor) {
    let hour = 3_600_000 * MILLISECOND;
    if processor == Processor::Leon3 {
        let windows = 960;
        let system = long_schedules(processor, "month", hour, windows);
        let transcript = system.limit(windows * hour * 3 / 4 + 4 * hour).run();
        assert_long(processor, &transcript, windows);
        return;
    }
    let system = long_schedules(processor, "behind-a-month", hour, 2);
    let mut options = system.options().clone();
    let uptime = 30 * 24 * hour - hour / 60;
    let words = format!("uptime={uptime} for={}", uptime + 3 * hour + hour / 4);
    options.qemu_arguments.extend(["-append".to_owned(), words]);
    let mut transcript = run_built(&system.build(), &options);
    transcript.facts.observations.values_mut().for_each(|window| window.lost = 0);
    assert_long(processor, &transcript, 2);

    let system = changing(processor, "month", MICROSECOND, 300, "flood seed=7");
    let built = system.build();
    for days in [30u64, 10_000] {
        let uptime = days * 24 * hour;
        let mut options = system.options().clone();
        let words = format!("uptime={uptime} for={}", uptime + 400 * MILLISECOND);
        options.qemu_arguments.extend(["-append".to_owned(), words]);
        let mut transcript = run_built(&built, &options);
        // Those of the first schedule before the clock began; and it may begin in the middle of one.
        let observed = &mut transcript.facts.observations;
        observed.values_mut().for_each(|window| window.lost = 0);
        if let Some(first) = observed.values_mut().find(|window| window.late_max > late_max(processor)) {
            first.late_max = first.late_min;
        }
        assert_changed(processor, &transcript, 300);
    }
}

/// With somebody who idles and with time between windows; who has the time does what it likes with it.
fn a_background_partition_has_the_time_that_nobody_uses(processor: Processor) {
    let windows = 30;
    let run = |name: &str, command: &str, keys: &str| {
        let own = (4 * MILLISECOND, 100 * MICROSECOND);
        let transcript = between_witnesses(processor, name, windows)
            .probe("idle", "load idle-timer", &[MIDDLE])
            .probe("background", command, &[own])
            .keys(keys)
            .memory("544 KiB")
            .run();
        for witness in ["first", "last"] {
            assert_unaware(processor, &transcript, witness, windows);
        }
        assert_kept(processor, &transcript);
        transcript
    };
    let until = u64::from(windows) * FRAME;
    let spender = format!("spender until={until}");
    let without = run("background-without", &spender, "");
    let with = run("background", &spender, "background = true");
    let time = |transcript: &Transcript| transcript.numbers("background", "spender:")["time"];
    // Its own windows before; then all of two windows and a gap, but for switches.
    let free = u64::from(windows) * 3 * MILLISECOND;
    assert!(time(&without) < u64::from(windows) * 100 * MICROSECOND, "{}", without.all());
    assert!(time(&with) > free * 9 / 10 && time(&with) < free, "{} of {free}: {}", time(&with), with.all());
    for (name, command) in [
        ("background-storm", format!("adversary governance-storm for={until}")),
        ("background-faults", "adversary fault-storm".to_owned()),
        ("background-upcalls", "adversary arming".to_owned()),
        ("background-restarts", "adversary restart".to_owned()),
    ] {
        let transcript = run(name, &command, "background = true");
        assert_ne!(transcript.ending, Ending::Internal, "{}", transcript.all());
    }
}

/// In the time that others give up, and that between windows, it starts and stops just those, and itself.
fn a_background_partition_that_governs_disturbs_nobody(processor: Processor) {
    let (windows, part) = (140, 400 * MICROSECOND);
    let place = |number: u64| [(MIDDLE.0 + number * part, part)];
    let image = small::restarting_with(processor, "governed-restarting", 300 << 10);
    let transcript = between_witnesses(processor, "background-governs", windows)
        .probe("idles", "load idle-timer", &place(0))
        .memory("544 KiB")
        .probe("sleeps", "load idle", &place(1))
        .memory("544 KiB")
        .probe("copies", "load write", &place(2))
        .memory("544 KiB")
        .partition("starts", &image, "", &place(3))
        .probe("commander", "commander first=2 last=5 times=160 seed=8 idle", &place(4))
        .keys("system = true\nbackground = true")
        .channel("kind = \"sampling\", refresh = \"1 s\"", 65_536, ("copies", "out"), &[("idles", "in")])
        .run();
    for witness in ["first", "last"] {
        assert_unaware(processor, &transcript, witness, windows);
    }
    assert_kept(processor, &transcript);
    let commanded = transcript.numbers("commander", "commander:");
    assert_eq!((commanded["commands"], commanded["wrong"]), (160, 0), "{}", transcript.all());
    for name in ["idles", "sleeps", "copies", "starts"] {
        assert_eq!(transcript.facts.ends[name], PartitionEnd::Running, "{name}: {}", transcript.all());
    }
}

/// The background partition has no window of its own; a fault there has everything start again, in the middle of what
/// another has given up.
fn a_module_that_starts_again_from_spare_time_disturbs_nobody(processor: Processor) {
    let (frame, part) = (MILLISECOND, 300 * MICROSECOND);
    let image = small::faulting(processor, "spare-faulting");
    let transcript = System::on(processor, "spare-module", frame)
        .probe("idle", "load idle-timer", &[(0, part)])
        .probe("spins", "adversary spin", &[(part, part)])
        .partition("background", &image, "", &[])
        .memory("4 KiB")
        .keys("background = true\nhealth = { memory-violation = \"restart-module\" }")
        .limit(60 * frame)
        .run();
    assert_kept(processor, &transcript);
    let restarts = &transcript.facts.restarts;
    assert!(restarts["background"] > 10, "{}", transcript.all());
    assert_eq!(restarts["idle"], restarts["background"], "{}", transcript.all());
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
}

/// Each starts the other one as often as it can.
fn two_that_start_each_other_disturb_nobody(processor: Processor) {
    let (windows, half) = (30, MIDDLE.1 / 2);
    let commanding = |name: &str, other: u32, mode: Mode| {
        small::calling(processor, name, (Hypercall::PartitionControl, [other, mode as u32, 0]), 0)
    };
    for (name, mode) in [("war-cold", Mode::ColdStart), ("war-warm", Mode::WarmStart)] {
        let transcript = between_witnesses(processor, name, windows)
            .partition("one", &commanding("war-one", 3, mode), "", &[(MIDDLE.0, half)])
            .memory("4 KiB")
            .keys("system = true")
            .partition("other", &commanding("war-other", 2, mode), "", &[(MIDDLE.0 + half, half)])
            .memory("4 KiB")
            .keys("system = true")
            .run();
        for witness in ["first", "last"] {
            assert_unaware(processor, &transcript, witness, windows);
        }
        assert_kept(processor, &transcript);
        for name in ["one", "other"] {
            let known = transcript.facts.restarts[name] + transcript.facts.lost[name];
            assert!(known > 10_000, "{known}: {}", transcript.all());
            assert_eq!(transcript.facts.ends[name], PartitionEnd::Running, "{}", transcript.all());
        }
    }
}

/// The window in which schedules are asked for ends with the frame: what is asked for until then runs in the next one,
/// what comes later in the one behind that.
fn requests_at_every_instant_around_a_boundary_count_once(processor: Processor) {
    let windows = 3_000;
    let mut system = System::scheduled(processor, "brink")
        .probe("changer", &format!("changer brink seed=4 windows={windows}"), &[])
        .keys("system = true")
        .limit(3 * windows * 40 * MICROSECOND);
    for (number, frame) in [20, 29, 40].into_iter().enumerate() {
        let frame = frame * MICROSECOND;
        let windows = [("changer", frame - 15 * MICROSECOND, 15 * MICROSECOND)];
        system = system.schedule(&format!("plan-{number}"), frame, &windows, &[]);
    }
    let transcript = system.run();
    let changer = transcript.numbers("changer", "changer:");
    assert_eq!((changer["windows"], changer["wrong"]), (windows, 0), "{}", transcript.all());
    assert!(changer["before"] > windows / 4 && changer["behind"] > windows / 4, "{changer:?}");
    assert_kept(processor, &transcript);
}
