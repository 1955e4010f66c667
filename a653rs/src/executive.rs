//! The executive: gives the processor to the task whose turn it is, on a stack of its own, and has the timer.
//!
//! The partition's main function executes on the main stack until `NORMAL`, and from then on there is idle time.

use bulkhead_abi::Line;
use bulkhead_apex::executive::{Executive as Services, NewTask, Task};
use bulkhead_context::Context;
use bulkhead_guest::{NEVER, clock, interrupts, one, partition, timer};

use crate::error;
use crate::stacks::{self, Stack};
use crate::tasks::{Beginning, Index, PLACES, Tasks};

/// When a handler is to be called, and which.
type Alarm = Option<(u64, extern "C" fn())>;

struct Executive {
    tasks: Tasks,
    stacks: [Option<Stack>; PLACES],
    /// Where the registers of each task lie, behind them those of the main stack, and those that nobody wants any more.
    contexts: [Context; PLACES + 2],
    /// The task that executes begins anew: its registers are not wanted.
    abandoned: bool,
    /// What is to be called at a time.
    alarm: Alarm,
    /// What the timer is armed for.
    armed: u64,
    /// How often no other task is to execute than the one that does.
    held: u32,
    /// The next task that is created is that of a periodic process.
    next_is_periodic: bool,
}

one! {
    /// Used with interrupts disabled.
    static EXECUTIVE: Executive = Executive {
        tasks: Tasks::NONE,
        stacks: [None; PLACES],
        contexts: [const { Context(0) }; PLACES + 2],
        abandoned: false,
        alarm: None,
        armed: NEVER,
        held: 0,
        next_is_periodic: false,
    };
}

fn with<T>(work: impl FnOnce(&mut Executive) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file neither nest nor switch tasks.
    interrupts::without(|| work(unsafe { &mut *EXECUTIVE.address() }))
}

/// Whether there is room for one more process, with a stack of so many bytes.
pub(crate) fn has_room(stack_size: u32) -> bool {
    stack_size <= stacks::room() && with(|executive| executive.tasks.has_room())
}

/// Whether the next task that is created is that of a periodic process.
pub(crate) fn next_is_periodic(is_periodic: bool) {
    with(|executive| executive.next_is_periodic = is_periodic);
}

impl Executive {
    /// Lets everything happen that is due. The handler whose time has come.
    fn advance(&mut self) -> Option<extern "C" fn()> {
        let now = clock::now();
        self.tasks.advance(now);
        self.alarm.take_if(|(time, _)| *time <= now).map(|(_, handler)| handler)
    }

    /// Arms the timer for what comes next.
    fn arm(&mut self) {
        let alarm = self.alarm.map_or(NEVER, |(time, _)| time).min(self.tasks.alarm());
        if alarm != self.armed {
            self.armed = alarm;
            timer::set(alarm);
        }
    }

    /// Whose registers are to be saved, whose loaded, and the end of the stack of one that begins; none if the task
    /// that executes goes on.
    fn switch(&mut self) -> Option<(*mut Context, usize, usize)> {
        const MAIN: usize = PLACES;
        const NOWHERE: usize = PLACES + 1;
        let from = self.tasks.current();
        let to = self.tasks.choose();
        if from == to && !self.abandoned {
            return None;
        }
        if let Some(from) = from.filter(|_| !self.abandoned) {
            self.look_at_stack(from);
        }
        let place = |index: Option<Index>| index.map_or(MAIN, |index| index.0);
        let save = if core::mem::take(&mut self.abandoned) { NOWHERE } else { place(from) };
        let stack = to.and_then(|to| self.stacks[to.0]).map_or(0, Stack::end);
        let load = self.contexts[place(to)].0;
        Some((&raw mut self.contexts[save], load, stack))
    }

    /// A task that has left its stack has written over what is not its own: the partition ends.
    fn look_at_stack(&self, index: Index) {
        if self.stacks[index.0].is_some_and(|stack| !stack.is_whole()) {
            error::stack_overflow(task(index));
        }
    }
}

/// Goes on with the task whose turn it is. Interrupts are disabled, and no handler executes. Returns when it is the
/// caller's turn.
fn dispatch() {
    if with(|executive| executive.held != 0) {
        return;
    }
    while let Some(handler) = with(Executive::advance) {
        with(|executive| executive.held += 1);
        handler();
        with(|executive| executive.held -= 1);
    }
    with(Executive::arm);
    if let Some((save, load, stack)) = with(Executive::switch) {
        // SAFETY: interrupts are disabled; contexts lie in a static; what is loaded was saved here and has not ended
        // since, or belongs to a task that has a stack of its own and begins. The main stack was left through here
        // before anything goes back to it.
        unsafe { bulkhead_context::switch(save, load, stack, begin) };
    }
}

