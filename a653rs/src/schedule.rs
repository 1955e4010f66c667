//! Part 2's schedules of the module.

use a653rs::bindings::{ApexScheduleP2, ApexScheduleStatus, ErrorReturnCode, ScheduleId, ScheduleName};
use bulkhead_apex::schedule;

use crate::{Hypervisor, code, identifier};

impl ApexScheduleP2 for Hypervisor {
    fn set_module_schedule(schedule_id: ScheduleId) -> Result<(), ErrorReturnCode> {
        schedule::set_module_schedule(identifier(schedule_id)).map_err(code)
    }

    fn get_module_schedule_status() -> Result<ApexScheduleStatus, ErrorReturnCode> {
        let status = schedule::get_module_schedule_status().map_err(code)?;
        Ok(ApexScheduleStatus {
            time_of_last_schedule_switch: status.time_of_last_switch,
            current_schedule: status.current.into(),
            next_schedule: status.next.into(),
        })
    }

    fn get_module_schedule_id(schedule_name: ScheduleName) -> Result<ScheduleId, ErrorReturnCode> {
        schedule::get_module_schedule_id(&schedule_name).map(ScheduleId::from).map_err(code)
    }
}
