//! The executive: tasks, what they wait for, and time, as the Classic API describes them.
//!
//! It is one value without any pointer in it: objects are known by their position in tables of the configured size,
//! and everything that has to do with addresses is behind [`Port`]. Directives are methods. A directive that makes the
//! calling task wait returns [`Progress::Blocked`]; the caller then switches to [`Executive::switch`]'s choice and,
//! when the task executes again, takes the result from [`Executive::outcome`]. There is one processor and the caller
//! disables interrupts around every method, so nothing here can be interrupted.

pub mod alarm;
pub mod calendar;
mod clock;
mod event;
pub mod list;
mod message;
mod notice;
pub mod object;
pub mod options;
mod period;
mod port;
pub mod ready;
mod semaphore;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod timer;
mod wait;

use alarm::{Alarm, Alarms};
use list::{Links, Node};
use object::{Class, Id, Named, Slot, Table};
use ready::Ready;

pub use clock::Announcement;
pub use event::PENDING_EVENTS;
pub use message::Queue;
pub use period::{Period, PeriodState, PeriodStatus, Span, Statistics};
pub use port::Port;
pub use semaphore::Semaphore;
pub use status::{SUCCESSFUL, Status};
pub use task::{Places, Register, Switch, Task};
pub use timer::{Fired, Timer, TimerInformation};
pub use wait::number as waits;

/// What a directive answers.
pub type Answer<T> = Result<T, Status>;

/// How far a directive came that may make its caller wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is done; the number that it returns besides the status (a message's size, events), else 0.
    Done(u32),
    /// The calling task waits now.
    Blocked,
}

/// How long a directive may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// This many ticks, at least 1.
    Ticks(u32),
    /// Until it comes.
    Forever,
}

impl Patience {
    /// What an option set and a timeout in ticks mean.
    #[must_use]
    pub const fn of(option_set: u32, timeout: u32) -> Self {
        match (option_set & options::NO_WAIT, timeout) {
            (0, 0) => Self::Forever,
            (0, ticks) => Self::Ticks(ticks),
            _ => Self::None,
        }
    }
}

/// What the program configured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Length of a tick in nanoseconds, at least 1.
    pub nanoseconds_per_tick: u64,
    /// Ticks that a time-sliced task has before the next of its priority has its turn.
    pub ticks_per_timeslice: u32,
    /// The least stack that a task gets, in bytes.
    pub minimum_stack_size: usize,
}

/// The memory of the executive's tables; the lengths are the configured numbers of objects.
pub struct Pools<'a, P: Port> {
    /// Tasks.
    pub tasks: &'a mut [Slot<Task<P>>],
    /// Semaphores.
    pub semaphores: &'a mut [Slot<Semaphore>],
    /// Message queues.
    pub queues: &'a mut [Slot<Queue<P>>],
    /// Timers.
    pub timers: &'a mut [Slot<Timer<P>>],
    /// Periods.
    pub periods: &'a mut [Slot<Period>],
    /// One for each task.
    pub task_links: &'a mut [Node],
    /// One for each task, timer and period together.
    pub alarms: &'a mut [Alarm],
    /// As many as alarms.
    pub alarm_links: &'a mut [Node],
}

/// The executive.
pub struct Executive<'a, P: Port> {
    port: P,
    settings: Settings,
    tasks: Table<'a, Task<P>>,
    semaphores: Table<'a, Semaphore>,
    queues: Table<'a, Queue<P>>,
    timers: Table<'a, Timer<P>>,
    periods: Table<'a, Period>,
    /// Links of tasks in ready lists and wait queues: a task is in one of them at most.
    links: Links<'a>,
    alarms: Alarms<'a>,
    ready: Ready,
    /// The task whose instructions the processor executes; none while it is idle.
    executing: Option<usize>,
    /// The task that is to execute; none to be idle. A task without preemption stays the heir once it is, even if it
    /// has not begun to execute.
    heir: Option<usize>,
    /// The executing task's registers are not wanted any more: it was deleted, or begins anew.
    abandoned: bool,
    /// Stack of a task that deleted itself; it is in use until the next switch.
    left_stack: Option<P::Stack>,
    /// Announcements of ticks being executed, one within the other.
    announcements: u32,
    ticks: u64,
    /// Clock when the executive started, in nanoseconds.
    started_at: u64,
    /// Clock at the last switch.
    switched_at: u64,
    /// Time of day minus clock in nanoseconds, once it has been set.
    wall_offset: Option<u64>,
    /// The task that serves timers, once there is one.
    timer_server: Option<usize>,
    /// Somebody may be to be told of a period.
    untold_periods: bool,
}

