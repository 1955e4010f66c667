//! Time.

use a653rs::bindings::{ApexSystemTime, ApexTimeP1, ApexTimeP4, ErrorReturnCode};
use bulkhead_apex::partition;
use bulkhead_guest::{clock, interrupts};

use crate::{Hypervisor, executive};

/// Whether a process calls that may wait: not the start function, the error handler or an interrupt handler.
fn may_wait() -> bool {
    interrupts::nesting() == 0 && executive::processes(|processes| processes.caller()).is_some()
}

impl ApexTimeP4 for Hypervisor {
    fn periodic_wait() -> Result<(), ErrorReturnCode> {
        if !may_wait() {
            return Err(ErrorReturnCode::InvalidMode);
        }
        executive::leave(|processes| processes.wait_for_period())
    }

    fn get_time() -> ApexSystemTime {
        partition::get_time()
    }
}

impl ApexTimeP1 for Hypervisor {
    /// Without a delay the other processes of the same priority come first.
    fn timed_wait(delay_time: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        if !may_wait() {
            return Err(ErrorReturnCode::InvalidMode);
        }
        let delay = u64::try_from(delay_time).map_err(|_| ErrorReturnCode::InvalidParam)?;
        let end = clock::now().checked_add(delay).filter(|end| i64::try_from(*end).is_ok());
        let end = end.ok_or(ErrorReturnCode::InvalidParam)?;
        executive::leave(|processes| if delay == 0 { processes.give_way() } else { processes.wait(end) });
        Ok(())
    }

    fn replenish(budget_time: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        executive::leave(|processes| processes.replenish(budget_time, clock::now()))
    }
}
