//! What the health monitor has decided in a run, added up.

use std::collections::BTreeMap;

use bulkhead_abi::event::{Kind, NO_PARTITION, Record};
use bulkhead_abi::{Action, Ground, HealthError};

/// A decision: whose error it was about, which, and what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// Number of the partition, or [`NO_PARTITION`] for the module.
    pub partition: u16,
    error: u32,
    action: u32,
    ground: u32,
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

    /// Which response of the table it was.
    #[must_use]
    pub fn ground(&self) -> Ground {
        Ground::from_number(self.ground)
    }
}

impl Decisions {
    /// Takes a record, whatever it is about.
    pub(super) fn take(&mut self, record: &Record) {
        let (error, action, ground) = match (record.kind, record.stop(), record.decision()) {
            (Kind::Stopped, Some(stop), _) => (HealthError::of_fault(stop.kind), Action::Idle, stop.ground),
            (_, _, Some(decision)) => {
                self.more_than_stops = true;
                (decision.error, decision.action, decision.ground)
            }
            _ => return,
        };
        let (error, action, ground) = (error as u32, action as u32, ground as u32);
        let decided = Decided { partition: record.partition, error, action, ground };
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
        let decision = |action, ground| Decision {
            error: HealthError::Application,
            action,
            level: Level::Partition,
            code: 7,
            detail: 0,
            memory: None,
            program_counter: 0,
            ground,
        };
        let mut decisions = Decisions::default();
        let restart = decision(Action::ColdRestart, Ground::Error);
        for (time, decision) in
            [(5, restart), (6, restart), (9, decision(Action::Idle, Ground::RestartsExceeded))]
        {
            decisions.take(&Record::health(time, 1, &decision));
        }
        decisions.take(&Record::health(7, NO_PARTITION, &decision(Action::Log, Ground::Error)));
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
        let grounds: Vec<_> = decisions.iter().map(|(decided, _)| decided.ground()).collect();
        assert_eq!(grounds, [Ground::Error, Ground::RestartsExceeded, Ground::Error]);
    }
}