impl<P: Port> Executive<'_, P> {
    /// Where address and length of the tasks' places are, in bytes from the executive's beginning, for debuggers.
    pub const TASKS: usize = core::mem::offset_of!(Self, tasks) + Table::<Task<P>>::SLOTS;
}

impl<'a, P: Port> Executive<'a, P> {
    /// An executive without any objects.
    #[must_use]
    pub fn new(mut port: P, settings: Settings, pools: Pools<'a, P>) -> Self {
        let now = port.now();
        Self {
            port,
            settings,
            tasks: Table::new(Class::Task, pools.tasks),
            semaphores: Table::new(Class::Semaphore, pools.semaphores),
            queues: Table::new(Class::MessageQueue, pools.queues),
            timers: Table::new(Class::Timer, pools.timers),
            periods: Table::new(Class::Period, pools.periods),
            links: Links::new(pools.task_links),
            alarms: Alarms::new(pools.alarms, pools.alarm_links),
            ready: Ready::EMPTY,
            executing: None,
            abandoned: false,
            heir: None,
            left_stack: None,
            announcements: 0,
            ticks: 0,
            started_at: now,
            switched_at: now,
            wall_offset: None,
            timer_server: None,
            untold_periods: false,
        }
    }

    /// What the program configured.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Notes that a tick is being announced: until it has been, directives do not switch tasks, as in an interrupt
    /// handler.
    pub fn begin_announcement(&mut self) {
        self.announcements += 1;
    }

    /// Notes that a tick has been announced.
    pub fn end_announcement(&mut self) {
        self.announcements = self.announcements.saturating_sub(1);
    }

    /// Whether an interrupt handler is being executed.
    #[must_use]
    pub fn in_interrupt(&self) -> bool {
        self.announcements != 0 || self.port.in_interrupt()
    }

    /// The name of an object.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn name_of(&self, id: Id) -> Answer<u32> {
        let id = if id == object::SELF { self.self_id()? } else { id };
        let (class, _) = Class::of(id).ok_or(Status::InvalidId)?;
        Ok(match class {
            Class::Task => self.tasks[self.tasks.find(id)?].name(),
            Class::Timer => self.timers[self.timers.find(id)?].name(),
            Class::Semaphore => self.semaphores[self.semaphores.find(id)?].name(),
            Class::MessageQueue => self.queues[self.queues.find(id)?].name(),
            Class::Period => self.periods[self.periods.find(id)?].name(),
        })
    }

    /// The identifier of the first object of a class with this name.
    ///
    /// # Errors
    /// `InvalidName` if there is none; `InvalidNode`.
    pub fn identify(&self, class: Class, name: u32, node: u32) -> Answer<Id> {
        match class {
            Class::Task if name == 0 => self.self_id(),
            Class::Task => self.tasks.identify(name, node),
            Class::Timer => self.timers.identify(name, node),
            Class::Semaphore => self.semaphores.identify(name, node),
            Class::MessageQueue => self.queues.identify(name, node),
            Class::Period => self.periods.identify(name, node),
        }
    }

    /// The alarm of a timer.
    fn timer_alarm(&self, timer: usize) -> usize {
        self.tasks.capacity() + timer
    }

    /// The alarm of a period.
    fn period_alarm(&self, period: usize) -> usize {
        self.tasks.capacity() + self.timers.capacity() + period
    }
}

/// Checks an object's name and that there is room for it.
fn admit<T: Named>(table: &Table<T>, name: u32) -> Answer<()> {
    if name == 0 {
        return Err(Status::InvalidName);
    }
    if !table.has_room() {
        return Err(Status::TooMany);
    }
    Ok(())
}
