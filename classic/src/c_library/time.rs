//! `<time.h>` and `<sys/time.h>`, and what waits by them. There is one time zone, UTC.

use core::ffi::{c_char, c_int, c_uint, c_ulong};

use bulkhead_cell::Single;

use super::errno::{self, EINVAL};
use super::strings::bounded;
use crate::dates::Date;
use crate::edge::{TimeSpec, TimeValue, real_time, sleep_for, uptime};

const SECOND: u64 = 1_000_000_000;

/// `CLOCK_REALTIME` and `CLOCK_MONOTONIC`, as RTEMS has them.
const REAL_TIME: c_int = 1;
const MONOTONIC: c_int = 4;

/// How long a text of `asctime` may be.
const TEXT: usize = 26;

/// What a clock says, in nanoseconds.
fn read(clock: c_int) -> Option<u64> {
    match clock {
        REAL_TIME => Some(real_time()),
        MONOTONIC => Some(uptime()),
        _ => {
            errno::set(EINVAL);
            None
        }
    }
}

/// # Safety
/// `time` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut TimeSpec) -> c_int {
    let Some(nanoseconds) = read(clock) else {
        return -1;
    };
    // SAFETY: the caller's promise.
    unsafe { time.write(TimeSpec::from_nanoseconds(nanoseconds)) };
    0
}

/// # Safety
/// `resolution` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_getres(clock: c_int, resolution: *mut TimeSpec) -> c_int {
    if read(clock).is_none() {
        return -1;
    }
    if !resolution.is_null() {
        // SAFETY: the caller's promise.
        unsafe { resolution.write(TimeSpec::from_nanoseconds(1)) };
    }
    0
}

/// # Safety
/// `time` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(time: *mut TimeValue, _zone: *mut u8) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { time.write(TimeValue::from_nanoseconds(real_time())) };
    0
}

/// # Safety
/// `place` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn time(place: *mut i64) -> i64 {
    let seconds = (real_time() / SECOND) as i64;
    if !place.is_null() {
        // SAFETY: the caller's promise.
        unsafe { place.write(seconds) };
    }
    seconds
}

/// Microseconds since the partition's start.
#[unsafe(no_mangle)]
extern "C" fn clock() -> c_ulong {
    (uptime() / 1000) as c_ulong
}

extern "C" fn difftime(end: i64, begin: i64) -> u64 {
    ((end as f64) - (begin as f64)).to_bits()
}
returning!(double, 4, difftime, difftime);

/// # Safety
/// `seconds` is readable, `date` writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn gmtime_r(seconds: *const i64, date: *mut Date) -> *mut Date {
    // SAFETY: the caller's promise.
    let Some(value) = Date::from_seconds(unsafe { seconds.read() }) else {
        errno::set(errno::EOVERFLOW);
        return core::ptr::null_mut();
    };
    // SAFETY: the caller's promise.
    unsafe { date.write(value) };
    date
}

/// # Safety
/// As [`gmtime_r`].
#[unsafe(no_mangle)]
unsafe extern "C" fn localtime_r(seconds: *const i64, date: *mut Date) -> *mut Date {
    // SAFETY: the caller's promise.
    unsafe { gmtime_r(seconds, date) }
}

/// # Safety
/// `seconds` is readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn gmtime(seconds: *const i64) -> *mut Date {
    static DATE: Single<Date> = Single::new(Date {
        second: 0,
        minute: 0,
        hour: 0,
        day: 0,
        month: 0,
        year: 0,
        weekday: 0,
        day_of_year: 0,
        summer_time: 0,
    });
    // SAFETY: the caller's promise; the place is what C's program shares between its tasks.
    unsafe { gmtime_r(seconds, DATE.address()) }
}

/// # Safety
/// `seconds` is readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn localtime(seconds: *const i64) -> *mut Date {
    // SAFETY: the caller's promise.
    unsafe { gmtime(seconds) }
}

/// # Safety
/// `date` is readable and writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn timegm(date: *mut Date) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        let seconds = (*date).seconds();
        match Date::from_seconds(seconds) {
            Some(normal) => date.write(normal),
            None => {
                errno::set(errno::EOVERFLOW);
                return -1;
            }
        }
        seconds
    }
}

/// # Safety
/// As [`timegm`].
#[unsafe(no_mangle)]
unsafe extern "C" fn mktime(date: *mut Date) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { timegm(date) }
}

/// # Safety
/// `size` bytes at `buffer` are writable, `format` is a string, `date` readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn strftime(
    buffer: *mut c_char,
    size: usize,
    format: *const c_char,
    date: *const Date,
) -> usize {
    let mut length = 0usize;
    let mut output = |piece: &[u8]| {
        let end = length.saturating_add(piece.len());
        if end < size {
            // SAFETY: the caller's promise; the last byte is left for the zero.
            unsafe { buffer.add(length).cast::<u8>().copy_from(piece.as_ptr(), piece.len()) };
        }
        length = end;
    };
    // SAFETY: the caller's promise.
    unsafe { (*date).write(bounded(format, usize::MAX), &mut output) };
    if length >= size {
        return 0;
    }
    // SAFETY: less than the size.
    unsafe { buffer.add(length).write(0) };
    length
}

/// # Safety
/// `date` is readable, and 26 bytes at `buffer` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn asctime_r(date: *const Date, buffer: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    let length = unsafe { strftime(buffer, TEXT, c"%a %b %e %H:%M:%S %Y\n".as_ptr(), date) };
    if length == 0 {
        errno::set(errno::EOVERFLOW);
        return core::ptr::null_mut();
    }
    buffer
}

/// # Safety
/// `date` is readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn asctime(date: *const Date) -> *mut c_char {
    static BUFFER: Single<[c_char; TEXT]> = Single::new([0; TEXT]);
    // SAFETY: the caller's promise; the place is what C's program shares between its tasks.
    unsafe { asctime_r(date, BUFFER.address().cast()) }
}

/// # Safety
/// `seconds` is readable, and 26 bytes at `buffer` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn ctime_r(seconds: *const i64, buffer: *mut c_char) -> *mut c_char {
    let mut date = Date::default();
    // SAFETY: the caller's promise.
    unsafe {
        if gmtime_r(seconds, &raw mut date).is_null() {
            return core::ptr::null_mut();
        }
        asctime_r(&raw const date, buffer)
    }
}

/// # Safety
/// `seconds` is readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn ctime(seconds: *const i64) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { asctime(gmtime(seconds)) }
}

/// # Safety
/// `wanted` is readable, `rest` null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(wanted: *const TimeSpec, rest: *mut TimeSpec) -> c_int {
    // SAFETY: the caller's promise.
    let Some(nanoseconds) = (unsafe { (*wanted).nanoseconds() }) else {
        errno::set(EINVAL);
        return -1;
    };
    sleep_for(nanoseconds);
    if !rest.is_null() {
        // SAFETY: the caller's promise.
        unsafe { rest.write(TimeSpec::from_nanoseconds(0)) };
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn sleep(seconds: c_uint) -> c_uint {
    sleep_for(u64::from(seconds) * SECOND);
    0
}

#[unsafe(no_mangle)]
extern "C" fn usleep(microseconds: c_uint) -> c_int {
    sleep_for(u64::from(microseconds) * 1000);
    0
}
