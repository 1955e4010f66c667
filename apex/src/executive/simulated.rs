//! An executive for tests on the developer's machine: whoever calls is the task that the test says, and waiting runs
//! what the test has prepared, as other tasks and partitions would. No task executes anything by itself.

use std::cell::{Cell, RefCell};

use super::{Executive, NewTask, Task};

/// The simulated executive, one for each thread.
#[derive(Debug)]
pub struct Current;

/// What happens while the calling task waits.
type While = Box<dyn FnMut(u64)>;

/// What was asked of the executive for a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A task was to begin anew.
    Restart(Task),
    /// A task was to be kept from executing, or let.
    Suspend(Task, bool),
    /// A task was given a priority.
    SetPriority(Task, u32),
    /// A task was raised, or lowered again.
    Raise(Task, bool),
    /// The caller went behind others.
    GiveWay,
    /// No other task was to execute, or others again.
    Hold(bool),
}

thread_local! {
    static TASK: Cell<Option<(Task, u32)>> = const { Cell::new(Some((1, 100))) };
    static WHILE: RefCell<Option<While>> = const { RefCell::new(None) };
    static CREATED: RefCell<Vec<NewTask>> = const { RefCell::new(Vec::new()) };
    static WOKEN: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    static REQUESTS: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
    static READY: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    static ALARM: Cell<Option<(u64, extern "C" fn())>> = const { Cell::new(None) };
}

/// From now on this task calls, with this priority; none for a caller that may not wait.
pub fn call_as(task: Option<(Task, u32)>) {
    TASK.set(task);
}

/// What happens when the calling task waits: it is called with the deadline.
pub fn while_waiting(work: impl FnMut(u64) + 'static) {
    WHILE.set(Some(Box::new(work)));
}

/// The first task that is created; those that follow have the numbers that follow.
pub const FIRST: Task = 99;

/// What the tasks were created with.
#[must_use]
pub fn created() -> Vec<NewTask> {
    CREATED.with_borrow(Clone::clone)
}

/// Takes the tasks that have been woken, in order.
#[must_use]
pub fn take_woken() -> Vec<Task> {
    WOKEN.take()
}

/// Takes what was asked for.
#[must_use]
pub fn take_requests() -> Vec<Request> {
    REQUESTS.take()
}

/// From now on these tasks are ready.
pub fn set_ready(tasks: &[Task]) {
    READY.set(tasks.to_vec());
}

/// The time of the alarm that is set.
#[must_use]
pub fn alarm() -> Option<u64> {
    ALARM.get().map(|(time, _)| time)
}

/// The alarm's time has come.
pub fn ring() {
    if let Some((_, handler)) = ALARM.take() {
        handler();
    }
}

fn ask(request: Request) {
    REQUESTS.with_borrow_mut(|requests| requests.push(request));
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

    fn create(task: &NewTask) -> Option<Task> {
        CREATED.with_borrow_mut(|created| {
            let number = FIRST + created.len() as Task;
            (task.stack_size < 1 << 20).then(|| created.push(*task)).map(|()| number)
        })
    }

    fn restart(task: Task, _argument: usize) {
        ask(Request::Restart(task));
    }

    fn suspend(task: Task, suspended: bool) {
        ask(Request::Suspend(task, suspended));
    }

    fn set_priority(task: Task, priority: u32) {
        ask(Request::SetPriority(task, priority));
    }

    fn raise(task: Task, raised: bool) {
        ask(Request::Raise(task, raised));
    }

    fn is_ready(task: Task) -> bool {
        READY.with_borrow(|ready| ready.contains(&task))
    }

    fn give_way() {
        ask(Request::GiveWay);
    }

    fn hold(held: bool) {
        ask(Request::Hold(held));
    }

    fn alarm(time: u64, handler: extern "C" fn()) {
        ALARM.set(Some((time, handler)));
    }
}
