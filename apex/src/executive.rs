//! The seam to the executive: what waiting at a port and the error handler need of it.
//!
//! An executive gives four functions, as symbols for C or by [`executive!`](crate::executive!) in Rust:
//!
//! ```c
//! /* The calling task, not 0, and its priority, of which a lower number comes first. 0 if the caller may not wait: it
//!    is an interrupt handler. A task that is not preempted (RTEMS_NO_PREEMPT, the default of Init) may, as it may with
//!    the executive's own directives. */
//! uint32_t bulkhead_executive_task(uint32_t *priority);
//!
//! /* The calling task waits, and others execute, until it is woken or the clock reaches `deadline` (BULKHEAD_NEVER:
//!    until it is woken). A task that has been woken since it asked for bulkhead_executive_task does not wait. It may
//!    return early for any reason: the caller looks at what it waits for, and comes again. Interrupts are as the
//!    program has them. */
//! void bulkhead_executive_wait(uint64_t deadline);
//!
//! /* Wakes a task; one that does not wait now is not going to wait the next time. Nothing happens if the task is not
//!    there any more. Called by handlers with interrupts disabled, and by tasks with interrupts as the program has
//!    them; a task may be preempted there. */
//! void bulkhead_executive_wake(uint32_t task);
//!
//! /* Creates a task of the highest priority that a program can have, which begins with `entry`, and starts it. Returns
//!    the task, or 0 if there is none left, or no memory for its stack. */
//! uint32_t bulkhead_executive_start(void (*entry)(void), size_t stack_size);
//! ```
//!
//! RTEMS has the first three as `rtems_event_transient_receive` and `_send`. In the other direction the executive says
//! when a task is deleted or begins anew, because then its buffer is no buffer any more:
//!
//! ```c
//! void bulkhead_waiting_forget(uint32_t task);
//! ```

#[cfg(target_os = "none")]
mod linked;
#[cfg(not(target_os = "none"))]
pub mod simulated;

#[cfg(target_os = "none")]
pub use linked::Current;
#[cfg(not(target_os = "none"))]
pub use simulated::Current;

/// A task, by what number the executive knows it; never 0.
pub type Task = u32;

/// What waiting needs of an executive, as the module says it of the functions for C.
pub trait Executive {
    /// The calling task and its priority, of which a lower number comes first, if it may wait.
    fn task() -> Option<(Task, u32)>;

    /// The calling task waits until it is woken or the clock reaches a deadline in nanoseconds.
    fn wait(deadline: u64);

    /// Wakes a task.
    fn wake(task: Task);

    /// Starts a task of the highest priority; none if that cannot be.
    fn start(entry: extern "C" fn(), stack_size: usize) -> Option<Task>;
}

/// Makes a type that implements [`Executive`] the executive of the programs that its crate is linked with.
#[macro_export]
macro_rules! executive {
    ($executive:ty) => {
        const _: () = {
            /// # Safety
            /// A number is writable at `priority`.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn bulkhead_executive_task(priority: *mut u32) -> u32 {
                let Some((task, value)) = <$executive as $crate::executive::Executive>::task() else {
                    return 0;
                };
                // SAFETY: the caller's promise.
                unsafe { priority.write(value) };
                task
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_wait(deadline: u64) {
                <$executive as $crate::executive::Executive>::wait(deadline);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_wake(task: u32) {
                <$executive as $crate::executive::Executive>::wake(task);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_start(entry: extern "C" fn(), stack_size: usize) -> u32 {
                <$executive as $crate::executive::Executive>::start(entry, stack_size).unwrap_or(0)
            }
        };
    };
}
