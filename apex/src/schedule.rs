//! Part 2's schedules of the module.

use bulkhead_guest::partition::before_zero;
use bulkhead_guest::schedules::{self, Schedule};

use crate::ReturnCode;
use crate::directory::{Identifier, Name};

/// Part 2's `SCHEDULE_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// When the current schedule began, in nanoseconds of the clock; 0 for the first one.
    pub time_of_last_switch: i64,
    /// The schedule that runs.
    pub current: Identifier,
    /// The one that runs from the next major frame on.
    pub next: Identifier,
}

/// How services know a schedule: its number, from 1 on.
const fn identifier(number: u32) -> Identifier {
    number.wrapping_add(1) as Identifier
}

/// `SET_MODULE_SCHEDULE`. It begins with the next major frame; the last request counts.
///
/// # Errors
/// `InvalidParam` if there is no such schedule, `InvalidConfig` if this partition may not, `NoAction` if it is the one
/// that runs: then that goes on.
pub fn set_module_schedule(schedule: Identifier) -> Result<(), ReturnCode> {
    let number = schedule.checked_sub(1).and_then(|number| u32::try_from(number).ok());
    match Schedule::unchecked(number.ok_or(ReturnCode::InvalidParam)?).set() {
        Ok(true) => Ok(()),
        Ok(false) => Err(ReturnCode::NoAction),
        Err(error) => Err(error.into()),
    }
}

/// `GET_MODULE_SCHEDULE_STATUS`.
///
/// # Errors
/// `InvalidConfig` where the kernel has no schedules that could be asked for.
pub fn get_module_schedule_status() -> Result<Status, ReturnCode> {
    let status = schedules::status()?;
    Ok(Status {
        time_of_last_switch: i64::from(status.time_high as i32) << 32 | i64::from(status.time_low),
        current: identifier(status.current),
        next: identifier(status.next),
    })
}

/// `GET_MODULE_SCHEDULE_ID`.
///
/// # Errors
/// `InvalidConfig` if there is no schedule of this name.
pub fn get_module_schedule_id(name: &Name) -> Result<Identifier, ReturnCode> {
    let text = core::str::from_utf8(before_zero(name)).map_err(|_| ReturnCode::InvalidConfig)?;
    let schedule = Schedule::find(text).map_err(|_| ReturnCode::InvalidConfig)?;
    Ok(identifier(schedule.number()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::tests::name;
    use bulkhead_guest::host::simulated::health as world;

    #[test]
    fn another_schedule_is_asked_for_by_its_name() {
        world::set_schedules(&["main", "degraded"]);
        assert_eq!(get_module_schedule_id(&name("main")), Ok(1));
        assert_eq!(get_module_schedule_id(&name("degraded")), Ok(2));
        assert_eq!(get_module_schedule_id(&name("degrade")), Err(ReturnCode::InvalidConfig));
        assert_eq!(get_module_schedule_id(&[0xff; 32]), Err(ReturnCode::InvalidConfig));
        for none in [i32::MIN, -1, 0, 3, i32::MAX] {
            assert_eq!(set_module_schedule(none), Err(ReturnCode::InvalidParam), "{none}");
        }
        assert_eq!(set_module_schedule(1), Err(ReturnCode::NoAction));
        assert_eq!(set_module_schedule(2), Ok(()));
        let status = |current, next| Ok(Status { time_of_last_switch: 0, current, next });
        assert_eq!(get_module_schedule_status(), status(1, 2));
        world::begin_frame();
        assert_eq!(get_module_schedule_status(), status(2, 2));
    }
}
