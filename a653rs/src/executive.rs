//! The executive: gives the processor to the process whose turn it is, on a stack of its own, and has the timer.
//!
//! The partition's main function executes on the main stack until `NORMAL`, and from then on there is idle time.

use a653rs::bindings::{ApexProcessAttribute, ErrorReturnCode, ProcessId};
use bulkhead_abi::Line;
use bulkhead_context::Context;
use bulkhead_guest::{NEVER, clock, interrupts, one, partition, timer};

use crate::error;
use crate::processes::{Circumstances, HANDLER, Index, PLACES, PROCESSES_MAX, Processes};
use crate::stacks::{self, Stack};

struct Executive {
    processes: Processes,
    stacks: [Option<Stack>; PLACES],
    /// Where the registers of each process lie, and behind them those of the main stack.
    contexts: [Context; PLACES + 1],
    /// What the timer is armed for.
    armed: u64,
}

one! {
    /// Used with interrupts disabled.
    static EXECUTIVE: Executive = Executive {
        processes: Processes::NONE,
        stacks: [None; PLACES],
        contexts: [const { Context(0) }; PLACES + 1],
        armed: NEVER,
    };
}

fn with<T>(work: impl FnOnce(&mut Executive) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file neither nest nor switch processes.
    interrupts::without(|| work(unsafe { &mut *EXECUTIVE.address() }))
}

/// Uses the processes.
pub(crate) fn processes<T>(work: impl FnOnce(&mut Processes) -> T) -> T {
    with(|executive| work(&mut executive.processes))
}

/// How the traits know a process; 0 is none.
pub(crate) const fn id(index: Index) -> ProcessId {
    index.0 as ProcessId + 1
}

/// The process that the traits know so, if it can be one.
pub(crate) fn index(id: ProcessId) -> Option<Index> {
    let place = usize::try_from(id).ok()?.checked_sub(1)?;
    (place < PROCESSES_MAX).then_some(Index(place))
}

/// Creates a process with a stack.
pub(crate) fn create(attributes: &ApexProcessAttribute, period: i64) -> Result<Index, ErrorReturnCode> {
    with(|executive| {
        let circumstances = Circumstances { room: stacks::room(), period };
        let index = executive.processes.create(attributes, circumstances)?;
        executive.stacks[index.0] = Stack::take(attributes.stack_size);
        Ok(index)
    })
}

/// Creates the error handler with a stack; whether there is memory for it.
pub(crate) fn create_handler(attributes: ApexProcessAttribute) -> bool {
    with(|executive| {
        let stack = Stack::take(attributes.stack_size);
        if stack.is_some() {
            executive.stacks[HANDLER.0] = stack;
            executive.processes.create_handler(attributes);
        }
        stack.is_some()
    })
}

/// Starts a process.
pub(crate) fn start(index: Index) -> Result<(), ErrorReturnCode> {
    with(|executive| {
        executive.processes.start(index, clock::now())?;
        executive.contexts[index.0] = Context(0);
        Ok(())
    })?;
    reconsider();
    Ok(())
}

/// Lets the error handler execute; whether there is one.
pub(crate) fn call_handler() -> bool {
    let there = with(Executive::call_handler);
    if there {
        reconsider();
    }
    there
}

/// The process that executes does something after which it may be another's turn.
pub(crate) fn leave<T>(work: impl FnOnce(&mut Processes) -> T) -> T {
    interrupts::without(|| {
        let result = processes(work);
        dispatch();
        result
    })
}

/// The process that executes ends.
#[cfg(target_os = "none")]
fn end() -> ! {
    interrupts::disable();
    if let Some(index) = processes(|processes| processes.current()) {
        bulkhead_apex::waiting::forget(task(index));
        processes(|processes| processes.stop(index));
    }
    dispatch();
    // A process that is dormant is not chosen.
    loop {
        partition::idle();
    }
}

/// Looks whose turn it is, after something else than the clock may have changed that. A handler leaves that to what
/// comes behind it.
pub(crate) fn reconsider() {
    if interrupts::nesting() == 0 {
        interrupts::without(dispatch);
    }
}

/// How waiting at ports knows a process: as the traits do.
#[cfg(target_os = "none")]
fn task(process: Index) -> u32 {
    id(process) as u32
}

impl Executive {
    fn call_handler(&mut self) -> bool {
        let begins = self.processes.is_dormant(HANDLER);
        let there = self.processes.call_handler();
        if there && begins {
            self.contexts[HANDLER.0] = Context(0);
        }
        there
    }

