//! What the kernel's records say, as facts about partitions and windows, and in words for people.

use std::collections::BTreeMap;

use bulkhead_abi::event::{self, Decision, Kind, Record, Stopper};
use bulkhead_abi::{Access, Action, ChangeAction, Ground, HealthError, Mode, StartReason};

use super::decisions::Decisions;
use crate::system_file::System;
use crate::system_file::device::Function;

/// How a partition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionEnd {
    /// It halted with this status.
    Halted(u32),
    /// It was running when the system ended.
    Running,
    /// It was stopped.
    Stopped,
}

/// Why a partition was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// When, in nanoseconds of the clock.
    pub time: u64,
    /// Why, in words.
    pub text: String,
    /// Which response of its table that was.
    pub ground: Ground,
}

/// What the kernel has seen of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How often the window began.
    pub count: u64,
    /// How often it passed without having begun.
    pub lost: u64,
    /// How late it began at the earliest, in nanoseconds after its configured start.
    pub late_min: u64,
    /// How late it began at the latest, in nanoseconds after its configured start.
    pub late_max: u64,
}

/// Everything that the kernel has recorded so far, partitions by name and windows by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How each partition ended.
    pub ends: BTreeMap<String, PartitionEnd>,
    /// Why a partition was stopped, and when.
    pub reasons: BTreeMap<String, Reason>,
    /// Who has stopped each partition that was stopped.
    pub stoppers: BTreeMap<String, Stopper>,
    /// How many records of a partition found no room, where there are any.
    pub lost: BTreeMap<String, u64>,
    /// What was seen of each window.
    pub observations: BTreeMap<usize, Observation>,
    /// The clock at the end, in nanoseconds.
    pub system_time: Option<u64>,
    /// The code that the kernel has ended with.
    pub code: Option<u32>,
    /// What the health monitor has decided.
    pub decisions: Decisions,
    /// How often a partition was started again, where it was.
    pub restarts: BTreeMap<String, u64>,
    /// When another schedule began, and its number: the first 1000.
    pub changes: Vec<(u64, usize)>,
}

/// How many changes of the schedule are kept.
const CHANGES_MAX: usize = 1000;

/// The names that the numbers of records stand for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of the partitions.
    pub partitions: Vec<String>,
    /// Of the schedules.
    pub schedules: Vec<String>,
}

impl Names {
    /// The names of a system.
    #[must_use]
    pub fn of(system: &System) -> Self {
        Self {
            partitions: system.partitions.iter().map(|partition| partition.name.clone()).collect(),
            schedules: system.schedules.iter().map(|schedule| schedule.name.clone()).collect(),
        }
    }
}

/// The name with a number, or the number where there is none.
fn named(names: &[String], number: usize) -> String {
    names.get(number).cloned().unwrap_or_else(|| format!("#{number}"))
}

impl Facts {
    /// Takes a record.
    pub fn take(&mut self, record: &Record, names: &Names) {
        let name = name_of(record, names);
        self.decisions.take(record);
        match record.kind {
            Kind::Lost | Kind::KernelFault => {}
            Kind::Restarted => {
                // Records of some may have found no room.
                self.restarts.insert(name.clone(), record.number.into());
                self.ends.remove(&name);
                self.reasons.remove(&name);
                self.stoppers.remove(&name);
            }
            Kind::Health => {
                let idle = record.decision().filter(|decision| decision.action == Action::Idle);
                if let Some(decision) = idle {
                    let text = decision_text(&decision);
                    self.stopped(name, Stopper::HealthMonitor, record, text, decision.ground);
                }
            }
            Kind::Commanded => {
                if record.arguments[0] == Mode::Idle as u64 {
                    let by = named(&names.partitions, record.number as usize);
                    self.stopped(name, Stopper::Partition, record, format!("by {by}"), Ground::Error);
                }
            }
            Kind::Scheduled => {
                if record.arguments[0] == ChangeAction::Idle as u64 {
                    let schedule = named(&names.schedules, record.number as usize);
                    self.stopped(
                        name,
                        Stopper::Schedule,
                        record,
                        format!("by schedule {schedule}"),
                        Ground::Error,
                    );
                }
            }
            Kind::Schedule => {
                if self.changes.len() < CHANGES_MAX {
                    self.changes.push((record.time, record.number as usize));
                }
            }
            Kind::Halted => {
                self.ends.insert(name, PartitionEnd::Halted(record.number));
            }
            Kind::Stopped | Kind::ShutDown => {
                let ground = record.stop().map_or(Ground::Error, |stop| stop.ground);
                self.stopped(name, Stopper::HealthMonitor, record, reason(record), ground);
            }
            Kind::PartitionEnd => {
                let [state, lost, by, ..] = record.arguments;
                let end = match state {
                    state if state == event::PartitionEnd::Halted as u64 => {
                        PartitionEnd::Halted(record.number)
                    }
                    state if state == event::PartitionEnd::Stopped as u64 => PartitionEnd::Stopped,
                    _ => PartitionEnd::Running,
                };
                if let Some(by) = u32::try_from(by).ok().and_then(Stopper::from_number)
                    && end == PartitionEnd::Stopped
                {
                    self.stoppers.insert(name.clone(), by);
                }
                self.ends.insert(name.clone(), end);
                if lost > 0 {
                    self.lost.insert(name, lost);
                }
            }
            Kind::Window => {
                let [_, _, count, lost, late_min, late_max] = record.arguments;
                let observation = Observation { count, lost, late_min, late_max };
                self.observations.insert(record.number as usize, observation);
            }
            Kind::SystemEnd => {
                self.system_time = Some(record.time);
                self.code = Some(record.number);
            }
        }
    }