/// Looks whose turn it is, after something else than the clock may have changed that. A handler leaves that to what
/// comes behind it.
fn reconsider() {
    if interrupts::nesting() == 0 {
        interrupts::without(dispatch);
    }
}

/// What a task executes first, on its own stack, with interrupts disabled.
extern "C" fn begin() -> ! {
    let beginning = with(|executive| executive.tasks.beginning());
    interrupts::enable();
    if let Some(Beginning { entry, argument }) = beginning {
        entry(argument);
    }
    // No entry of the services returns.
    loop {
        partition::idle();
    }
}

/// The timer's handler: what is due is seen to behind it.
fn expired() {
    with(|executive| executive.armed = NEVER);
}

/// The partition is in `NORMAL`: its processes execute from now on, and the main stack is that of idle time.
pub(crate) fn begin_normal() -> ! {
    interrupts::disable();
    // There is such a line.
    let _ = interrupts::install(Line::Timer as u32, expired);
    let _ = interrupts::unmask(Line::Timer as u32);
    with(|executive| executive.tasks.begin());
    dispatch();
    loop {
        interrupts::enable();
        partition::idle();
    }
}

/// The guest layer calls it after interrupt handlers, on the interrupted task's stack, with interrupts disabled.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_after_interrupts() {
    dispatch();
}

/// How the services know a task, and the traits a process; 0 is none.
const fn task(index: Index) -> Task {
    index.0 as Task + 1
}

/// The task that the services know so, if it can be one.
fn index(task: Task) -> Option<Index> {
    (task as usize).checked_sub(1).filter(|place| *place < PLACES).map(Index)
}

/// Uses the task that the services know so, and looks whose turn it is then.
fn change(task: Task, work: impl FnOnce(&mut Executive, Index)) {
    if let Some(index) = index(task) {
        with(|executive| work(executive, index));
        reconsider();
    }
}

/// Whether the task that executes has its stack still, as a fault finds it.
pub(crate) fn is_on_its_stack(pointer: usize) -> bool {
    with(|executive| {
        let stack = executive.tasks.current().and_then(|index| executive.stacks[index.0]);
        stack.is_some_and(|stack| stack.contains(pointer) && stack.is_whole())
    })
}

/// What the services need.
mod services {
    use super::*;

    struct Processes;

    bulkhead_apex::executive!(Processes);

    impl Services for Processes {
        fn task() -> Option<(Task, u32)> {
            if interrupts::nesting() != 0 {
                return None;
            }
            with(|executive| executive.tasks.caller()).map(|(index, priority)| (task(index), priority))
        }

        fn wait(deadline: u64) {
            interrupts::without(|| {
                with(|executive| executive.tasks.wait(deadline));
                dispatch();
            });
        }

        fn wake(task: Task) {
            change(task, |executive, index| executive.tasks.wake(index));
        }

        fn create(new: &NewTask) -> Option<Task> {
            let beginning = Beginning { entry: new.entry, argument: new.argument };
            let created = with(|executive| {
                let stack = Stack::take(u32::try_from(new.stack_size).ok()?)?;
                let is_periodic = core::mem::take(&mut executive.next_is_periodic);
                let index = executive.tasks.create(beginning, new.priority, is_periodic)?;
                executive.stacks[index.0] = Some(stack);
                executive.contexts[index.0] = Context(0);
                Some(task(index))
            });
            reconsider();
            created
        }

        /// It begins with what it was created with, the argument too.
        fn restart(task: Task, _argument: usize) {
            change(task, |executive, index| {
                executive.tasks.restart(index);
                executive.contexts[index.0] = Context(0);
                executive.abandoned |= executive.tasks.current() == Some(index);
            });
        }

        fn suspend(task: Task, suspended: bool) {
            change(task, |executive, index| executive.tasks.suspend(index, suspended));
        }

        fn set_priority(task: Task, priority: u32) {
            change(task, |executive, index| executive.tasks.set_priority(index, priority));
        }

        fn raise(task: Task, raised: bool) {
            change(task, |executive, index| executive.tasks.raise(index, raised));
        }

        fn is_ready(task: Task) -> bool {
            index(task).is_some_and(|index| with(|executive| executive.tasks.is_ready(index)))
        }

        fn give_way() {
            with(|executive| executive.tasks.give_way());
            reconsider();
        }

        fn hold(held: bool) {
            with(|executive| {
                executive.held = if held { executive.held + 1 } else { executive.held.saturating_sub(1) }
            });
            reconsider();
        }

        fn alarm(time: u64, handler: extern "C" fn()) {
            with(|executive| executive.alarm = Some((time, handler)));
            reconsider();
        }
    }
}
