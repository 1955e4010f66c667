//! The kernel's paths: how late each lets a window begin, in executed instructions.
//!
//! One partition takes a path when its window is about to end, and the window behind it is the watcher's; the kernel
//! reports how late it has noticed that window at the most. So every figure is of the worst moment: a path that has
//! just begun when the alarm for the window's end comes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

use bulkhead_tool::run::PartitionEnd;
use bulkhead_tool::system_file::Processor;

use crate::costs::Cost;
use crate::debugger::{Symbols, run_with};
use crate::{MICROSECOND, MILLISECOND, System, device_paths, governance_paths, message_paths, small};

/// A path: what it is in the table, what a window may begin late by it on x86-64 and on LEON3, and the loads that take
/// it.
pub(crate) struct Path {
    what: &'static str,
    budget: (u64, u64),
    loads: &'static [&'static str],
}

pub(crate) const fn path(what: &'static str, budget: (u64, u64), loads: &'static [&'static str]) -> Path {
    Path { what, budget, loads }
}

/// Every path that a guest, a device or time can make the kernel take while there are windows.
const PATHS: [Path; 26] = [
    path("late by nothing but the switch", (350, 900), &["nothing"]),
    path("late by a call that does nothing", (350, 900), &["null"]),
    path("late by a call that is refused", (400, 1000), &["unknown", "bad", "read"]),
    path("late by reading the time", (300, 900), &["clock"]),
    path("late by reading the status", (400, 1200), &["status"]),
    path("late by arming the timer", (400, 1000), &["timer"]),
    path("late by setting the TLS base", (350, 1000), &["tls"]),
    path("late by setting the upcalls", (350, 1000), &["upcalls"]),
    path("late by printing 16 bytes", (550, 1300), &["print", "escapes", "print-always"]),
    path("late by input that comes and is read", (450, 1200), &["input"]),
    path("late by idling", (350, 900), &["idle"]),
    path("late by a timer's expiry to the guest", (300, 900), &["expiry"]),
    path("late by a fault to the guest's handler", (500, 1100), &["fault"]),
    path("late by a fault that stops the partition", (600, 1400), &["stop"]),
    path("late by halting", (400, 1200), &["halt"]),
    path("late by restarting, a fault before it", LONGEST, &["restart", "fault-restart"]),
    path("late by a step of clearing or copying at a restart", LONGEST, &["clear", "copy"]),
    path(
        "late by writing a message that 30 partitions are told of",
        LONGEST,
        &["write", "write-odd", "write-short"],
    ),
    path("late by sending a message", LONGEST, &["send"]),
    path("late by reading or receiving a message", LONGEST, &["read-message", "receive"]),
    path("late by a message that is not in line", LONGEST, &["send-odd", "read-odd", "receive-odd"]),
    path("late by clearing a queue", (400, 1200), &["clear-queue"]),
    path(
        "late by describing a port or a region",
        (600, 2000),
        &["port-status", "port-describe", "region-describe"],
    ),
    path("late by a doorbell that 31 partitions hear", (900, 2200), &["doorbell"]),
    path("late by a restart that empties 64 queues", (850, 2500), &["empty"]),
    path("late by a step of sending events", (300, 600), &["drain"]),
];

/// The budgets of the longest paths, from which the shortest window follows.
pub(crate) const LONGEST: (u64, u64) = (1_000, 3_000);

/// How long the window of a load is, the time of nobody's behind it, and the watcher's window, in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) load: u64,
    pub(crate) gap: u64,
    pub(crate) watch: u64,
}

pub(crate) const STEP: Step = Step { load: 23 * MICROSECOND, gap: 0, watch: 7 * MICROSECOND };

/// What a system has besides loads and watcher: some time at the end of the frame, and what is in it.
pub(crate) struct Rest {
    pub(crate) time: u64,
    pub(crate) add: fn(System, u64) -> System,
}

impl Rest {
    pub(crate) const NONE: Self = Self { time: 0, add: |system, _| system };
}

/// Frames in which moments are tried.
pub(crate) const FRAMES: u64 = 300;

/// A partition that takes a path, with more keys of the system file.
pub(crate) struct Load {
    pub(crate) path: &'static str,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) keys: String,
}

pub(crate) enum Kind {
    /// The probe does what stands on its command line.
    Probe(String),
    /// An image, with memory of so many KiB.
    Image(PathBuf, u32),
}