    /// Lets everything happen that is due, and arms the timer for what comes then.
    fn advance(&mut self) {
        let now = clock::now();
        self.processes.advance(now, || partition::window().start);
        while let Some((index, kind)) = self.processes.take_missed(now) {
            let attributes = self.processes.attributes(index).cloned();
            let handled = self.processes.has_handler();
            if let Some(attributes) = attributes {
                error::deadline_missed(id(index), &attributes, kind, handled);
            }
            self.call_handler();
        }
        let alarm = self.processes.alarm();
        if alarm != self.armed {
            self.armed = alarm;
            timer::set(alarm);
        }
    }

    /// A process that has left its stack has written over what is not its own: the partition ends.
    fn look_at_stack(&self, index: Index) {
        if self.stacks[index.0].is_some_and(|stack| !stack.is_whole()) {
            let name = self.processes.attributes(index).map(|attributes| attributes.name);
            error::stack_overflow(&name.unwrap_or_default());
        }
    }
}

/// Goes on with the process whose turn it is. Interrupts are disabled, and no handler executes. Returns when it is the
/// caller's turn.
fn dispatch() {
    const MAIN: usize = PLACES;
    let switch = with(|executive| {
        if !executive.processes.is_normal() {
            return None;
        }
        let from = executive.processes.current();
        executive.advance();
        let to = executive.processes.choose();
        if from == to {
            return None;
        }
        if let Some(from) = from {
            executive.look_at_stack(from);
        }
        let place = |index: Option<Index>| index.map_or(MAIN, |index| index.0);
        let stack = to.and_then(|to| executive.stacks[to.0]).map_or(0, Stack::end);
        let load = executive.contexts[place(to)].0;
        Some((&raw mut executive.contexts[place(from)], load, stack))
    });
    if let Some((save, load, stack)) = switch {
        change(save, load, stack);
    }
}

#[cfg(target_os = "none")]
fn change(save: *mut Context, load: usize, stack: usize) {
    // SAFETY: interrupts are disabled; contexts lie in a static; what is loaded was saved here and has not ended since,
    // or belongs to a process that has a stack of its own and begins. The main stack was left through here before
    // anything goes back to it.
    unsafe { bulkhead_context::switch(save, load, stack, begin) };
}

/// On the developer's machine there are no stacks to switch to.
#[cfg(not(target_os = "none"))]
fn change(_save: *mut Context, _load: usize, _stack: usize) {}

/// What a process executes first, on its own stack, with interrupts disabled.
#[cfg(target_os = "none")]
extern "C" fn begin() -> ! {
    let entry = processes(|processes| {
        processes.current().and_then(|index| processes.attributes(index)).map(|process| process.entry_point)
    });
    interrupts::enable();
    if let Some(entry) = entry {
        entry();
    }
    end()
}

/// The timer's handler: what is due is seen to behind it.
fn expired() {
    with(|executive| executive.armed = NEVER);
}

/// The partition is in `NORMAL`: its processes execute from now on, and the main stack is that of idle time.
pub(crate) fn begin_normal() {
    interrupts::disable();
    // There is such a line.
    let _ = interrupts::install(Line::Timer as u32, expired);
    let _ = interrupts::unmask(Line::Timer as u32);
    let period = partition::start_information().major_frame.load();
    processes(|processes| processes.begin(clock::now(), period));
    dispatch();
    #[cfg(target_os = "none")]
    loop {
        interrupts::enable();
        partition::idle();
    }
}

/// The guest layer calls it after interrupt handlers, on the interrupted process's stack, with interrupts disabled.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn bulkhead_after_interrupts() {
    dispatch();
}

/// What waiting at ports needs.
#[cfg(target_os = "none")]
mod ports {
    use bulkhead_apex::executive::{Executive, NewTask, Task};

    use super::{index, interrupts, leave, processes, reconsider, task};

    struct Ports;

    bulkhead_apex::executive!(Ports);

    impl Executive for Ports {
        fn task() -> Option<(Task, u32)> {
            if interrupts::nesting() != 0 {
                return None;
            }
            // The highest number is the highest priority here.
            let caller = processes(|processes| processes.caller());
            caller.map(|(index, priority)| (task(index), priority.abs_diff(i32::MAX)))
        }

        fn wait(deadline: u64) {
            leave(|processes| processes.wait(deadline));
        }

        fn wake(task: Task) {
            if let Some(process) = index(task.into()) {
                processes(|processes| processes.wake(process));
                reconsider();
            }
        }

        /// The traits' own processes and error handler are not those of the services for C.
        fn create(_task: &NewTask) -> Option<Task> {
            None
        }

        fn restart(_task: Task, _argument: usize) {}

        fn suspend(_task: Task, _suspended: bool) {}

        fn set_priority(_task: Task, _priority: u32) {}

        fn raise(_task: Task, _raised: bool) {}

        fn is_ready(_task: Task) -> bool {
            false
        }

        fn give_way() {}

        fn hold(_held: bool) {}

        fn alarm(_time: u64, _handler: extern "C" fn()) {}
    }
}
