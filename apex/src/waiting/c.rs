//! Waiting for C: the functions of `apex/include/bulkhead/waiting.h`.

use bulkhead_abi::{Error, Received};
use bulkhead_guest::clock;
use bulkhead_guest::ports::Port;

use super::{Discipline, Patience, Refusal};

/// `BULKHEAD_WAITING_NOT_ALLOWED`.
const NOT_ALLOWED: i32 = -16;

/// `BULKHEAD_WAITING_TIMED_OUT`.
const TIMED_OUT: i32 = -17;

fn code(refusal: Refusal) -> i32 {
    match refusal {
        Refusal::NotAvailable => Error::NotAvailable.code(),
        Refusal::NotAllowed => NOT_ALLOWED,
        Refusal::TimedOut => TIMED_OUT,
        Refusal::Kernel(error) => error.code(),
    }
}

/// What a time-out in nanoseconds means.
fn patience(time_out: i64) -> Patience {
    match u64::try_from(time_out) {
        Ok(0) => Patience::None,
        Ok(time_out) => Patience::Until(clock::now().saturating_add(time_out)),
        Err(_) => Patience::Forever,
    }
}

#[unsafe(no_mangle)]
pub(super) extern "C" fn bulkhead_waiting_attach(port: u32, by_priority: u32) -> i32 {
    let discipline = if by_priority == 0 { Discipline::Fifo } else { Discipline::Priority };
    let attached = Port::from_number(port).and_then(|port| super::attach(port, discipline));
    attached.map_or_else(Error::code, |()| 0)
}

/// # Safety
/// `length` bytes at `message` are readable.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn bulkhead_waiting_send(
    port: u32,
    message: *const u8,
    length: usize,
    time_out: i64,
) -> i32 {
    // SAFETY: the caller's promise.
    let message = unsafe { super::slice(message, length) };
    super::send(Port::unchecked(port), message, patience(time_out)).map_or_else(code, |()| 0)
}

/// # Safety
/// `length` bytes at `room` are writable.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn bulkhead_waiting_receive(
    port: u32,
    room: *mut u8,
    length: usize,
    time_out: i64,
) -> i32 {
    // SAFETY: the caller's promise.
    let room = unsafe { super::slice_mut(room, length) };
    super::receive(Port::unchecked(port), room, patience(time_out)).map_or_else(code, Received::result)
}

#[unsafe(no_mangle)]
pub(super) extern "C" fn bulkhead_waiting_serve(port: u32) {
    super::serve(Port::unchecked(port));
}

#[unsafe(no_mangle)]
pub(super) extern "C" fn bulkhead_waiting_count(port: u32) -> u32 {
    super::count(Port::unchecked(port))
}

#[unsafe(no_mangle)]
pub(super) extern "C" fn bulkhead_period_missed(task: u32, name: u32) {
    crate::error::period_missed(task, name);
}

#[unsafe(no_mangle)]
pub(super) extern "C" fn bulkhead_waiting_forget(task: u32) {
    super::forget(task);
}
