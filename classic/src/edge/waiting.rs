//! What waiting at the partition's ports needs of the executive: see `bulkhead_apex::executive`.

use bulkhead_apex::executive::Task;
use bulkhead_apex::waiting;
use bulkhead_guest::{NEVER, clock};

use super::{blocking, directive, with_executive};
use crate::executive::Patience;
use crate::executive::object::{Id, SELF};

/// The name of the task of the error handler.
const HANDLER_NAME: u32 = u32::from_be_bytes(*b"ERRH");

/// The highest that a task can have.
const HANDLER_PRIORITY: u32 = 1;

struct Classic;

bulkhead_apex::executive!(Classic);

impl bulkhead_apex::executive::Executive for Classic {
    fn task() -> Option<(Task, u32)> {
        with_executive(|executive| executive.notice_caller()).map(|(id, priority)| (id.0, priority))
    }

    fn wait(deadline: u64) {
        // Whoever calls looks for itself why it goes on.
        let _ = blocking(|executive| {
            let tick = executive.settings().nanoseconds_per_tick;
            executive.notice_wait(patience(deadline, clock::now(), tick))
        });
    }

    fn wake(task: Task) {
        // A task that is not there any more needs nothing.
        let _ = directive(|executive| executive.notice_send(Id(task)));
    }

    fn start(entry: extern "C" fn(), stack_size: usize) -> Option<Task> {
        extern "C" fn begin(entry: usize) {
            // SAFETY: `start` made the argument from such a function, and both have the size of a pointer.
            let entry = unsafe { core::mem::transmute::<usize, extern "C" fn()>(entry) };
            entry();
        }
        directive(|executive| {
            let id = executive.task_create(HANDLER_NAME, HANDLER_PRIORITY, stack_size, 0)?;
            executive.task_start(id, begin, entry as usize).map(|()| id.0)
        })
        .ok()
    }
}

/// The ticks until a deadline in nanoseconds, at least one.
fn patience(deadline: u64, now: u64, tick: u64) -> Patience {
    if deadline == NEVER {
        return Patience::Forever;
    }
    let ticks = deadline.saturating_sub(now).div_ceil(tick);
    Patience::Ticks(u32::try_from(ticks).unwrap_or(u32::MAX).max(1))
}

/// A task is about to be deleted or to begin anew.
pub(super) fn forget(id: u32) {
    let id = if Id(id) == SELF { with_executive(|executive| executive.self_id()).ok() } else { Some(Id(id)) };
    if let Some(id) = id {
        waiting::forget(id.0);
    }
}
