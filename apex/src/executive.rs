//! The seam to the executive: what waiting at a port, processes and the error handler need of it.
//!
//! An executive gives functions, as symbols for C or by [`executive!`](crate::executive!) in Rust. Waiting needs three:
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
//! ```
//!
//! The error handler is a task, and so is each process:
//!
//! ```c
//! /* Creates a task, which begins with `entry` and may be preempted, and starts it. Returns the task, or 0 if there is
//!    none left, or no memory for its stack. */
//! uint32_t bulkhead_executive_create(const struct bulkhead_executive_task *task);
//! ```
//!
//! The rest is for processes:
//!
//! ```c
//! /* A task begins anew with its entry, and waits for nothing any more. Does not return if it is the caller's own. */
//! void bulkhead_executive_restart(uint32_t task, uintptr_t argument);
//!
//! /* Keeps a task from executing, besides what it waits for; lets it execute again. */
//! void bulkhead_executive_suspend(uint32_t task, uint32_t suspended);
//!
//! /* Gives a task a priority. */
//! void bulkhead_executive_set_priority(uint32_t task, uint32_t priority);
//!
//! /* Gives a task BULKHEAD_EXECUTIVE_RAISED_PRIORITY besides its own, as a ceiling does; takes that back, and the task
//!    stays the first of its own priority. One task at a time has it. */
//! void bulkhead_executive_raise(uint32_t task, uint32_t raised);
//!
//! /* Whether a task waits for nothing, and is not suspended. */
//! uint32_t bulkhead_executive_is_ready(uint32_t task);
//!
//! /* The calling task goes behind the others of its priority. */
//! void bulkhead_executive_yield(void);
//!
//! /* From now on no other task executes than the caller, which does not wait; until this is called with 0. */
//! void bulkhead_executive_hold(uint32_t held);
//!
//! /* The executive calls `handler` in an interrupt handler as soon as the clock has reached a time, once; the last
//!    time counts. */
//! void bulkhead_executive_alarm(uint64_t time, void (*handler)(void));
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

/// The priority of the error handler, the highest that a program's task can have.
pub const HANDLER_PRIORITY: u32 = 1;

/// The priority that [`Executive::raise`] gives, above those of all processes.
pub const RAISED_PRIORITY: u32 = 2;

/// What a task is created with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NewTask {
    /// What it begins with.
    pub entry: extern "C" fn(usize),
    /// The entry's argument.
    pub argument: usize,
    /// In bytes.
    pub stack_size: usize,
    /// Of which a lower number comes first.
    pub priority: u32,
    /// Four characters, the first one the most significant.
    pub name: u32,
}

/// What services need of an executive, as the module says it of the functions for C.
pub trait Executive {
    /// The calling task and its priority, of which a lower number comes first, if it may wait.
    fn task() -> Option<(Task, u32)>;

    /// The calling task waits until it is woken or the clock reaches a deadline in nanoseconds.
    fn wait(deadline: u64);

    /// Wakes a task.
    fn wake(task: Task);

    /// Creates a task and starts it; none if that cannot be.
    fn create(task: &NewTask) -> Option<Task>;

    /// A task begins anew with its entry.
    fn restart(task: Task, argument: usize);

    /// Keeps a task from executing, or lets it execute again.
    fn suspend(task: Task, suspended: bool);

    /// Gives a task a priority.
    fn set_priority(task: Task, priority: u32);

    /// Gives a task [`RAISED_PRIORITY`] besides its own, or takes that back.
    fn raise(task: Task, raised: bool);

    /// Whether a task waits for nothing, and is not suspended.
    fn is_ready(task: Task) -> bool;

    /// The calling task goes behind the others of its priority.
    fn give_way();

    /// No other task than the caller executes from now on, or others do again.
    fn hold(held: bool);

    /// Calls a handler when the clock has reached a time in nanoseconds.
    fn alarm(time: u64, handler: extern "C" fn());
}

/// Makes a type that implements [`Executive`] the executive of the programs that its crate is linked with.
#[macro_export]
macro_rules! executive {
    ($executive:ty) => {
        const _: () = {
            use $crate::executive::{Executive, NewTask};

            /// # Safety
            /// A number is writable at `priority`.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn bulkhead_executive_task(priority: *mut u32) -> u32 {
                let Some((task, value)) = <$executive as Executive>::task() else {
                    return 0;
                };
                // SAFETY: the caller's promise.
                unsafe { priority.write(value) };
                task
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_wait(deadline: u64) {
                <$executive as Executive>::wait(deadline);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_wake(task: u32) {
                <$executive as Executive>::wake(task);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_create(task: &NewTask) -> u32 {
                <$executive as Executive>::create(task).unwrap_or(0)
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_restart(task: u32, argument: usize) {
                <$executive as Executive>::restart(task, argument);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_suspend(task: u32, suspended: u32) {
                <$executive as Executive>::suspend(task, suspended != 0);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_set_priority(task: u32, priority: u32) {
                <$executive as Executive>::set_priority(task, priority);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_raise(task: u32, raised: u32) {
                <$executive as Executive>::raise(task, raised != 0);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_is_ready(task: u32) -> u32 {
                <$executive as Executive>::is_ready(task).into()
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_yield() {
                <$executive as Executive>::give_way();
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_hold(held: u32) {
                <$executive as Executive>::hold(held != 0);
            }

            #[unsafe(no_mangle)]
            extern "C" fn bulkhead_executive_alarm(time: u64, handler: extern "C" fn()) {
                <$executive as Executive>::alarm(time, handler);
            }
        };
    };
}
