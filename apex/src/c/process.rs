//! The functions of `apex/include/arinc653.h` for processes and their time.

use super::{code, named, store};
use crate::{ReturnCode, process};

services! {
    /// Creates a process.
    fn CREATE_PROCESS("bulkhead_create_process")(attributes: *const process::Attributes, identifier: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, process::create_process(&attributes.read())) }
    }

    /// How services know a process.
    fn GET_PROCESS_ID(name: *const u8, identifier: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, process::get_process_id(&named(name))) }
    }

    /// A process's status.
    fn GET_PROCESS_STATUS(identifier: i32, status: *mut process::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, process::get_process_status(identifier)) }
    }

    /// Which process calls.
    fn GET_MY_ID(identifier: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, process::get_my_id()) }
    }

    /// The how manieth process calls.
    fn GET_MY_INDEX(index: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { store(index, process::get_my_index()) }
    }

    /// Which processor a process executes on.
    fn INITIALIZE_PROCESS_CORE_AFFINITY(identifier: i32, core: i32) {
        code(process::initialize_process_core_affinity(identifier, core))
    }

    /// Which processor the caller executes on.
    fn GET_MY_PROCESSOR_CORE_ID(core: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { store(core, Ok(0)) }
    }

    /// Starts a process.
    fn START(identifier: i32) {
        code(process::start(identifier))
    }

    /// Starts a process later.
    fn DELAYED_START(identifier: i32, delay: i64) {
        code(process::delayed_start(identifier, delay))
    }

    /// Stops a process.
    fn STOP(identifier: i32) {
        code(process::stop(identifier))
    }

    /// Suspends a process.
    fn SUSPEND(identifier: i32) {
        code(process::suspend(identifier))
    }

    /// Suspends the process that calls.
    fn SUSPEND_SELF(time_out: i64) {
        code(process::suspend_self(time_out))
    }

    /// Lets a process execute again.
    fn RESUME(identifier: i32) {
        code(process::resume(identifier))
    }

    /// Gives a process a priority.
    fn SET_PRIORITY(identifier: i32, priority: i32) {
        code(process::set_priority(identifier, priority))
    }

    /// Locks preemption.
    fn LOCK_PREEMPTION(level: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { levelled(level, process::lock_preemption()) }
    }

    /// Unlocks preemption.
    fn UNLOCK_PREEMPTION(level: *mut i32) {
        // SAFETY: the caller's promise.
        unsafe { levelled(level, process::unlock_preemption()) }
    }

    /// Waits for some time.
    fn TIMED_WAIT(delay: i64) {
        code(process::timed_wait(delay))
    }

    /// Waits for the next period.
    fn PERIODIC_WAIT() {
        code(process::periodic_wait())
    }

    /// Gives the process that calls more time.
    fn REPLENISH(budget: i64) {
        code(process::replenish(budget))
    }
}

/// Stops the process that calls.
#[unsafe(no_mangle)]
pub extern "C" fn STOP_SELF() {
    process::stop_self();
}

/// Stores a lock's level, which comes with each code.
///
/// # Safety
/// A number is writable at `place`.
unsafe fn levelled(place: *mut i32, (level, code): (i32, ReturnCode)) -> ReturnCode {
    // SAFETY: the caller's promise.
    unsafe { place.write(level) };
    code
}
