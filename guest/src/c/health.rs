//! The functions of `guest/include/bulkhead.h` for modes, the health monitor and schedules.

use core::ffi::{CStr, c_char};

use bulkhead_abi::{
    Error, HealthError, HealthRecord, Mode, PartitionDescription, ScheduleDescription, ScheduleStatus,
};

use super::code;
use super::ports::{number, store};
use crate::health;
use crate::host::{Host, Kernel};
use crate::partition;
use crate::schedules::{self, Schedule};

/// 0, 1 if there was nothing to do, or the error's number.
fn changed(result: Result<bool, Error>) -> i32 {
    result.map_or_else(Error::code, |changed| i32::from(!changed))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_set_mode(mode: u32) -> i32 {
    changed(Mode::from_number(mode).ok_or(Error::BadArgument).and_then(partition::set_mode))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_begin_normal() {
    partition::begin_normal();
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_partition_control(number: u32, mode: u32) -> i32 {
    let mode = Mode::from_number(mode).ok_or(Error::BadArgument);
    changed(mode.and_then(|mode| partition::control(number, mode)))
}

/// # Safety
/// A description is writable at `description`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_partition_describe(number: u32, description: *mut PartitionDescription) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(description, partition::describe(number)) }
}

/// # Safety
/// `name` points to text that a zero ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_partition_find(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    number(partition::find_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_raise_error(error: u32, error_code: u32, detail: u32) -> i32 {
    let error = HealthError::from_number(error).ok_or(Error::BadArgument);
    code(error.and_then(|error| health::raise(error, error_code, detail)))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_serve_watchdog() -> i32 {
    code(health::serve_watchdog())
}

/// # Safety
/// A record is writable at `record`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_health_read(partition: u32, sequence: u32, record: *mut HealthRecord) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(record, Kernel::health_read(partition, sequence)) }
}

/// # Safety
/// `function` may be called whenever interrupts are enabled.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_health_install(function: Option<health::Handler>) {
    // SAFETY: the caller's promise.
    unsafe { health::install_raw(function) };
}

/// # Safety
/// `name` points to text that a zero ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_schedule_find(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    number(Schedule::find_bytes(name.to_bytes()).map(Schedule::number))
}

/// # Safety
/// A description is writable at `description`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_schedule_describe(schedule: u32, description: *mut ScheduleDescription) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(description, Schedule::unchecked(schedule).describe()) }
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_schedule_set(schedule: u32) -> i32 {
    changed(Schedule::unchecked(schedule).set())
}

/// # Safety
/// A status is writable at `status`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_schedule_status(status: *mut ScheduleStatus) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(status, schedules::status()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated::health as world;

    #[test]
    fn c_changes_modes_and_schedules_and_reads_the_log() {
        world::set_schedules(&["main", "degraded"]);
        let warm = Mode::WarmStart as u32;
        assert_eq!((bulkhead_set_mode(4), bulkhead_set_mode(warm)), (-3, Error::InvalidMode.code()));
        assert_eq!((bulkhead_set_mode(3), bulkhead_set_mode(3)), (0, 1));
        assert_eq!((bulkhead_partition_control(1, 0), bulkhead_partition_control(1, 0)), (0, 1));
        assert_eq!((bulkhead_partition_control(1, 3), bulkhead_partition_control(2, 0)), (-3, -3));
        assert_eq!((bulkhead_raise_error(12, 1, 2), bulkhead_raise_error(17, 0, 0)), (0, -3));
        assert_eq!((bulkhead_raise_error(0, 0, 0), bulkhead_serve_watchdog()), (-3, 0));
        // SAFETY: names and structures are what the header asks for.
        unsafe {
            assert_eq!(bulkhead_partition_find(c"simulated".as_ptr()), 0);
            assert_eq!(bulkhead_partition_find(c"sim".as_ptr()), Error::NotPermitted.code());
            let mut description = PartitionDescription::default();
            assert_eq!(bulkhead_partition_describe(0, &raw mut description), 0);
            assert_eq!((description.mode(), description.error), (Mode::Normal, 12));
            let mut record = HealthRecord::default();
            assert_eq!(bulkhead_health_read(0, 0, &raw mut record), 0);
            assert_eq!((record.error, record.code, record.detail), (12, 1, 2));
            assert_eq!(bulkhead_health_read(0, 1, &raw mut record), Error::NotAvailable.code());
            assert_eq!(bulkhead_schedule_find(c"degraded".as_ptr()), 1);
            assert_eq!(bulkhead_schedule_find(c"".as_ptr()), Error::BadArgument.code());
            let mut schedule = ScheduleDescription::default();
            assert_eq!(bulkhead_schedule_describe(1, &raw mut schedule), 0);
            assert_eq!(&schedule.name[..9], b"degraded\0");
            assert_eq!(
                (bulkhead_schedule_set(1), bulkhead_schedule_set(0), bulkhead_schedule_set(2)),
                (0, 1, -3)
            );
            let mut status = ScheduleStatus::default();
            assert_eq!((bulkhead_schedule_status(&raw mut status), status.next), (0, 0));
        }
    }
}
