//! What waiting at ports, processes and the error handler need of the executive: see `bulkhead_apex::executive`.

use bulkhead_apex::executive::{NewTask, RAISED_PRIORITY, Task};
use bulkhead_apex::waiting;
use bulkhead_cell::Single;
use bulkhead_guest::{NEVER, clock, interrupts};

use super::{blocking, directive, with_executive};
use crate::executive::Patience;
use crate::executive::object::{Id, SELF};

/// When a handler is to be called, and which.
type Alarm = Option<(u64, extern "C" fn())>;

/// Used with interrupts disabled.
static ALARM: Single<Alarm> = Single::new(None);

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

    fn create(task: &NewTask) -> Option<Task> {
        directive(|executive| {
            let id = executive.task_create(task.name, task.priority, task.stack_size, 0)?;
            executive.task_start(id, task.entry, task.argument).map(|()| id.0)
        })
        .ok()
    }

    fn restart(task: Task, argument: usize) {
        // A task that is not there any more needs nothing, here and below.
        let _ = directive(|executive| executive.task_restart(Id(task), argument));
    }

    fn suspend(task: Task, suspended: bool) {
        let _ = directive(|executive| match suspended {
            true => executive.task_suspend(Id(task)),
            false => executive.task_resume(Id(task)),
        });
    }

    fn set_priority(task: Task, priority: u32) {
        let _ = directive(|executive| executive.task_set_priority(Id(task), priority));
    }

    fn raise(task: Task, raised: bool) {
        let priority = raised.then_some(RAISED_PRIORITY);
        let _ = directive(|executive| executive.task_raise(Id(task), priority));
    }

    fn is_ready(task: Task) -> bool {
        with_executive(|executive| executive.task_is_ready(Id(task))).unwrap_or(false)
    }

    fn give_way() {
        let _ = blocking(|executive| executive.wake_after(0));
    }

    /// As in the announcement of a tick, no directive switches tasks.
    fn hold(held: bool) {
        if held {
            with_executive(|executive| executive.begin_announcement());
        } else {
            directive(|executive| executive.end_announcement());
        }
    }

    fn alarm(time: u64, handler: extern "C" fn()) {
        // SAFETY: interrupts are disabled, and nothing else uses it meanwhile.
        interrupts::without(|| unsafe { *ALARM.borrow() = Some((time, handler)) });
    }
}

/// Ticks have been announced: calls the alarm's handler if its time has come. In the timer's handler.
pub(super) fn ring() {
    // SAFETY: as in `alarm`; the reference is gone before the handler is called.
    let due = interrupts::without(|| unsafe { ALARM.borrow().take_if(|(time, _)| *time <= clock::now()) });
    if let Some((_, handler)) = due {
        handler();
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