/// A load of the probe, with more keys of the system file.
pub(crate) fn probe(path: &'static str, name: &str, command: &str, keys: &str) -> Load {
    Load { path, name: name.to_owned(), kind: Kind::Probe(command.to_owned()), keys: keys.to_owned() }
}

/// Loads of the probe that are called as they are asked for.
fn probes(paths: &[&'static str]) -> Vec<Load> {
    paths.iter().map(|path| probe(path, path, path, "")).collect()
}

/// A load of a few instructions, with a name as long as names can be: that is among what the kernel sends.
fn restarting(processor: Processor, path: &'static str, size: usize, memory: u32) -> Load {
    let name = format!("{path:-<30}");
    let image = small::restarting_with(processor, &name, size);
    Load { path, name, kind: Kind::Image(image, memory), keys: String::new() }
}

/// One try of a path that a partition takes once. The first moments are too early to be late.
pub(crate) fn once(path: &'static str, number: u32) -> Load {
    let number = number + 14;
    probe(path, &format!("{path}-{number}"), &format!("{path} try={number}"), "")
}

/// Measures every path, and the report at the end.
///
/// # Panics
/// If a system cannot be built or does not report.
#[must_use]
pub fn measure(processor: Processor) -> Vec<Cost> {
    let latest = latest_starts(processor);
    let of = |load: &str| latest.get(load).copied().unwrap_or_else(|| panic!("{load} was not measured"));
    let cost = |what, measured, (x86_64, leon3)| Cost {
        what,
        measured,
        budget: if processor == Processor::X86_64 { x86_64 } else { leon3 },
        xtratum: None,
        pok: None,
    };
    let mut costs: Vec<Cost> = all()
        .map(|path| {
            let measured = path.loads.iter().map(|load| of(load)).max().unwrap_or(u64::MAX);
            cost(path.what, measured, path.budget)
        })
        .collect();
    costs.push(cost("report at the end, one partition with one window", report(processor), (30_000, 50_000)));
    costs
}

fn all() -> impl Iterator<Item = &'static Path> {
    PATHS.iter().chain(&governance_paths::PATHS).chain(&device_paths::PATHS)
}

/// The most that one of some paths may let a window begin late: nothing if there is none of them.
fn most(processor: Processor, is_meant: impl Fn(&Path) -> bool) -> u64 {
    let budgets = all().filter(|path| is_meant(path)).map(|path| {
        let (x86_64, leon3) = path.budget;
        if processor == Processor::X86_64 { x86_64 } else { leon3 }
    });
    budgets.max().unwrap_or(0)
}

/// The most that any path may let a window begin late.
#[must_use]
pub fn longest(processor: Processor) -> u64 {
    most(processor, |_| true)
}

/// The most that an interrupt of a device may let a window begin late.
#[must_use]
pub fn of_interrupts(processor: Processor) -> u64 {
    most(processor, |path| path.loads == ["interrupt"])
}

/// The latest starts after each load.
fn latest_starts(processor: Processor) -> BTreeMap<&'static str, u64> {
    let quiet = probes(&[
        "nothing", "null", "unknown", "bad", "read", "clock", "status", "timer", "tls", "upcalls", "idle",
        "expiry", "fault",
    ]);
    let console = probes(&["print", "escapes", "print-always", "input"]);
    let restarting = |path, size, memory| restarting(processor, path, size, memory);
    let mut news =
        vec![restarting("restart", 0, 4), restarting("clear", 0, 1024), restarting("copy", 1020 << 10, 1024)];
    news.extend(probes(&["fault-restart"]));
    let gap = Step { gap: 19 * MICROSECOND, ..STEP };
    let mut latest = BTreeMap::new();
    let mut note = |found: Vec<(&'static str, u64)>| {
        for (path, late) in found {
            let most: &mut u64 = latest.entry(path).or_default();
            *most = late.max(*most);
        }
    };
    for (name, loads, step, frames) in [
        ("paths-calls", quiet, STEP, FRAMES),
        ("paths-console", console, STEP, FRAMES),
        ("paths-news", news, STEP, FRAMES),
        ("paths-drain", vec![restarting("drain", 0, 4)], gap, FRAMES),
        ("paths-halt", (0..30).map(|number| once("halt", number)).collect(), STEP, 6),
        ("paths-stop", (0..30).map(|number| once("stop", number)).collect(), STEP, 6),
    ] {
        note(run(processor, name, &loads, step, frames, &Rest::NONE));
    }
    note(latest_by_messages(processor));
    note(governance_paths::latest(processor));
    note(device_paths::latest(processor));
    latest
}

