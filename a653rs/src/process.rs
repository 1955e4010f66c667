//! Processes.

use a653rs::bindings::{ApexPartitionP4, ApexProcessAttribute, ApexProcessP4, ErrorReturnCode, ProcessId};

use crate::{Hypervisor, executive};

impl ApexProcessP4 for Hypervisor {
    fn create_process(attributes: &ApexProcessAttribute) -> Result<ProcessId, ErrorReturnCode> {
        let period = Self::get_partition_status().period;
        executive::create(attributes, period).map(executive::id)
    }

    fn start(process_id: ProcessId) -> Result<(), ErrorReturnCode> {
        executive::start(executive::index(process_id).ok_or(ErrorReturnCode::InvalidParam)?)
    }
}
