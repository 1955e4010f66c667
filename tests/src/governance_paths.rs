//! The paths about errors, modes, schedules and the background partition, where they are longest: 32 partitions, and
//! every action at each change of the schedule.

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{HealthError, Hypercall};
use bulkhead_tool::system_file::Processor;

use crate::paths::{FRAMES, Kind, LONGEST, Load, Path, Rest, STEP, once, path, probe, run};
use crate::{MICROSECOND, System, small};

/// Every path of this kind, with its budget.
pub(crate) const PATHS: [Path; 11] = [
    path("late by raising an error", (700, 1600), &["raise", "raise-stop"]),
    path("late by serving a watchdog, being normal", (500, 1200), &["serve", "set-mode"]),
    path("late by a watchdog's expiry", (700, 2000), &["watch", "watch-handler"]),
    path("late by a restart by the health monitor", LONGEST, &["raise-restart", "fault-again"]),
    path("late by a step of a start: checking, copying, clearing", LONGEST, &["whole"]),
    path("late by stopping or starting a partition", (1000, 2000), &["control", "control-self"]),
    path("late by describing a partition", (600, 2000), &["partition-describe"]),
    path("late by asking for a schedule or about one", (600, 2000), &["schedule-set", "schedule-describe"]),
    path("late by reading the log", (700, 2000), &["health-read"]),
    path("late by a change of the schedule, all restarting", LONGEST, &["change"]),
    path("late by giving time away and taking it back", LONGEST, &["give", "idle-timer"]),
];

/// A restart budget that is never exceeded.
const ALWAYS: &str = "restarts = 16, restart-period = \"1 ns\"";

fn small(path: &'static str, image: std::path::PathBuf, keys: String) -> Load {
    Load { path, name: format!("{path:-<30}"), kind: Kind::Image(image, 4), keys }
}

/// The latest starts after each load of this kind.
pub(crate) fn latest(processor: Processor) -> Vec<(&'static str, u64)> {
    let mut latest = run(processor, "paths-governance", &calls(processor), STEP, FRAMES, &Rest::NONE);
    latest.extend(run(processor, "paths-watchdog", &watchdogs(), STEP, 2 * FRAMES, &Rest::NONE));
    let stops: Vec<Load> = (0..30)
        .map(|number| {
            let load = once("raise-stop", number);
            Load { keys: "health = { application-error = \"idle\" }".to_owned(), ..load }
        })
        .collect();
    latest.extend(run(processor, "paths-raise-stop", &stops, STEP, 6, &Rest::NONE));
    latest.extend(background(processor));
    latest.push(("change", change(processor)));
    latest
}

fn calls(processor: Processor) -> Vec<Load> {
    let own = |path: &'static str, keys: &str| probe(path, path, path, keys);
    let error = HealthError::Application as u32;
    let raising = small::calling(processor, "raising", (Hypercall::RaiseError, [error, 0, 0]), 0);
    // The watcher has number 0, and `control-self` number 5.
    let starting = small::calling(processor, "starting", (Hypercall::PartitionControl, [5, 1, 0]), 0);
    let faulting = small::faulting(processor, "faulting");
    // Images that end out of line, with memory behind them, are checked, copied and cleared.
    let whole = |name: &'static str, warm: u32| {
        let image = small::calling(processor, name, (Hypercall::Restart, [warm, 0, 0]), 60_001);
        Load {
            path: "whole",
            name: format!("{name:-<30}"),
            kind: Kind::Image(image, 512),
            keys: String::new(),
        }
    };
    vec![
        whole("whole-cold", 0),
        whole("whole-warm", 1),
        small(
            "raise-restart",
            raising,
            format!("health = {{ application-error = \"warm-restart\", {ALWAYS} }}"),
        ),
        small(
            "fault-again",
            faulting,
            format!("health = {{ memory-violation = \"cold-restart\", {ALWAYS} }}"),
        ),
        small("control-self", starting, String::new()),
        probe("control", "control", "control of=5", "system = true"),
        own("raise", ""),
        own("set-mode", ""),
        own("serve", "watchdog = \"1 s\""),
        own("partition-describe", "system = true"),
        own("schedule-set", "system = true"),
        own("schedule-describe", ""),
        probe("schedule-describe", "schedule-status", "schedule-status", ""),
        probe("health-read", "health-read", "health-read of=7", "system = true"),
    ]
}