/// The latest starts after each load that takes a path about messages.
fn latest_by_messages(processor: Processor) -> Vec<(&'static str, u64)> {
    let load = |&(name, path): &(&str, &'static str)| probe(path, name, path, "");
    let messages: Vec<Load> = message_paths::LOADS.iter().map(load).collect();
    let rest = Rest { time: message_paths::OTHERS_TIME, add: message_paths::connect };
    let mut latest = run(processor, "paths-messages", &messages, STEP, 2 * FRAMES, &rest);
    let rest = Rest { time: 0, add: message_paths::fill };
    let step = Step { load: 60 * MICROSECOND, ..STEP };
    latest.extend(run(processor, "paths-empty", &probes(&["fill", "empty"]), step, 3 * FRAMES, &rest));
    latest
}

/// Runs each load before a window of the watcher's; how late that has begun at the most.
pub(crate) fn run(
    processor: Processor,
    name: &str,
    loads: &[Load],
    step: Step,
    frames: u64,
    rest: &Rest,
) -> Vec<(&'static str, u64)> {
    let length = step.load + step.gap + step.watch;
    let frame = length * loads.len() as u64 + MICROSECOND + rest.time;
    let starts = || (0..loads.len() as u64).map(|number| number * length);
    let watched: Vec<(u64, u64)> = starts().map(|start| (start + step.load + step.gap, step.watch)).collect();
    let mut system =
        System::on(processor, name, frame).limit(frames * frame).probe("watcher", "load nothing", &watched);
    for (load, start) in loads.iter().zip(starts()) {
        if load.name == "input" {
            system = system.console_input("input", &[b'.'; 1 << 14]);
        }
        let windows = [(start, step.load)];
        system = match &load.kind {
            Kind::Probe(path) => system.probe(&load.name, &format!("load {path}"), &windows),
            Kind::Image(image, memory) => {
                system.partition(&load.name, image, "", &windows).memory(&format!("{memory} KiB"))
            }
        };
        if !load.keys.is_empty() {
            system = system.keys(&load.keys);
        }
    }
    let transcript = (rest.add)(system, frame - rest.time).run();
    // Who is stopped takes no path, unless that is the path.
    let stays =
        |load: &Load| load.path.contains("stop") || load.path == "halt" || load.path.starts_with("control");
    let stopped = |load: &&Load| transcript.facts.ends.get(&load.name) != Some(&PartitionEnd::Running);
    let stopped: Vec<_> = loads.iter().filter(|load| !stays(load)).filter(stopped).collect();
    assert!(stopped.is_empty(), "{}: {}", stopped[0].name, transcript.all());
    let windows: Vec<_> = transcript.facts.observations.values().collect();
    assert!(windows.len() >= 2 * loads.len(), "{}", transcript.all());
    assert!(windows.iter().all(|window| window.lost == 0), "{}", transcript.all());
    // The clock of a LEON3 goes in steps, and shows one that has not ended as not begun.
    let step = if processor == Processor::Leon3 { 100 } else { 0 };
    let late = windows.chunks(2).map(|windows| windows[1].late_max + step);
    loads.iter().map(|load| load.path).zip(late).collect()
}

/// What the report at the end takes, of one partition with one window.
fn report(processor: Processor) -> u64 {
    let system = System::on(processor, "report", MILLISECOND)
        .probe("only", "load nothing", &[(0, MILLISECOND)])
        .limit(3 * MILLISECOND);
    let end = Symbols::read(processor).function(&["kernel_core6report", "6Kernel", "3end"]);
    let (sender, receiver) = mpsc::channel();
    let transcript = run_with(&system, move |debugger| {
        debugger.run_to(end);
        let _ = sender.send(debugger.steps_to_the_end());
        false
    });
    assert_eq!(transcript.facts.observations.len(), 1, "{}", transcript.all());
    receiver.recv().unwrap_or_else(|_| panic!("nothing was counted:\n{}", transcript.all()))
}
