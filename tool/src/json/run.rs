//! What a run says before its first event and behind its last one.

use bulkhead_abi::Ground;
use bulkhead_abi::event::Stopper;
use schemars::JsonSchema;
use serde::Serialize;

use crate::run::{Decided, Ending, Facts, Finished, PartitionEnd, Times};
use crate::system_file::System;
use crate::target::Host;

use super::document::line;
use super::system::{SystemObject, WindowObject, windows};
use super::{Diagnostic, VERSION};

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct Begin<'a> {
    #[schemars(extend("const" = "begin"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    #[schemars(extend("const" = "run"))]
    command: &'static str,
    diagnostics: &'a [Diagnostic],
    system: SystemObject<'a>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct End<'a> {
    #[schemars(extend("const" = "end"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    status: u8,
    reason: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    /// What was drawn from how late the kernel was, if it varied.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// How late it was at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    jitter: Option<u64>,
    diagnostics: &'a [Diagnostic],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partitions: Vec<PartitionEndObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<SeenWindow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<DecisionObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schedule_changes: Vec<ChangeObject<'a>>,
}

/// What the health monitor has decided.
#[derive(Debug, JsonSchema, Serialize)]
struct DecisionObject<'a> {
    /// Of an error of the module there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    error: &'static str,
    action: &'static str,
    /// Whose response it was, if not the error's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'static str>,
    count: u64,
    /// When for the first and the last time.
    first: u64,
    last: u64,
}

/// A schedule has begun.
#[derive(Debug, JsonSchema, Serialize)]
struct ChangeObject<'a> {
    time: u64,
    schedule: usize,
    schedule_name: &'a str,
}

/// What the health monitor has decided.
fn decisions<'a>(system: &'a System, facts: &Facts) -> Vec<DecisionObject<'a>> {
    let object = |(decided, times): (&Decided, &Times)| DecisionObject {
        partition: decided.whose(),
        name: decided.whose().map(|number| system.partition_name(number)),
        error: decided.error(),
        action: decided.action(),
        response: response(decided.ground()),
        count: times.count,
        first: times.first,
        last: times.last,
    };
    facts.decisions.iter().map(object).collect()
}

/// Whose response it was, if not the error's own.
fn response(ground: Ground) -> Option<&'static str> {
    let word = Ground::WORDS.get(ground as usize).copied();
    word.filter(|_| ground != Ground::Error)
}

/// The changes of the schedule.
fn changes<'a>(system: &'a System, facts: &Facts) -> Vec<ChangeObject<'a>> {
    let object = |&(time, schedule): &(u64, usize)| ChangeObject {
        time,
        schedule,
        schedule_name: system.schedule_name(schedule),
    };
    facts.changes.iter().map(object).collect()
}

/// How a partition has ended.
#[derive(Debug, JsonSchema, Serialize)]
struct PartitionEndObject<'a> {
    partition: usize,
    name: &'a str,
    /// `halted`, `stopped`, `running`, or `unknown` where nothing was heard of it.
    end: &'static str,
    /// Of one that has halted.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u32>,
    /// When it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    /// Why it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Who has stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// How often it was started again.
    #[serde(skip_serializing_if = "Option::is_none")]
    restarts: Option<u64>,
    /// How many of its events found no room.
    lost: u64,
}

/// A window, and what was seen of it.
#[derive(Debug, JsonSchema, Serialize)]
struct SeenWindow<'a> {
    #[serde(flatten)]
    window: WindowObject<'a>,
    count: u64,
    lost: u64,
    /// How late it began; of one that never did there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    late_min: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_max: Option<u64>,
}

/// The line before a run's first event.
#[must_use]
pub fn begin(system: &System, host: Host, diagnostics: &[Diagnostic]) -> String {
    let system = SystemObject::of(system, host);
    line(&Begin { event: "begin", version: VERSION, command: "run", diagnostics, system })
}

/// The last line of a run that has ended, however it did.
#[must_use]
pub fn end(system: &System, finished: &Finished, status: u8, diagnostics: &[Diagnostic]) -> String {
    let facts = &finished.facts;
    let partitions = system.partitions.iter().enumerate().map(|(number, partition)| {
        let name = partition.name.as_str();
        let why = facts.reasons.get(name);
        let (end, status) = match finished.end_of(name) {
            Some(PartitionEnd::Halted(status)) => ("halted", Some(status)),
            Some(PartitionEnd::Running) => ("running", None),
            Some(PartitionEnd::Stopped) => ("stopped", None),
            None => ("unknown", None),
        };
        PartitionEndObject {
            partition: number,
            name,
            end,
            status,
            time: why.map(|why| why.time),
            reason: why.map(|why| why.text.as_str()),
            by: facts.stoppers.get(name).and_then(|by| Stopper::WORDS.get(*by as usize).copied()),
            restarts: facts.restarts.get(name).copied(),
            lost: facts.lost.get(name).copied().unwrap_or_default(),
        }
    });
    let windows = windows(system).enumerate().filter_map(|(number, window)| {
        let seen = facts.observations.get(&number)?;
        let late = |time| (seen.count > 0).then_some(time);
        Some(SeenWindow {
            window,
            count: seen.count,
            lost: seen.lost,
            late_min: late(seen.late_min),
            late_max: late(seen.late_max),
        })
    });
    line(&End {
        event: "end",
        version: VERSION,
        status,
        reason: reason(&finished.ending),
        text: finished.text(),
        time: facts.system_time,
        seed: finished.variation.map(|it| it.seed),
        jitter: finished.variation.map(|it| it.jitter),
        diagnostics,
        partitions: partitions.collect(),
        windows: windows.collect(),
        decisions: decisions(system, facts),
        schedule_changes: changes(system, facts),
    })
}

/// The last line of a run that did not come about, or of which not everything could be written.
#[must_use]
pub fn failure(status: u8, text: String, diagnostics: &[Diagnostic]) -> String {
    line(&End {
        event: "end",
        version: VERSION,
        status,
        reason: "error",
        text,
        time: None,
        seed: None,
        jitter: None,
        diagnostics,
        partitions: Vec::new(),
        windows: Vec::new(),
        decisions: Vec::new(),
        schedule_changes: Vec::new(),
    })
}

/// The word for an ending. Words can be added; none changes its meaning.
const fn reason(ending: &Ending) -> &'static str {
    match ending {
        Ending::Completed => "completed",
        Ending::Failed => "failed",
        Ending::Stopped => "stopped",
        Ending::ModuleStopped => "module-stopped",
        Ending::TimeLimit => "time-limit",
        Ending::Refused => "refused",
        Ending::Internal => "kernel-failed",
        Ending::Reset => "reset",
        Ending::Qemu(_) => "qemu-ended",
        Ending::Signal(_) => "qemu-signal",
        Ending::Interrupted(_) => "interrupted",
        Ending::TimedOut => "timeout",
        Ending::Kvm => "kvm",
    }
}
