//! The clock: time of day, time since the start, ticks.

use super::{code, directive, number, out, with_executive};
use crate::executive::calendar::{EPOCH_SECONDS, TimeOfDay};
use crate::executive::{Answer, Status};

const SECOND: u64 = 1_000_000_000;

/// `struct timespec`.
#[repr(C)]
pub(crate) struct TimeSpec {
    seconds: i64,
    nanoseconds: core::ffi::c_long,
}

impl TimeSpec {
    pub(crate) fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self {
            seconds: (nanoseconds / SECOND) as i64,
            nanoseconds: (nanoseconds % SECOND) as core::ffi::c_long,
        }
    }

    /// The nanoseconds that this is; nothing if it is no time to wait.
    pub(crate) fn nanoseconds(&self) -> Option<u64> {
        let part = u64::try_from(self.nanoseconds).ok().filter(|part| *part < SECOND)?;
        Some(u64::try_from(self.seconds).ok()?.saturating_mul(SECOND).saturating_add(part))
    }
}

/// `struct timeval`.
#[repr(C)]
pub(crate) struct TimeValue {
    seconds: i64,
    microseconds: core::ffi::c_long,
}

impl TimeValue {
    pub(crate) fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self {
            seconds: (nanoseconds / SECOND) as i64,
            microseconds: (nanoseconds % SECOND / 1000) as core::ffi::c_long,
        }
    }
}

/// Stores the value of an answer if the pointer is not null.
///
/// # Safety
/// `pointer` is null or writable.
unsafe fn store<T>(pointer: *mut T, work: impl FnOnce() -> Answer<T>) -> u32 {
    let answer = out(pointer).and_then(|pointer| {
        let value = work()?;
        // SAFETY: the caller's promise.
        unsafe { pointer.write(value) };
        Ok(())
    });
    code(answer)
}

/// Nanoseconds since the start.
pub(crate) fn uptime() -> u64 {
    with_executive(|executive| executive.uptime())
}

/// The time of day in nanoseconds since 1970; the API's epoch while it has not been set.
pub(crate) fn real_time() -> u64 {
    let wall = with_executive(|executive| executive.wall_time());
    wall.unwrap_or_else(|_| EPOCH_SECONDS * SECOND + uptime())
}

/// # Safety
/// `time` is null or points to a time of day.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_set(time: *const TimeOfDay) -> u32 {
    let answer = out(time.cast_mut()).and_then(|time| {
        // SAFETY: the caller's promise.
        let time = unsafe { time.read() };
        directive(|executive| executive.clock_set(&time))
    });
    code(answer)
}

/// # Safety
/// `time` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_tod(time: *mut TimeOfDay) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { store(time, || with_executive(|executive| executive.time_of_day())) }
}

/// # Safety
/// `time` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_tod_timeval(time: *mut TimeValue) -> u32 {
    let wall = || with_executive(|executive| executive.wall_time());
    // SAFETY: the caller's promise.
    unsafe { store(time, || wall().map(TimeValue::from_nanoseconds)) }
}

/// RTEMS's manual says since 1988; RTEMS 7 counts from 1970, and so does this.
#[unsafe(no_mangle)]
extern "C" fn rtems_clock_get_seconds_since_epoch(seconds: *mut u32) -> u32 {
    if seconds.is_null() {
        return Status::InvalidAddress as u32;
    }
    let wall = with_executive(|executive| executive.wall_time());
    number(wall.map(|wall| (wall / SECOND) as u32), seconds)
}

/// # Safety
/// `time` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_uptime(time: *mut TimeSpec) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { store(time, || Ok(TimeSpec::from_nanoseconds(uptime()))) }
}

/// # Safety
/// `time` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_uptime_timeval(time: *mut TimeValue) {
    // SAFETY: the caller's promise.
    unsafe { time.write(TimeValue::from_nanoseconds(uptime())) };
}

#[unsafe(no_mangle)]
extern "C" fn rtems_clock_get_uptime_seconds() -> i64 {
    (uptime() / SECOND) as i64
}

#[unsafe(no_mangle)]
extern "C" fn rtems_clock_get_uptime_nanoseconds() -> u64 {
    uptime()
}

/// # Safety
/// `time` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_monotonic(time: *mut TimeSpec) {
    // SAFETY: the caller's promise.
    unsafe { time.write(TimeSpec::from_nanoseconds(uptime())) };
}

/// # Safety
/// `time` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_clock_get_realtime(time: *mut TimeSpec) {
    // SAFETY: the caller's promise.
    unsafe { time.write(TimeSpec::from_nanoseconds(real_time())) };
}

#[unsafe(no_mangle)]
extern "C" fn rtems_clock_get_ticks_per_second() -> u32 {
    (SECOND / with_executive(|executive| executive.settings().nanoseconds_per_tick)) as u32
}

#[unsafe(no_mangle)]
extern "C" fn rtems_clock_get_ticks_since_boot() -> u32 {
    with_executive(|executive| executive.ticks()) as u32
}
