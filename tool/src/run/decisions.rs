//! What the health monitor has decided in a run, added up.

use std::collections::BTreeMap;

use bulkhead_abi::event::{Kind, NO_PARTITION, Record};
use bulkhead_abi::{Action, HealthError};

/// A decision: whose error it was about, which, and what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// Number of the partition, or [`NO_PARTITION`] for the module.
    pub partition: u16,
    error: u32,
    action: u32,
}

/// How often something was decided, and when, in nanoseconds of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: u64,
    /// The last time.
    pub last: u64,
}

/// Everything that was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    all: BTreeMap<Decided, Times>,
    /// Whether anything was decided but to stop a partition that has faulted, which is told with the partition's end.
    pub more_than_stops: bool,
}

impl Decided {
    /// Whose error it was: the partition's number, or `None` for the module.
    #[must_use]
    pub fn whose(&self) -> Option<usize> {
        (self.partition != NO_PARTITION).then_some(self.partition.into())
    }

    /// The error's word.
    #[must_use]
    pub fn error(&self) -> &'static str {
        HealthError::from_number(self.error).map_or("?", HealthError::word)
    }

    /// The action's word.
    #[must_use]
    pub fn action(&self) -> &'static str {
        Action::from_number(self.action).map_or("?", Action::word)
    }
}

impl Decisions {
    /// Takes a record, whatever it is about.
    pub(super) fn take(&mut self, record: &Record) {
        let (error, action) = match (record.kind, record.stop()) {
            (Kind::Stopped, Some(stop)) => (HealthError::of_fault(stop.kind) as u32, Action::Idle as u32),
            (Kind::Health, _) => {
                self.more_than_stops = true;
                let [error, action, ..] = record.arguments;
                (u32::try_from(error).unwrap_or_default(), u32::try_from(action).unwrap_or_default())
            }
            _ => return,
        };
        let decided = Decided { partition: record.partition, error, action };
        let none = Times { count: 0, first: record.time, last: record.time };
        let times = self.all.entry(decided).or_insert(none);
        *times = Times { count: times.count + 1, last: record.time, ..*times };
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all.values().map(|times| times.count).sum()
    }

    /// Each with how often and when, in the order of the partitions, the module last.
    pub fn iter(&self) -> impl Iterator<Item = (&Decided, &Times)> {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_abi::Level;
    use bulkhead_abi::event::Decision;

    #[test]
    fn decisions_are_added_up() {
        let decision = |action| Decision {
            error: HealthError::Application,
            action,
            level: Level::Partition,
            code: 7,
            detail: 0,
            address: 0,
            program_counter: 0,
        };
        let mut decisions = Decisions::default();
        for (time, action) in [(5, Action::ColdRestart), (6, Action::ColdRestart), (9, Action::Idle)] {
            decisions.take(&Record::health(time, 1, &decision(action)));
        }
        decisions.take(&Record::health(7, NO_PARTITION, &decision(Action::Log)));
        decisions.take(&Record::halted(8, 1, 0));
        let said: Vec<_> =
            decisions.iter().map(|(it, times)| (it.whose(), it.error(), it.action(), times.count)).collect();
        let error = "application-error";
        assert_eq!(
            said,
            [(Some(1), error, "cold-restart", 2), (Some(1), error, "idle", 1), (None, error, "log", 1)]
        );
        let (_, first) = decisions.iter().next().expect("a decision");
        assert_eq!((first.first, first.last, decisions.count()), (5, 6, 4));
    }
}
