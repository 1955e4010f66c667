//! The executive that the program is linked with.

use super::{Executive, NewTask, Task};

/// The executive that the program is linked with.
#[derive(Debug)]
pub struct Current;

// SAFETY: whoever gives an executive defines them with these signatures.
unsafe extern "C" {
    safe fn bulkhead_executive_task(priority: &mut u32) -> u32;
    safe fn bulkhead_executive_wait(deadline: u64);
    safe fn bulkhead_executive_wake(task: u32);
    safe fn bulkhead_executive_create(task: &NewTask) -> u32;
    safe fn bulkhead_executive_restart(task: u32, argument: usize);
    safe fn bulkhead_executive_suspend(task: u32, suspended: u32);
    safe fn bulkhead_executive_set_priority(task: u32, priority: u32);
    safe fn bulkhead_executive_raise(task: u32, raised: u32);
    safe fn bulkhead_executive_is_ready(task: u32) -> u32;
    safe fn bulkhead_executive_yield();
    safe fn bulkhead_executive_hold(held: u32);
    safe fn bulkhead_executive_alarm(time: u64, handler: extern "C" fn());
}

impl Executive for Current {
    fn task() -> Option<(Task, u32)> {
        let mut priority = 0;
        let task = bulkhead_executive_task(&mut priority);
        (task != 0).then_some((task, priority))
    }

    fn wait(deadline: u64) {
        bulkhead_executive_wait(deadline);
    }

    fn wake(task: Task) {
        bulkhead_executive_wake(task);
    }

    fn create(task: &NewTask) -> Option<Task> {
        let task = bulkhead_executive_create(task);
        (task != 0).then_some(task)
    }

    fn restart(task: Task, argument: usize) {
        bulkhead_executive_restart(task, argument);
    }

    fn suspend(task: Task, suspended: bool) {
        bulkhead_executive_suspend(task, suspended.into());
    }

    fn set_priority(task: Task, priority: u32) {
        bulkhead_executive_set_priority(task, priority);
    }

    fn raise(task: Task, raised: bool) {
        bulkhead_executive_raise(task, raised.into());
    }

    fn is_ready(task: Task) -> bool {
        bulkhead_executive_is_ready(task) != 0
    }

    fn give_way() {
        bulkhead_executive_yield();
    }

    fn hold(held: bool) {
        bulkhead_executive_hold(held.into());
    }

    fn alarm(time: u64, handler: extern "C" fn()) {
        bulkhead_executive_alarm(time, handler);
    }
}