/// A watchdog is anew so long after it has expired: its expiry comes at all moments around the end of a window.
fn watchdogs() -> Vec<Load> {
    let window = STEP.load;
    let mut loads = Vec::new();
    for number in 0..8 {
        for (path, response) in
            [("watch", "\"log\""), ("watch-handler", "{ action = \"idle\", deliver = true }")]
        {
            let keys = format!(
                "watchdog = \"{} ns\"\nhealth = {{ watchdog = {response} }}",
                window - 90 * number - 11
            );
            let command = if path == "watch" { "watch" } else { "watch handler" };
            loads.push(probe(path, &format!("{path}-{number}"), command, &keys));
        }
    }
    loads.truncate(16);
    loads
}

/// Idling partitions, whose time one has that only calls, or starts again and again.
fn background(processor: Processor) -> Vec<(&'static str, u64)> {
    let loads = || {
        let mut loads: Vec<Load> =
            (0..4).map(|number| probe("give", &format!("idle-{number}"), "idle", "")).collect();
        loads.extend((0..4).map(|number| probe("idle-timer", &format!("timer-{number}"), "idle-timer", "")));
        loads
    };
    let time = 4 * MICROSECOND;
    let calling = |system: System, start: u64| {
        system.probe("background", "load print-always", &[(start, 4 * MICROSECOND)]).keys("background = true")
    };
    let mut latest = run(processor, "paths-background", &loads(), STEP, FRAMES, &Rest { time, add: calling });
    let starting: fn(System, u64) -> System = match processor {
        Processor::X86_64 => |system, start| restarting(Processor::X86_64, system, start),
        Processor::Leon3 => |system, start| restarting(Processor::Leon3, system, start),
    };
    latest.extend(run(processor, "paths-restarted", &loads(), STEP, FRAMES, &Rest { time, add: starting }));
    latest
}

fn restarting(processor: Processor, system: System, start: u64) -> System {
    let image = small::calling(processor, "restarting-cold", (Hypercall::Restart, [0; 3]), 900 << 10);
    system.partition("background", &image, "", &[(start, 4 * MICROSECOND)]).keys("background = true")
}

/// How late the second window of a frame begins at the most with which another schedule does, and 31 partitions start
/// again: the first window is as short as it may be, or a little longer.
fn change(processor: Processor) -> u64 {
    const SCHEDULES: u64 = 16;
    let shortest = u64::from(processor.board().window_min);
    let apart = if processor == Processor::X86_64 { 37 } else { 100 };
    let (first, watch, changer) = (shortest + SCHEDULES * apart, 7 * MICROSECOND, 40 * MICROSECOND);
    let others: Vec<String> = (3..PARTITIONS_MAX).map(|number| format!("other-{number}")).collect();
    let image = small::restarting_with(processor, "change-other", 0);
    let frame = first + watch + changer + others.len() as u64 * shortest;
    let mut system = System::scheduled(processor, "paths-change")
        .limit(400 * frame)
        .partition("first", &image, "", &[])
        .memory("4 KiB")
        .probe("watcher", "load nothing", &[])
        .probe("changer", "changer round", &[])
        .keys("system = true");
    for other in &others {
        system = system.partition(other, &image, "", &[]).memory("4 KiB");
    }
    let actions = ["cold-restart", "warm-restart", "keep"];
    for number in 0..SCHEDULES {
        let begin = shortest + number * apart;
        let mut windows =
            vec![("first", 0, begin), ("watcher", begin, watch), ("changer", begin + watch, changer)];
        let few = others.iter().enumerate().take(13).map(|(place, name)| {
            (name.as_str(), first + watch + changer + place as u64 * shortest, shortest)
        });
        windows.extend(few);
        let mut at_change = vec![("first", actions[number as usize % 2])];
        for (place, other) in others.iter().enumerate() {
            let action = if place < 13 { actions[(place + number as usize) % 3] } else { "idle" };
            at_change.push((other, action));
        }
        system = system.schedule(&format!("schedule-{number}"), frame, &windows, &at_change);
    }
    let transcript = system.run();
    let of = |place: usize| transcript.facts.observations.get(&place).copied();
    let windows = 16;
    let late = (0..SCHEDULES as usize).map(|number| {
        let observed = of(number * windows + 1).unwrap_or_else(|| panic!("{}", transcript.all()));
        assert!(observed.count > 10 && observed.lost == 0, "{}", transcript.all());
        observed.late_max
    });
    let step = if processor == Processor::Leon3 { 100 } else { 0 };
    late.max().unwrap_or(u64::MAX) + step
}