    /// Whether a partition was stopped by another or a schedule, as its system is built, and not because of an error.
    #[must_use]
    pub fn is_stopped_as_built(&self, name: &str) -> bool {
        matches!(self.stoppers.get(name), Some(Stopper::Partition | Stopper::Schedule))
    }

    /// Notes that a partition was stopped.
    fn stopped(&mut self, name: String, by: Stopper, record: &Record, text: String, ground: Ground) {
        self.ends.insert(name.clone(), PartitionEnd::Stopped);
        self.stoppers.insert(name.clone(), by);
        self.reasons.insert(name, Reason { time: record.time, text, ground });
    }

    /// Adds to why the partition of a record was stopped.
    pub fn explain(&mut self, record: &Record, names: &Names, explanation: &str) {
        if let Some(reason) = self.reasons.get_mut(&name_of(record, names)) {
            reason.text += explanation;
        }
    }
}

/// The name of a record's partition.
fn name_of(record: &Record, names: &Names) -> String {
    named(&names.partitions, record.partition.into())
}

/// How memory was touched, and where.
fn touched(memory: Option<(Access, u64)>) -> String {
    memory.map_or_else(String::new, |(access, address)| format!(" {} {address:#010x}", access.text()))
}

/// Why it was not the error's own response, with a comma before it.
pub(super) const fn ground_text(ground: Ground) -> &'static str {
    match ground {
        Ground::Error => "",
        Ground::Initialization => ", in a start",
        Ground::RestartsExceeded => ", its restarts used up",
    }
}

/// What a decision is about, in words.
fn decision_text(decision: &Decision) -> String {
    let Decision { error, code, detail, memory, program_counter, .. } = *decision;
    let word = error.word();
    if error == HealthError::Device && code != 0 {
        // VT-d, 7.1.3: why it was blocked.
        let function = Function::name_of(detail as u16);
        format!("{word} (PCI function {function}, reason {code}){}", touched(memory))
    } else if error.is_fault() {
        format!("{word} (vector {code}, error {detail:#x}){}, pc {program_counter:#010x}", touched(memory))
    } else {
        let mut facts = Vec::new();
        if error == HealthError::WindowLate {
            facts.push(format!("{code} ns"));
        } else if code != 0 || detail != 0 {
            facts.push(format!("code {code}"));
        }
        if detail != 0 {
            facts.push(format!("detail {detail:#x}"));
        }
        // Where it hangs, or floods. Of other kernels it is not told.
        if matches!(error, HealthError::Watchdog | HealthError::CallFlood) && program_counter != 0 {
            facts.push(format!("pc {program_counter:#010x}"));
        }
        if facts.is_empty() { word.to_owned() } else { format!("{word} ({})", facts.join(", ")) }
    }
}

/// Why a partition was stopped, in words.
fn reason(record: &Record) -> String {
    let Some(stop) = record.stop() else {
        // Xen's public/sched.h.
        return match record.number {
            0 => "the guest has shut down without a word".to_owned(),
            1 => "the guest has asked for a restart".to_owned(),
            3 => "the guest has crashed".to_owned(),
            other => format!("the guest has shut down for reason {other}"),
        };
    };
    let (kind, vector, error) = (stop.kind.text(), stop.vector, stop.error);
    let memory = touched(stop.memory);
    format!("{kind} (vector {vector}, error {error:#x}){memory}, pc {:#010x}", stop.program_counter)
}

