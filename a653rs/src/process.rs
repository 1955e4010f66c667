//! Processes.

use a653rs::bindings::{
    ApexPartitionP4, ApexProcessAttribute, ApexProcessP1, ApexProcessP4, ApexProcessStatus, ApexSystemTime,
    Deadline, ErrorReturnCode, LockLevel, Priority, ProcessId, ProcessIndex, ProcessName, ProcessState,
    ProcessorCoreId,
};
use bulkhead_apex::{ReturnCode, process};

use crate::{Hypervisor, code, executive, identifier};

impl ApexProcessP4 for Hypervisor {
    fn create_process(attributes: &ApexProcessAttribute) -> Result<ProcessId, ErrorReturnCode> {
        if !executive::has_room(attributes.stack_size) {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        // 0 is the partition's own period, as other implementations of the traits have it.
        let period =
            if attributes.period == 0 { Self::get_partition_status().period } else { attributes.period };
        executive::next_is_periodic(period > 0);
        let created = process::create_process(&process::Attributes {
            period,
            time_capacity: attributes.time_capacity,
            entry: Some(attributes.entry_point),
            stack_size: attributes.stack_size,
            base_priority: attributes.base_priority,
            deadline: attributes.deadline as u32,
            name: attributes.name,
        });
        executive::next_is_periodic(false);
        created.map(ProcessId::from).map_err(code)
    }

    fn start(process_id: ProcessId) -> Result<(), ErrorReturnCode> {
        process::start(identifier(process_id)).map_err(code)
    }
}

/// The level of a lock of preemption.
fn level((level, answer): (i32, ReturnCode)) -> Result<LockLevel, ErrorReturnCode> {
    if answer == ReturnCode::NoError { Ok(level) } else { Err(code(answer)) }
}

impl ApexProcessP1 for Hypervisor {
    fn set_priority(process_id: ProcessId, priority: Priority) -> Result<(), ErrorReturnCode> {
        process::set_priority(identifier(process_id), priority).map_err(code)
    }

    fn suspend_self(time_out: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        process::suspend_self(time_out).map_err(code)
    }

    fn suspend(process_id: ProcessId) -> Result<(), ErrorReturnCode> {
        process::suspend(identifier(process_id)).map_err(code)
    }

    fn resume(process_id: ProcessId) -> Result<(), ErrorReturnCode> {
        process::resume(identifier(process_id)).map_err(code)
    }

    /// Returns to nobody but the start function, and an interrupt handler.
    fn stop_self() {
        process::stop_self();
    }

    fn stop(process_id: ProcessId) -> Result<(), ErrorReturnCode> {
        process::stop(identifier(process_id)).map_err(code)
    }

    fn delayed_start(process_id: ProcessId, delay_time: ApexSystemTime) -> Result<(), ErrorReturnCode> {
        process::delayed_start(identifier(process_id), delay_time).map_err(code)
    }

    fn lock_preemption() -> Result<LockLevel, ErrorReturnCode> {
        level(process::lock_preemption())
    }

    fn unlock_preemption() -> Result<LockLevel, ErrorReturnCode> {
        level(process::unlock_preemption())
    }

    fn get_my_id() -> Result<ProcessId, ErrorReturnCode> {
        process::get_my_id().map(ProcessId::from).map_err(code)
    }

    fn get_process_id(process_name: ProcessName) -> Result<ProcessId, ErrorReturnCode> {
        process::get_process_id(&process_name).map(ProcessId::from).map_err(code)
    }

    fn get_process_status(process_id: ProcessId) -> Result<ApexProcessStatus, ErrorReturnCode> {
        let status = process::get_process_status(identifier(process_id)).map_err(code)?;
        let attributes = status.attributes;
        Ok(ApexProcessStatus {
            deadline_time: status.deadline_time,
            current_priority: status.current_priority,
            process_state: state(status.state),
            attributes: ApexProcessAttribute {
                period: attributes.period,
                time_capacity: attributes.time_capacity,
                // Every process has been created with one.
                entry_point: attributes.entry.ok_or(ErrorReturnCode::InvalidParam)?,
                stack_size: attributes.stack_size,
                base_priority: attributes.base_priority,
                deadline: if attributes.deadline == 0 { Deadline::Soft } else { Deadline::Hard },
                name: attributes.name,
            },
        })
    }

    fn initialize_process_core_affinity(
        process_id: ProcessId,
        processor_core_id: ProcessorCoreId,
    ) -> Result<(), ErrorReturnCode> {
        process::initialize_process_core_affinity(identifier(process_id), processor_core_id).map_err(code)
    }

    fn get_my_processor_core_id() -> ProcessorCoreId {
        0
    }

    fn get_my_index() -> Result<ProcessIndex, ErrorReturnCode> {
        process::get_my_index().map_err(code)
    }
}

fn state(state: u32) -> ProcessState {
    const ALL: [ProcessState; 5] = [
        ProcessState::Dormant,
        ProcessState::Ready,
        ProcessState::Running,
        ProcessState::Waiting,
        ProcessState::Faulted,
    ];
    ALL.into_iter().find(|known| *known as u32 == state).unwrap_or(ProcessState::Waiting)
}
