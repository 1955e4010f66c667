//! What the kernel's records say, as facts about partitions and windows, and in words for people.

use std::collections::BTreeMap;

use bulkhead_abi::event::{self, Kind, Record};
use bulkhead_abi::{Mode, StartReason};

/// How a partition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionEnd {
    /// It halted with this status.
    Halted(u32),
    /// It was running when the system ended.
    Running,
    /// The health monitor stopped it.
    Stopped,
}

/// Why the health monitor stopped a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// When, in nanoseconds of the clock.
    pub time: u64,
    /// Why, in words.
    pub text: String,
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
    /// Why the health monitor stopped a partition, and when.
    pub reasons: BTreeMap<String, Reason>,
    /// How many records of a partition found no room, where there are any.
    pub lost: BTreeMap<String, u64>,
    /// What was seen of each window.
    pub observations: BTreeMap<usize, Observation>,
    /// The clock at the end, in nanoseconds.
    pub system_time: Option<u64>,
    /// The code that the kernel has ended with.
    pub code: Option<u32>,
}

impl Facts {
    /// Takes a record. `names` are the partitions' names.
    pub fn take(&mut self, record: &Record, names: &[String]) {
        let name = name_of(record, names);
        match record.kind {
            Kind::Restarted
            | Kind::Lost
            | Kind::KernelFault
            | Kind::Health
            | Kind::Schedule
            | Kind::Commanded => {}
            Kind::Halted => {
                self.ends.insert(name, PartitionEnd::Halted(record.number));
            }
            Kind::Stopped | Kind::ShutDown => {
                self.ends.insert(name.clone(), PartitionEnd::Stopped);
                self.reasons.insert(name, Reason { time: record.time, text: reason(record) });
            }
            Kind::PartitionEnd => {
                let [state, lost, ..] = record.arguments;
                let end = match state {
                    state if state == event::PartitionEnd::Halted as u64 => {
                        PartitionEnd::Halted(record.number)
                    }
                    state if state == event::PartitionEnd::Stopped as u64 => PartitionEnd::Stopped,
                    _ => PartitionEnd::Running,
                };
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

    /// Adds to why the partition of a record was stopped.
    pub fn explain(&mut self, record: &Record, names: &[String], explanation: &str) {
        if let Some(reason) = self.reasons.get_mut(&name_of(record, names)) {
            reason.text += explanation;
        }
    }
}

/// The name of a record's partition.
fn name_of(record: &Record, names: &[String]) -> String {
    let number = usize::from(record.partition);
    names.get(number).cloned().unwrap_or_else(|| format!("#{number}"))
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
    let memory = stop
        .memory
        .map_or_else(String::new, |(access, address)| format!(" {} {address:#010x}", access.text()));
    let (kind, vector, error) = (stop.kind.text(), stop.vector, stop.error);
    format!("{kind} (vector {vector}, error {error:#x}){memory}, pc {:#010x}", stop.program_counter)
}

/// A record in words. `names` are the partitions' names.
#[must_use]
pub fn in_words(record: &Record, names: &[String]) -> String {
    let (time, number, name) = (record.time, record.number, name_of(record, names));
    let [first, second, count, lost, late_min, late_max] = record.arguments;
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
            format!("partition {name}: stopped at {time} ns: {}", reason(record))
        }
        Kind::KernelFault => format!("kernel: {}", reason(record)),
        Kind::Health => {
            let word = |place| match record.field(place) {
                Some((_, event::Field::Word(word))) => word,
                _ => "?",
            };
            let [_, _, _, address, program_counter, detail] = record.arguments;
            let whose =
                if record.has_partition() { format!("partition {name}") } else { "module".to_owned() };
            format!(
                "{whose}: {} at {time} ns: {} (code {number}, detail {detail:#x}, address {address:#x}, pc \
                 {program_counter:#010x})",
                word(1),
                word(2),
            )
        }
        Kind::Schedule => format!("schedule {number} begins at {time} ns, behind schedule {first}"),
        Kind::Commanded => {
            let mode = u32::try_from(first).ok().and_then(|mode| Mode::WORDS.get(mode as usize));
            let by = names.get(number as usize).cloned().unwrap_or_else(|| format!("#{number}"));
            format!("partition {name}: set to {} by {by} at {time} ns", mode.copied().unwrap_or("?"))
        }
        Kind::Lost => format!("partition {name}: {number} more events found no room before {time} ns"),
        Kind::PartitionEnd if first == event::PartitionEnd::Halted as u64 => {
            format!("end: partition {name} halted with status {number}, {second} events lost")
        }
        Kind::PartitionEnd if first == event::PartitionEnd::Stopped as u64 => {
            format!("end: partition {name} stopped, {second} events lost")
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
    use bulkhead_abi::event::Stop;
    use bulkhead_abi::wire::Ending;
    use bulkhead_abi::{Access, FaultKind};

    /// Names that were read as words of a line once.
    fn names() -> Vec<String> {
        ["count", "late-min", "status", "stopped"].map(str::to_owned).to_vec()
    }

    fn facts(records: &[Record]) -> Facts {
        let mut facts = Facts::default();
        records.iter().for_each(|record| facts.take(record, &names()));
        facts
    }

    #[test]
    fn the_report_at_the_end() {
        let facts = facts(&[
            Record::partition_end(9, 0, event::PartitionEnd::Halted, 3, 0),
            Record::partition_end(9, 1, event::PartitionEnd::Running, 0, 5),
            Record::partition_end(9, 2, event::PartitionEnd::Stopped, 0, 0),
            Record::new(9, Kind::Window, 0, 1, [0, 2, 50, 6, 4, 7]),
            Record::system_end(5_000_000_000, Ending::Stopped),
        ]);
        assert_eq!(facts.ends["count"], PartitionEnd::Halted(3));
        assert_eq!(facts.ends["late-min"], PartitionEnd::Running);
        assert_eq!(facts.ends["status"], PartitionEnd::Stopped);
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
        };
        let record = Record::stopped(7, 3, &stop);
        let words = "memory violation (vector 14, error 0x6) writing 0x90000000, pc 0x00100050";
        assert_eq!(in_words(&record, &names()), format!("partition stopped: stopped at 7 ns: {words}"));
        let facts = facts(&[record, Record::halted(9, 2, 2)]);
        assert_eq!(facts.reasons["stopped"], Reason { time: 7, text: words.to_owned() });
        assert_eq!(facts.ends["status"], PartitionEnd::Halted(2));
        let halted = in_words(&Record::halted(9, 7, 2), &names());
        assert_eq!(halted, "partition #7: halted with status 2 at 9 ns");
    }
}
