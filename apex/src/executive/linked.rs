//! The executive that the program is linked with.

use super::{Executive, Task};

/// The executive that the program is linked with.
#[derive(Debug)]
pub struct Current;

// SAFETY: whoever gives an executive defines them with these signatures.
unsafe extern "C" {
    safe fn bulkhead_executive_task(priority: &mut u32) -> u32;
    safe fn bulkhead_executive_wait(deadline: u64);
    safe fn bulkhead_executive_wake(task: u32);
    safe fn bulkhead_executive_start(entry: extern "C" fn(), stack_size: usize) -> u32;
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

    fn start(entry: extern "C" fn(), stack_size: usize) -> Option<Task> {
        let task = bulkhead_executive_start(entry, stack_size);
        (task != 0).then_some(task)
    }
}
