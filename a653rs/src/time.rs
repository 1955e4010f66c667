//! Time.

use a653rs::bindings::{ApexSystemTime, ApexTimeP1, ApexTimeP4, ErrorReturnCode};
use bulkhead_apex::{partition, process};

use crate::{Hypervisor, code};

impl ApexTimeP4 for Hypervisor {
    fn periodic_wait() -> Result<(), ErrorReturnCode> {
        process::periodic_wait().map_err(code)
    }

    fn get_time() -> ApexSystemTime {
        partition::get_time()
    }
}

impl ApexTimeP1 for Hypervisor {
    /// Without a delay the other processes of the same priority come first.
    fn timed_wait(delay_time: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        process::timed_wait(delay_time).map_err(code)
    }

    fn replenish(budget_time: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        process::replenish(budget_time).map_err(code)
    }
}
