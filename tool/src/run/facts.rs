//! Reads the facts out of the kernel's log.

use std::collections::BTreeMap;

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

/// What the kernel has seen of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How often the window began.
    pub count: u64,
    /// How late it began at the earliest, in nanoseconds after its configured start.
    pub late_min: u64,
    /// How late it began at the latest, in nanoseconds after its configured start.
    pub late_max: u64,
}

/// Everything that the kernel's log has said so far, partitions by name and windows by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How each partition ended.
    pub ends: BTreeMap<String, PartitionEnd>,
    /// Why the health monitor stopped a partition, and when: the kernel's own words.
    pub reasons: BTreeMap<String, String>,
    /// What was seen of each window.
    pub observations: BTreeMap<usize, Observation>,
    /// The clock at the end, in nanoseconds.
    pub system_time: Option<u64>,
    /// The code that a kernel has ended with where no device gives it to QEMU.
    pub code: Option<i32>,
}

impl Facts {
    /// Takes a line of the kernel's log. Returns whether it belongs to the report at the end.
    pub fn take(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("end: partition ") {
            return self.end(rest).is_some();
        }
        if let Some(rest) = line.strip_prefix("end: system time ") {
            self.system_time = rest.trim().parse().ok();
            return self.system_time.is_some();
        }
        if let Some(rest) = line.strip_prefix("end: code ") {
            self.code = rest.trim().parse().ok();
            return self.code.is_some();
        }
        if let Some(rest) = line.strip_prefix("observed: ") {
            return self.observed(rest).is_some();
        }
        if let Some(rest) = line.strip_prefix("partition ") {
            self.event(rest);
        }
        false
    }

    /// "control halted status 0"
    fn end(&mut self, text: &str) -> Option<()> {
        let mut words = text.split_whitespace();
        let name = words.next()?;
        let end = match words.next()? {
            "halted" => PartitionEnd::Halted(value_of(text, "status")?.try_into().ok()?),
            "running" => PartitionEnd::Running,
            "stopped" => PartitionEnd::Stopped,
            _ => return None,
        };
        self.ends.insert(name.to_owned(), end);
        Some(())
    }

    /// "window 0 partition control start 0 duration 20000000 count 50 late-min 400 late-max 712"
    fn observed(&mut self, text: &str) -> Option<()> {
        let window = usize::try_from(value_of(text, "window")?).ok()?;
        let observation = Observation {
            count: value_of(text, "count")?,
            late_min: value_of(text, "late-min")?,
            late_max: value_of(text, "late-max")?,
        };
        self.observations.insert(window, observation);
        Some(())
    }

    /// "rogue: stopped at 1000123456 ns: memory violation ..." or "hello: halted with status 0 at 41 ns". What the
    /// kernel says at the end counts more, but may never come.
    fn event(&mut self, text: &str) -> Option<()> {
        let (name, event) = text.split_once(": ")?;
        if event.starts_with("stopped at ") {
            self.reasons.insert(name.to_owned(), event.to_owned());
            self.ends.insert(name.to_owned(), PartitionEnd::Stopped);
        } else if event.starts_with("halted with ") {
            let status = value_of(event, "status")?.try_into().ok()?;
            self.ends.insert(name.to_owned(), PartitionEnd::Halted(status));
        }
        Some(())
    }
}

/// The number behind a word.
fn value_of(text: &str, word: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    words.find(|found| *found == word)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_report_at_the_end() {
        let mut facts = Facts::default();
        assert!(facts.take("end: partition control halted status 3"));
        assert!(facts.take("end: partition telemetry running"));
        assert!(facts.take("end: partition rogue stopped"));
        assert!(
            facts.take(
                "observed: window 1 partition control start 0 duration 2 count 50 late-min 4 late-max 7"
            )
        );
        assert!(facts.take("end: system time 5000000000"));
        assert_eq!(facts.ends["control"], PartitionEnd::Halted(3));
        assert_eq!(facts.ends["telemetry"], PartitionEnd::Running);
        assert_eq!(facts.ends["rogue"], PartitionEnd::Stopped);
        assert_eq!(facts.observations[&1], Observation { count: 50, late_min: 4, late_max: 7 });
        assert_eq!(facts.system_time, Some(5_000_000_000));
    }

    #[test]
    fn events_stay_visible() {
        let mut facts = Facts::default();
        assert!(!facts.take("partition rogue: stopped at 7 ns: memory violation (vector 14, error 0x6)"));
        assert!(!facts.take("partition hello: halted with status 2 at 9 ns"));
        assert_eq!(facts.reasons["rogue"], "stopped at 7 ns: memory violation (vector 14, error 0x6)");
        assert_eq!(facts.ends["hello"], PartitionEnd::Halted(2));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "(end: |observed: |partition )?(partition |window |system time )?\\PC*") {
            Facts::default().take(&line);
        }
    }
}
