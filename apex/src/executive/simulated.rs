//! An executive for tests on the developer's machine: whoever calls is the task that the test says, and waiting runs
//! what the test has prepared, as other tasks and partitions would.

use std::cell::{Cell, RefCell};

use super::{Executive, Task};

/// The simulated executive, one for each thread.
#[derive(Debug)]
pub struct Current;

/// What happens while the calling task waits.
type While = Box<dyn FnMut(u64)>;

thread_local! {
    static TASK: Cell<Option<(Task, u32)>> = const { Cell::new(Some((1, 100))) };
    static WHILE: RefCell<Option<While>> = const { RefCell::new(None) };
    static STACK: Cell<usize> = const { Cell::new(0) };
    static WOKEN: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

/// From now on this task calls, with this priority; none for a caller that may not wait.
pub fn call_as(task: Option<(Task, u32)>) {
    TASK.set(task);
}

/// What happens when the calling task waits: it is called with the deadline.
pub fn while_waiting(work: impl FnMut(u64) + 'static) {
    WHILE.set(Some(Box::new(work)));
}

/// The task of the error handler.
pub const STARTED: Task = 99;

/// How large the stack is of the task that has been started.
#[must_use]
pub fn started() -> usize {
    STACK.get()
}

/// Takes the tasks that have been woken, in order.
#[must_use]
pub fn take_woken() -> Vec<Task> {
    WOKEN.take()
}

impl Executive for Current {
    fn task() -> Option<(Task, u32)> {
        TASK.get()
    }

    fn wait(deadline: u64) {
        let mut work = WHILE.take().expect("a test that waits says what happens meanwhile");
        work(deadline);
        WHILE.set(Some(work));
    }

    fn wake(task: Task) {
        WOKEN.with_borrow_mut(|woken| woken.push(task));
    }

    fn start(_entry: extern "C" fn(), stack_size: usize) -> Option<Task> {
        STACK.set(stack_size);
        (stack_size < 1 << 20).then_some(STARTED)
    }
}
