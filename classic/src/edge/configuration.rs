//! What the program configured: the table that `<rtems/confdefs.h>` makes of it.

use core::ffi::c_uint;

use super::port::TaskEntry;

/// The table's layout, as in `classic/include/rtems/confdefs.h`.
#[repr(C)]
pub(super) struct Configuration {
    pub(super) microseconds_per_tick: u32,
    pub(super) ticks_per_timeslice: u32,
    pub(super) clock_driver: u32,
    pub(super) maximum_tasks: u32,
    pub(super) maximum_timers: u32,
    pub(super) maximum_semaphores: u32,
    pub(super) maximum_message_queues: u32,
    pub(super) maximum_periods: u32,
    pub(super) minimum_task_stack_size: usize,
    pub(super) initial_task: InitialTask,
}

/// The task that the program begins with.
#[repr(C)]
pub(super) struct InitialTask {
    pub(super) name: u32,
    pub(super) priority: u32,
    pub(super) stack_size: usize,
    pub(super) mode: u32,
    pub(super) attributes: u32,
    pub(super) entry: Option<TaskEntry>,
    pub(super) argument: usize,
}

// SAFETY: constant numbers and a function.
unsafe impl Sync for Configuration {}

unsafe extern "C" {
    safe static bulkhead_classic_configuration: Configuration;
}

pub(super) fn configuration() -> &'static Configuration {
    &bulkhead_classic_configuration
}

/// Microseconds between two ticks.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_classic_microseconds_per_tick() -> c_uint {
    configuration().microseconds_per_tick
}

/// Ticks of a time slice.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_classic_ticks_per_timeslice() -> c_uint {
    configuration().ticks_per_timeslice
}
