//! What the examples say, on every kernel that they run on: one expectation for all.

use std::collections::BTreeMap;

use bulkhead_tool::run::{Ending, PartitionEnd};

use crate::Transcript;

/// What one partition said, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its lines, without the stand-in's line about itself and without what its kernel or its guest layer says of its
    /// end.
    pub lines: Vec<String>,
    /// How it ended; none if it did not.
    pub end: Option<End>,
}

/// How a partition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Halted(u32),
    /// By a fault.
    Stopped,
}

/// What the partitions of a system said, by name.
pub type Heard = BTreeMap<String, Said>;

/// Whether what runs the system keeps a partition from memory that is not its own: QEMU without KVM enforces pages, and
/// not the limits of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// It does.
    Enforced,
    /// It does not.
    NotEnforced,
}

/// What was said where each partition's guest layer writes whole lines with its name: `name | line`. Other lines are
/// the kernel's.
#[must_use]
pub fn heard_on_one_console(text: &str) -> Heard {
    let mut heard = Heard::new();
    for line in text.lines() {
        let Some((name, line)) = line.trim_end_matches('\r').split_once(" | ") else { continue };
        let said = heard.entry(name.to_owned()).or_default();
        if let Some(status) = line.strip_prefix("halted with status ") {
            said.end = status.parse().ok().map(End::Halted);
        } else if line.starts_with("stopped: ") {
            said.end = Some(End::Stopped);
        } else {
            add(said, line);
        }
    }
    heard
}

/// What was said in a run on our own kernel.
#[must_use]
pub fn heard_in(transcript: &Transcript) -> Heard {
    let mut heard = Heard::new();
    for (name, line) in &transcript.lines {
        if name != "kernel" && name != "qemu" {
            add(heard.entry(name.clone()).or_default(), line);
        }
    }
    for (name, end) in &transcript.facts.ends {
        heard.entry(name.clone()).or_default().end = match end {
            PartitionEnd::Halted(status) => Some(End::Halted(*status)),
            PartitionEnd::Stopped => Some(End::Stopped),
            PartitionEnd::Running => None,
        };
    }
    assert!(!matches!(transcript.ending, Ending::TimedOut), "{}", transcript.all());
    heard
}

fn add(said: &mut Said, line: &str) {
    if !line.contains("classic stand-in") {
        said.lines.push(line.to_owned());
    }
}

fn said(lines: &[&str], end: End) -> Said {
    Said { lines: lines.iter().map(|&line| line.to_owned()).collect(), end: Some(end) }
}

/// What the partitions of `hello`, `ticker` or `demo` say.
///
/// # Panics
/// If there is no such example.
#[must_use]
pub fn expected(example: &str, isolation: Isolation) -> Heard {
    let partitions = match example {
        "hello" => vec![(
            "hello",
            said(&["hello from a partition; its command line says: good morning"], End::Halted(0)),
        )],
        "ticker" => vec![("one", ticker()), ("two", ticker())],
        "demo" => vec![("control", control()), ("telemetry", telemetry()), ("rogue", rogue(isolation))],
        _ => panic!("{example} is no example with an expectation"),
    };
    partitions.into_iter().map(|(name, said)| (name.to_owned(), said)).collect()
}

fn ticker() -> Said {
    // Tasks that become ready at the same tick run in the order in which they began to wait.
    let lines = [
        "TA1 09:00:00 12/31/1988",
        "TA2 09:00:00 12/31/1988",
        "TA3 09:00:00 12/31/1988",
        "TA1 09:00:05 12/31/1988",
        "TA2 09:00:10 12/31/1988",
        "TA1 09:00:10 12/31/1988",
        "TA3 09:00:15 12/31/1988",
        "TA1 09:00:15 12/31/1988",
        "TA2 09:00:20 12/31/1988",
        "TA1 09:00:20 12/31/1988",
        "TA1 09:00:25 12/31/1988",
        "TA3 09:00:30 12/31/1988",
        "TA2 09:00:30 12/31/1988",
        "TA1 09:00:30 12/31/1988",
        "*** end of ticker ***",
    ];
    said(&lines, End::Halted(0))
}

fn control() -> Said {
    let lines = [
        "a control loop at 50 Hz begins",
        "second 1: the carriage is at 998 mm of 1000 mm, 0 deadlines missed",
        "second 2: the carriage is at 501 mm of 500 mm, 0 deadlines missed",
        "done: 140 periods, 0 deadlines missed",
    ];
    said(&lines, End::Halted(0))
}

fn telemetry() -> Said {
    let lines = [
        "50 samples per second from control, 10 to a packet",
        "second 1: 5 packets sent, 0 samples lost, 0 deadlines missed",
        "second 2: 10 packets sent, 0 samples lost, 0 deadlines missed",
        "done: 14 packets, 0 samples lost, 0 deadlines missed",
    ];
    said(&lines, End::Halted(0))
}

fn rogue(isolation: Isolation) -> Said {
    let lines =
        ["I behave for a second", "now I write to 0x90000000, which is not mine", "nobody has stopped me"];
    match isolation {
        Isolation::Enforced => said(&lines[..2], End::Stopped),
        Isolation::NotEnforced => said(&lines, End::Halted(1)),
    }
}

/// The partitions of `tests/systems/stacks`: all but one leave the stack of a task for a neighbour's. `kind` is what
/// the executive calls a task, `fatal` what it says when it ends with `status`.
///
/// # Panics
/// If one was not found out.
#[track_caller]
pub fn assert_leavers_are_named(transcript: &Transcript, kind: &str, fatal: &str, status: u32) {
    for partition in ["waits", "computes", "returns", "faults"] {
        transcript
            .expect(partition, &format!("stack overflow: {kind} DEEP (0x0a010004), whose stack is 0x00"));
    }
    let ends = &transcript.facts.ends;
    for partition in ["waits", "computes", "returns"] {
        transcript.expect(partition, fatal);
        assert_eq!(ends.get(partition), Some(&PartitionEnd::Halted(status)), "{}", transcript.all());
    }
    transcript.expect("kernel", "partition faults: stopped at ");
    transcript.expect("kernel", ", in do_it (");
    assert_eq!(ends.get("faults"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(ends.get("fits"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    let said = transcript.of("fits").join("\n");
    assert!(!said.contains("overflow"), "{said}");
}
