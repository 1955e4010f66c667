//! Timers and the timer server.

use core::ffi::c_void;

use super::port::TimerRoutine;
use super::tasks::future_seconds;
use super::{blocking, code, directive, out, store_id, with_executive};
use crate::executive::calendar::TimeOfDay;
use crate::executive::object::{Class, Id};
use crate::executive::{Answer, Status, options};

/// `RTEMS_TIMER_SERVER_DEFAULT_PRIORITY`.
const DEFAULT_PRIORITY: u32 = u32::MAX;

/// The name of the timer server.
const SERVER_NAME: u32 = u32::from_be_bytes(*b"TIME");

/// The answer to a question about a timer, as C sees it.
#[repr(C)]
struct Information {
    class: u32,
    initial: u32,
    start_time: u32,
    stop_time: u32,
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_create(name: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.timer_create(name))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_ident(name: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.identify(Class::Timer, name, 0))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_cancel(id: u32) -> u32 {
    code(directive(|executive| executive.timer_cancel(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_delete(id: u32) -> u32 {
    code(directive(|executive| executive.timer_delete(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_reset(id: u32) -> u32 {
    code(directive(|executive| executive.timer_reset(Id(id))))
}

fn fire_after(id: u32, ticks: u32, routine: Option<TimerRoutine>, data: *mut c_void, server: bool) -> u32 {
    let Some(routine) = routine else {
        return Status::InvalidAddress as u32;
    };
    code(directive(|executive| executive.timer_fire_after(Id(id), ticks, (routine, data), server)))
}

fn fire_when(
    id: u32,
    seconds: Answer<u64>,
    routine: Option<TimerRoutine>,
    data: *mut c_void,
    server: bool,
) -> u32 {
    let answer = seconds.and_then(|seconds| {
        let routine = routine.ok_or(Status::InvalidAddress)?;
        directive(|executive| executive.timer_fire_when(Id(id), seconds, (routine, data), server))
    });
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_fire_after(
    id: u32,
    ticks: u32,
    routine: Option<TimerRoutine>,
    data: *mut c_void,
) -> u32 {
    fire_after(id, ticks, routine, data, false)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_server_fire_after(
    id: u32,
    ticks: u32,
    routine: Option<TimerRoutine>,
    data: *mut c_void,
) -> u32 {
    if !with_executive(|executive| executive.has_timer_server()) {
        return Status::IncorrectState as u32;
    }
    fire_after(id, ticks, routine, data, true)
}

/// # Safety
/// `time` is null or points to a time of day.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_timer_fire_when(
    id: u32,
    time: *const TimeOfDay,
    routine: Option<TimerRoutine>,
    data: *mut c_void,
) -> u32 {
    // SAFETY: the caller's promise.
    fire_when(id, unsafe { future_seconds(time) }, routine, data, false)
}

/// # Safety
/// `time` is null or points to a time of day.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_timer_server_fire_when(
    id: u32,
    time: *const TimeOfDay,
    routine: Option<TimerRoutine>,
    data: *mut c_void,
) -> u32 {
    if !with_executive(|executive| executive.has_timer_server()) {
        return Status::IncorrectState as u32;
    }
    // SAFETY: the caller's promise.
    fire_when(id, unsafe { future_seconds(time) }, routine, data, true)
}

/// # Safety
/// `information` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_timer_get_information(id: u32, information: *mut Information) -> u32 {
    let answer = out(information).and_then(|place| {
        let found = directive(|executive| executive.timer_information(Id(id)))?;
        // SAFETY: the caller's promise.
        unsafe {
            place.write(Information {
                class: found.class,
                initial: found.initial,
                start_time: found.start,
                stop_time: found.stop,
            });
        }
        Ok(())
    });
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_timer_initiate_server(priority: u32, stack_size: usize, _attributes: u32) -> u32 {
    let priority = if priority == DEFAULT_PRIORITY { 1 } else { priority };
    code(directive(|executive| {
        if executive.has_timer_server() {
            return Err(Status::IncorrectState);
        }
        let id = executive.task_create(SERVER_NAME, priority, stack_size, options::NO_PREEMPT)?;
        executive.task_start(id, serve, 0)?;
        executive.timer_server_set(id)
    }))
}

/// The timer server's task.
unsafe extern "C" fn serve(_argument: usize) {
    loop {
        match with_executive(|executive| executive.timer_server_next()) {
            // SAFETY: the program passed the routine and its argument for this.
            Some(fired) => unsafe { (fired.routine.0)(fired.id.0, fired.routine.1) },
            None => {
                let waited = blocking(|executive| executive.timer_server_wait());
                debug_assert!(waited.is_ok());
            }
        }
    }
}
