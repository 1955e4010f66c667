//! What the health monitor of one guest decides, by the same rules as our own kernel's.

use bulkhead_abi::{Action, Ground, HealthError, Mode, StartReason};
use bulkhead_kernel_core::health_log::Entries;
use bulkhead_kernel_core::restarts::{Budget, Restarts};
use bulkhead_xen_facts::health::HealthTable;

/// What is kept of a partition.
#[derive(Debug)]
pub(super) struct Health {
    /// Its mode.
    pub(super) mode: Mode,
    /// The last error that was dealt with for it.
    pub(super) error: Option<HealthError>,
    /// The last decisions.
    pub(super) log: Entries,
    restarts: Restarts,
}

impl Health {
    /// Of a partition that has not begun.
    pub(super) const NEW: Self =
        Self { mode: Mode::ColdStart, error: None, log: Entries::NONE, restarts: Restarts::NONE };

    /// What is to be done about an error now: its response, or that of an error in a start, or idling if that would be
    /// one restart too many; and which of them that is. A restart is taken from the budget.
    pub(super) fn decide(&mut self, table: &HealthTable, error: HealthError, now: u64) -> (Action, Ground) {
        let at_start = table.response(HealthError::Initialization).filter(|_| self.mode != Mode::Normal);
        let ground = if at_start.is_some() { Ground::Initialization } else { Ground::Error };
        match at_start.or(table.response(error)).map(|response| response.action) {
            Some(action @ (Action::WarmRestart | Action::ColdRestart)) => {
                if self.restarts.take(budget(table), now) {
                    (action, ground)
                } else {
                    (Action::Idle, Ground::RestartsExceeded)
                }
            }
            Some(action @ (Action::Ignore | Action::Log)) => (action, ground),
            // The module is not the guest's.
            _ => (Action::Idle, ground),
        }
    }

    /// Why the partition is started again, if the health monitor does what it has decided. A cold start that is not
    /// done is not followed by a warm one.
    pub(super) fn start_reason(&self, action: Action) -> Option<StartReason> {
        match action {
            Action::WarmRestart if self.mode != Mode::ColdStart => Some(StartReason::HealthMonitorWarm),
            Action::WarmRestart | Action::ColdRestart => Some(StartReason::HealthMonitor),
            _ => None,
        }
    }

    /// How many restarts there are left.
    pub(super) fn restarts_left(&self, table: &HealthTable, now: u64) -> u32 {
        self.restarts.left(budget(table), now)
    }
}

fn budget(table: &HealthTable) -> Budget {
    Budget { most: table.restarts as u8, period: table.restart_period }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_abi::Response;

    fn table(changes: &[(HealthError, Action)]) -> HealthTable {
        let mut table = HealthTable { restarts: 2, restart_period: 1000, ..HealthTable::STANDARD };
        for (error, action) in changes {
            table.responses[*error as usize] = Response::new(*action).encode();
        }
        table
    }

    #[test]
    fn the_budget_of_restarts_ends_in_idling_and_comes_back() {
        let table = table(&[(HealthError::Memory, Action::ColdRestart)]);
        let mut health = Health { mode: Mode::Normal, ..Health::NEW };
        let mut at = |now| health.decide(&table, HealthError::Memory, now);
        assert_eq!([0, 10, 999, 1000].map(&mut at), {
            let again = (Action::ColdRestart, Ground::Error);
            [again, again, (Action::Idle, Ground::RestartsExceeded), again]
        });
        assert_eq!([1005, 1010].map(|now| health.restarts_left(&table, now)), [0, 1]);
        assert_eq!(health.decide(&table, HealthError::Application, 1005), (Action::Log, Ground::Error));
        assert_eq!(health.decide(&table, HealthError::Arithmetic, 1005), (Action::Idle, Ground::Error));
    }

    #[test]
    fn an_error_in_a_start_has_a_response_of_its_own() {
        let table =
            table(&[(HealthError::Initialization, Action::Idle), (HealthError::Memory, Action::WarmRestart)]);
        for (mode, decided) in [
            (Mode::ColdStart, (Action::Idle, Ground::Initialization)),
            (Mode::WarmStart, (Action::Idle, Ground::Initialization)),
            (Mode::Normal, (Action::WarmRestart, Ground::Error)),
        ] {
            let mut health = Health { mode, ..Health::NEW };
            assert_eq!(health.decide(&table, HealthError::Memory, 0), decided, "{mode:?}");
        }
    }

    #[test]
    fn a_warm_restart_in_a_cold_start_is_a_cold_one() {
        let reason = |mode| Health { mode, ..Health::NEW }.start_reason(Action::WarmRestart);
        assert_eq!(reason(Mode::ColdStart), Some(StartReason::HealthMonitor));
        assert_eq!(reason(Mode::WarmStart), Some(StartReason::HealthMonitorWarm));
        assert_eq!(reason(Mode::Normal), Some(StartReason::HealthMonitorWarm));
        let new = Health::NEW;
        assert_eq!((new.start_reason(Action::Idle), new.error, new.log.read(0, 0)), (None, None, None));
    }
}