/// A record in words.
#[must_use]
pub fn in_words(record: &Record, names: &Names) -> String {
    let (time, number, name) = (record.time, record.number, name_of(record, names));
    let [first, second, count, lost, late_min, late_max] = record.arguments;
    let who = |by: u64| u32::try_from(by).ok().and_then(Stopper::from_number).unwrap_or_default();
    match record.kind {
        Kind::Restarted => {
            let how = match u32::try_from(first).ok().and_then(StartReason::from_number) {
                Some(StartReason::ColdRestart) => "cold",
                Some(StartReason::WarmRestart) => "warm",
                Some(StartReason::HealthMonitorWarm) => "warm, by the health monitor",
                Some(StartReason::ModuleRestart) => "cold, with everything",
                _ => "cold, by the health monitor",
            };
            format!("partition {name}: starts again ({how}) at {time} ns")
        }
        Kind::Halted => format!("partition {name}: halted with status {number} at {time} ns"),
        Kind::Stopped | Kind::ShutDown => {
            let ground = record.stop().map_or("", |stop| ground_text(stop.ground));
            format!("partition {name}: stopped at {time} ns{ground}: {}", reason(record))
        }
        Kind::KernelFault => format!("kernel: {}", reason(record)),
        Kind::Health => {
            let whose =
                if record.has_partition() { format!("partition {name}") } else { "module".to_owned() };
            let decision = record.decision();
            let action = decision.map_or("?", |decision| decision.action.word());
            let what = decision.as_ref().map_or_else(|| "?".to_owned(), decision_text);
            let ground = decision.map_or("", |decision| ground_text(decision.ground));
            format!("{whose}: {action} at {time} ns{ground}: {what}")
        }
        Kind::Schedule => {
            let [begins, before] =
                [number as usize, first as usize].map(|number| named(&names.schedules, number));
            format!("schedule {begins} begins at {time} ns, behind {before}")
        }
        Kind::Commanded => {
            let mode = u32::try_from(first).ok().and_then(|mode| Mode::WORDS.get(mode as usize));
            let by = named(&names.partitions, number as usize);
            format!("partition {name}: set to {} by {by} at {time} ns", mode.copied().unwrap_or("?"))
        }
        Kind::Scheduled => {
            let schedule = named(&names.schedules, number as usize);
            let action = ChangeAction::WORDS.get(first as usize).copied().unwrap_or("?");
            format!("partition {name}: {action} by schedule {schedule} at {time} ns")
        }
        Kind::Lost => format!("partition {name}: {number} more events found no room before {time} ns"),
        Kind::PartitionEnd if first == event::PartitionEnd::Halted as u64 => {
            format!("end: partition {name} halted with status {number}, {second} events lost")
        }
        Kind::PartitionEnd if first == event::PartitionEnd::Stopped as u64 => {
            let by = match who(count) {
                Stopper::Nobody => "",
                Stopper::HealthMonitor => " by the health monitor",
                Stopper::Partition => " by a partition",
                Stopper::Schedule => " by a schedule",
            };
            format!("end: partition {name} stopped{by}, {second} events lost")
        }
        Kind::PartitionEnd => format!("end: partition {name} running, {second} events lost"),
        Kind::Window => format!(
            "observed: window {number} of {name}, at {first} ns for {second} ns: {count} times, {lost} lost, \
             {late_min} to {late_max} ns late"
        ),
        Kind::SystemEnd => format!("end: system time {time} ns, code {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_abi::event::{Decision, Stop};
    use bulkhead_abi::wire::Ending;
    use bulkhead_abi::{Access, FaultKind, Level};

    /// Names that were read as words of a line once.
    fn names() -> Names {
        let partitions = ["count", "late-min", "status", "stopped"].map(str::to_owned).to_vec();
        Names { partitions, schedules: ["normal", "degraded"].map(str::to_owned).to_vec() }
    }

    fn facts(records: &[Record]) -> Facts {
        let mut facts = Facts::default();
        records.iter().for_each(|record| facts.take(record, &names()));
        facts
    }

    #[test]
    fn the_report_at_the_end() {
        let facts = facts(&[
            Record::partition_end(9, 0, event::PartitionEnd::Halted, (3, Stopper::Nobody), 0),
            Record::partition_end(9, 1, event::PartitionEnd::Running, (0, Stopper::Nobody), 5),
            Record::partition_end(9, 2, event::PartitionEnd::Stopped, (0, Stopper::Partition), 0),
            Record::new(9, Kind::Window, 0, 1, [0, 2, 50, 6, 4, 7]),
            Record::system_end(5_000_000_000, Ending::Stopped),
        ]);
        assert_eq!(facts.ends["count"], PartitionEnd::Halted(3));
        assert_eq!(facts.ends["late-min"], PartitionEnd::Running);
        assert_eq!(facts.ends["status"], PartitionEnd::Stopped);
        assert_eq!(facts.stoppers, BTreeMap::from([("status".to_owned(), Stopper::Partition)]));
        assert_eq!(facts.lost, BTreeMap::from([("late-min".to_owned(), 5)]));
        assert_eq!(facts.observations[&1], Observation { count: 50, lost: 6, late_min: 4, late_max: 7 });
        assert_eq!((facts.system_time, facts.code), (Some(5_000_000_000), Some(18)));
    }

    #[test]
    fn events_are_said_in_words() {
        let stop = Stop {
            kind: FaultKind::Memory,
            vector: 14,
            error: 6,
            memory: Some((Access::Write, 0x9000_0000)),
            program_counter: 0x10_0050,
            ground: Ground::RestartsExceeded,
        };
        let record = Record::stopped(7, 3, &stop);
        let words = "memory violation (vector 14, error 0x6) writing 0x90000000, pc 0x00100050";
        assert_eq!(
            in_words(&record, &names()),
            format!("partition stopped: stopped at 7 ns, its restarts used up: {words}")
        );
        let facts = facts(&[record, Record::halted(9, 2, 2)]);
        assert_eq!(facts.reasons["stopped"], Reason { time: 7, text: words.to_owned(), ground: stop.ground });
        assert_eq!(facts.ends["status"], PartitionEnd::Halted(2));
        let halted = in_words(&Record::halted(9, 7, 2), &names());
        assert_eq!(halted, "partition #7: halted with status 2 at 9 ns");
    }

    #[test]
    fn what_the_health_monitor_does_is_said_in_words() {
        let decision = |error, action, (code, detail)| Decision {
            error,
            action,
            level: Level::Partition,
            code,
            detail,
            memory: (error == HealthError::Memory).then_some((Access::Read, 0x9000_0000)),
            program_counter: 0x10_0050,
            ground: if action == Action::Idle { Ground::RestartsExceeded } else { Ground::Error },
        };
        let watchdog = decision(HealthError::Watchdog, Action::Log, (0, 0));
        let elsewhere = Decision { program_counter: 0, ground: Ground::Initialization, ..watchdog };
        let fault = decision(HealthError::Memory, Action::ColdRestart, (14, 6));
        let raised = decision(HealthError::Application, Action::Idle, (7, 0));
        let device = decision(HealthError::Device, Action::Log, (0, 0));
        let reached = Decision {
            memory: Some((Access::Write, 0x10_9000)),
            ..decision(HealthError::Device, Action::Log, (5, 0x123))
        };
        let records = [
            Record::health(5, 0, &fault),
            Record::restarted(6, 0, 1, StartReason::HealthMonitor),
            Record::health(7, 1, &raised),
            Record::health(8, event::NO_PARTITION, &device),
            Record::health(8, 1, &reached),
            Record::health(8, 0, &watchdog),
            Record::health(8, 0, &elsewhere),
            Record::commanded(9, 2, 3, Mode::Idle),
            Record::schedule(10, 1, 0),
            Record::scheduled(10, 3, 1, ChangeAction::Idle),
            Record::scheduled(11, 0, 1, ChangeAction::WarmRestart),
        ];
        let said: Vec<String> = records.iter().map(|record| in_words(record, &names())).collect();
        let expected = [
            "partition count: cold-restart at 5 ns: memory-violation (vector 14, error 0x6) reading 0x90000000, pc \
             0x00100050",
            "partition count: starts again (cold, by the health monitor) at 6 ns",
            "partition late-min: idle at 7 ns, its restarts used up: application-error (code 7)",
            "module: log at 8 ns: device-error",
            "partition late-min: log at 8 ns: device-error (PCI function 01:04.3, reason 5) writing 0x00109000",
            "partition count: log at 8 ns: watchdog (pc 0x00100050)",
            "partition count: log at 8 ns, in a start: watchdog",
            "partition status: set to idle by stopped at 9 ns",
            "schedule degraded begins at 10 ns, behind normal",
            "partition stopped: idle by schedule degraded at 10 ns",
            "partition count: warm-restart by schedule degraded at 11 ns",
        ];
        assert_eq!(said, expected);
        let facts = facts(&records);
        assert_eq!(facts.restarts["count"], 1);
        assert!(!facts.ends.contains_key("count"));
        let why = |name: &str| (facts.ends[name].clone(), facts.reasons[name].text.clone());
        assert_eq!(why("late-min"), (PartitionEnd::Stopped, "application-error (code 7)".to_owned()));
        assert_eq!(why("status"), (PartitionEnd::Stopped, "by stopped".to_owned()));
        assert_eq!(why("stopped"), (PartitionEnd::Stopped, "by schedule degraded".to_owned()));
        let by = |name: &str| facts.stoppers[name];
        let stoppers = [Stopper::HealthMonitor, Stopper::Partition, Stopper::Schedule];
        assert_eq!(["late-min", "status", "stopped"].map(by), stoppers);
        assert_eq!((facts.changes.as_slice(), facts.decisions.count()), (&[(10, 1)][..], 6));
    }
}
