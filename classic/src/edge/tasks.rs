//! Tasks.

use bulkhead_guest::interrupts;

use super::configuration::configuration;
use super::port::TaskEntry;
use super::waiting;
use super::{Source, blocking, code, directive, fatal, number, out, store_id, terminate, with_executive};
use crate::executive::calendar::TimeOfDay;
use crate::executive::object::{self, Id};
use crate::executive::{Answer, SUCCESSFUL, Status, options};

/// The identifier of the only scheduler.
pub(super) const SCHEDULER: u32 = 0x0f01_0001;

/// The name of the only scheduler.
const SCHEDULER_NAME: u32 = u32::from_be_bytes(*b"UPD ");

/// Calls the executing task's entry point. Interrupts are disabled before.
pub(super) fn run() -> ! {
    let beginning = with_executive(|executive| executive.beginning());
    if let Some((entry, argument, mode)) = beginning {
        if mode & options::INTERRUPT_MASK == 0 {
            interrupts::enable();
        }
        // SAFETY: the program passed the entry point and its argument for this; we are on the task's own stack.
        unsafe { entry(argument) };
    }
    terminate(Source::Core, fatal::TASK_RETURNED)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_create(
    name: u32,
    priority: u32,
    stack_size: usize,
    modes: u32,
    _attributes: u32,
    id: *mut u32,
) -> u32 {
    store_id(id, |executive| executive.task_create(name, priority, stack_size, modes))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_ident(name: u32, node: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.identify(object::Class::Task, name, node))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_self() -> u32 {
    with_executive(|executive| executive.self_id()).map_or(0, |id| id.0)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_start(id: u32, entry: Option<TaskEntry>, argument: usize) -> u32 {
    let Some(entry) = entry else {
        return Status::InvalidAddress as u32;
    };
    code(directive(|executive| executive.task_start(Id(id), entry, argument)))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_restart(id: u32, argument: usize) -> u32 {
    waiting::forget(id);
    code(directive(|executive| executive.task_restart(Id(id), argument)))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_delete(id: u32) -> u32 {
    waiting::forget(id);
    let answer = directive(|executive| executive.task_delete(Id(id)));
    if answer == Err(Status::ResourceInUse) {
        terminate(Source::Core, fatal::RESOURCE_IN_USE);
    }
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_exit() -> ! {
    rtems_task_delete(object::SELF.0);
    terminate(Source::Core, fatal::TASK_RETURNED)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_suspend(id: u32) -> u32 {
    code(directive(|executive| executive.task_suspend(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_resume(id: u32) -> u32 {
    code(directive(|executive| executive.task_resume(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_is_suspended(id: u32) -> u32 {
    code(directive(|executive| executive.task_is_suspended(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_set_priority(id: u32, priority: u32, previous: *mut u32) -> u32 {
    if previous.is_null() {
        return Status::InvalidAddress as u32;
    }
    number(directive(|executive| executive.task_set_priority(Id(id), priority)), previous)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_get_priority(id: u32, scheduler: u32, priority: *mut u32) -> u32 {
    if priority.is_null() {
        return Status::InvalidAddress as u32;
    }
    if scheduler != SCHEDULER {
        return Status::InvalidId as u32;
    }
    number(directive(|executive| executive.task_priority(Id(id))), priority)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_get_scheduler(id: u32, scheduler: *mut u32) -> u32 {
    if scheduler.is_null() {
        return Status::InvalidAddress as u32;
    }
    number(directive(|executive| executive.task_priority(Id(id)).map(|_| SCHEDULER)), scheduler)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_scheduler_ident(name: u32, id: *mut u32) -> u32 {
    number(if name == SCHEDULER_NAME { Ok(SCHEDULER) } else { Err(Status::InvalidName) }, id)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_mode(modes: u32, mask: u32, previous: *mut u32) -> u32 {
    if previous.is_null() {
        return Status::InvalidAddress as u32;
    }
    let answer = directive(|executive| executive.task_mode(modes, mask));
    let status = number(answer, previous);
    if answer.is_ok() && mask & options::INTERRUPT_MASK != 0 {
        if modes & options::INTERRUPT_MASK == 0 {
            interrupts::enable();
        } else {
            interrupts::disable();
        }
    }
    status
}

#[unsafe(no_mangle)]
extern "C" fn rtems_task_wake_after(ticks: u32) -> u32 {
    code(blocking(|executive| executive.wake_after(ticks)).map(drop))
}

/// The executing task waits for the next tick; returns whether it could.
pub(crate) fn wait_a_tick() -> bool {
    configuration().clock_driver != 0 && rtems_task_wake_after(1) == SUCCESSFUL
}

/// The executing task waits for so long at least.
pub(crate) fn sleep_for(nanoseconds: u64) {
    let tick = with_executive(|executive| executive.settings().nanoseconds_per_tick);
    // The first tick comes sooner than one tick's time.
    let mut ticks = nanoseconds.div_ceil(tick) + u64::from(nanoseconds != 0);
    while ticks != 0 {
        let now = u32::try_from(ticks).unwrap_or(u32::MAX);
        if rtems_task_wake_after(now) != SUCCESSFUL {
            return;
        }
        ticks -= u64::from(now);
    }
}

/// # Safety
/// `time` is null or points to a time of day.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_task_wake_when(time: *const TimeOfDay) -> u32 {
    // SAFETY: the caller's promise.
    let seconds = match unsafe { future_seconds(time) } {
        Ok(seconds) => seconds,
        Err(status) => return status as u32,
    };
    code(blocking(|executive| executive.wake_when(seconds)).map(drop))
}

/// The seconds of a time of day that a program passed to wait for it.
///
/// # Safety
/// `time` is null or points to a time of day.
pub(super) unsafe fn future_seconds(time: *const TimeOfDay) -> Answer<u64> {
    with_executive(|executive| executive.wall_time())?;
    let time = out(time.cast_mut())?;
    // SAFETY: the caller's promise.
    let time = unsafe { time.read() };
    if time.is_valid() { Ok(time.seconds()) } else { Err(Status::InvalidClock) }
}
