//! Tasks: their states, priorities and modes, and the choice of the one that executes.

use core::mem::offset_of;

use super::alarm::Scale;
use super::object::{self, Id, Named};
use super::wait::Wait;
use super::{Answer, Executive, Patience, Port, Progress, Status, admit, options};

/// A task.
pub struct Task<P: Port> {
    name: u32,
    /// The priority that it was given; what it inherits is not in it.
    real_priority: u8,
    /// The priority by which it is scheduled.
    pub(super) effective_priority: u8,
    initial_priority: u8,
    mode: u32,
    initial_mode: u32,
    started: bool,
    suspended: bool,
    /// The priority that it has besides its own, if it has been raised.
    raised: Option<u8>,
    pub(super) wait: Option<Wait<P>>,
    pub(super) outcome: Answer<u32>,
    pub(super) pending_events: u32,
    pub(super) noticed: bool,
    entry: Option<P::Entry>,
    argument: usize,
    stack: Option<P::Stack>,
    context: P::Context,
    /// Ticks left of its time slice.
    slice: u32,
    processor_time: u64,
}

/// Where a debugger finds what it shows of a task, in bytes from the task's beginning.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The name, four bytes.
    pub name: usize,
    /// The priority by which it is scheduled, a byte.
    pub priority: usize,
    /// Whether it has been started, a byte.
    pub started: usize,
    /// Whether it is suspended, a byte.
    pub suspended: usize,
    /// What it waits for: a byte with one of the numbers of [`super::waits`].
    pub wait: usize,
    /// Its entry point.
    pub entry: usize,
    /// Its stack, and its registers while it does not execute, each a type of the port's.
    pub stack: usize,
    /// See [`Places::stack`].
    pub context: usize,
}

impl<P: Port> Task<P> {
    /// Where things are in it.
    pub const PLACES: Places = Places {
        name: offset_of!(Self, name),
        priority: offset_of!(Self, effective_priority),
        started: offset_of!(Self, started),
        suspended: offset_of!(Self, suspended),
        wait: offset_of!(Self, wait),
        entry: offset_of!(Self, entry),
        stack: offset_of!(Self, stack),
        context: offset_of!(Self, context),
    };
}

impl<P: Port> Named for Task<P> {
    fn name(&self) -> u32 {
        self.name
    }
}

impl<P: Port> Task<P> {
    pub(super) fn is_ready(&self) -> bool {
        self.started && !self.suspended && self.wait.is_none()
    }
}

/// Where registers are saved to or loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The context of the task at this position.
    Task(usize),
    /// The idle loop's.
    Idle,
    /// Nowhere: they are not wanted any more.
    Nowhere,
}

/// A change of the executing task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Whose registers the processor holds.
    pub from: Register,
    /// Whose it is to hold.
    pub to: Register,
}

impl<P: Port> Executive<'_, P> {
    /// Creates a task. It does not execute before it is started.
    ///
    /// # Errors
    /// `InvalidName`, `InvalidPriority`, `TooMany`; `Unsatisfied` if there is no memory for its stack.
    pub fn task_create(&mut self, name: u32, priority: u32, stack_size: usize, mode: u32) -> Answer<Id> {
        if name == 0 {
            return Err(Status::InvalidName);
        }
        let priority = valid_priority(priority)?;
        admit(&self.tasks, name)?;
        let stack = self.port.stack(stack_size.max(self.settings.minimum_stack_size));
        let stack = stack.ok_or(Status::Unsatisfied)?;
        let position = self.tasks.insert(Task {
            name,
            real_priority: priority,
            effective_priority: priority,
            initial_priority: priority,
            mode,
            initial_mode: mode,
            started: false,
            suspended: false,
            raised: None,
            wait: None,
            outcome: Ok(0),
            pending_events: 0,
            noticed: false,
            entry: None,
            argument: 0,
            stack: Some(stack),
            context: P::Context::default(),
            slice: self.settings.ticks_per_timeslice,
            processor_time: 0,
        });
        position.map(|position| self.tasks.id(position)).ok_or(Status::TooMany)
    }

    /// Makes a created task ready to execute at its entry point.
    ///
    /// # Errors
    /// `InvalidId`; `IncorrectState` if it has been started.
    pub fn task_start(&mut self, id: Id, entry: P::Entry, argument: usize) -> Answer<()> {
        let task = self.find_task(id)?;
        let control = &mut self.tasks[task];
        if control.started {
            return Err(Status::IncorrectState);
        }
        control.started = true;
        control.entry = Some(entry);
        control.argument = argument;
        self.enter_ready(task);
        Ok(())
    }

    /// Makes a task begin anew with its first priority and mode; it keeps semaphores and pending events.
    ///
    /// # Errors
    /// `InvalidId`; `IncorrectState` if it has not been started.
    pub fn task_restart(&mut self, id: Id, argument: usize) -> Answer<()> {
        let task = self.find_task(id)?;
        if !self.tasks[task].started {
            return Err(Status::IncorrectState);
        }
        let was_ready = self.tasks[task].is_ready();
        self.stop_waiting(task);
        let control = &mut self.tasks[task];
        control.argument = argument;
        control.suspended = false;
        control.raised = None;
        control.noticed = false;
        control.mode = control.initial_mode;
        control.real_priority = control.initial_priority;
        control.context = P::Context::default();
        if !was_ready {
            self.enter_ready(task);
        }
        self.refresh_priority(task, false);
        self.update_heir();
        if self.executing == Some(task) {
            self.abandoned = true;
        }
        Ok(())
    }

    /// Deletes a task.
    ///
    /// # Errors
    /// `InvalidId`; `CalledFromIsr`; `ResourceInUse` if it owns a semaphore.
    pub fn task_delete(&mut self, id: Id) -> Answer<()> {
        let task = self.find_task(id)?;
        if self.in_interrupt() {
            return Err(Status::CalledFromIsr);
        }
        if self.semaphores.iter().any(|(_, semaphore)| semaphore.owner() == Some(task)) {
            return Err(Status::ResourceInUse);
        }
        self.leave_ready(task);
        self.stop_waiting(task);
        self.cancel_periods_of(task);
        if self.timer_server == Some(task) {
            self.timer_server = None;
        }
        let stack = self.tasks.remove(task).and_then(|control| control.stack);
        if self.executing == Some(task) {
            self.abandoned = true;
            self.left_stack = stack;
        }
        Ok(())
    }

    /// Keeps a task from executing until it is resumed.
    ///
    /// # Errors
    /// `InvalidId`, `AlreadySuspended`.
    pub fn task_suspend(&mut self, id: Id) -> Answer<()> {
        let task = self.find_task(id)?;
        if self.tasks[task].suspended {
            return Err(Status::AlreadySuspended);
        }
        self.leave_ready(task);
        self.tasks[task].suspended = true;
        Ok(())
    }

    /// Lets a suspended task execute again.
    ///
    /// # Errors
    /// `InvalidId`; `IncorrectState` if it is not suspended.
    pub fn task_resume(&mut self, id: Id) -> Answer<()> {
        let task = self.find_task(id)?;
        if !self.tasks[task].suspended {
            return Err(Status::IncorrectState);
        }
        self.tasks[task].suspended = false;
        self.enter_ready(task);
        Ok(())
    }

    /// Succeeds if a task is not suspended.
    ///
    /// # Errors
    /// `InvalidId`; `AlreadySuspended` if it is.
    pub fn task_is_suspended(&self, id: Id) -> Answer<()> {
        if self.tasks[self.find_task(id)?].suspended { Err(Status::AlreadySuspended) } else { Ok(()) }
    }

    /// Gives a task a priority, 0 to leave it. Returns the one it had.
    ///
    /// # Errors
    /// `InvalidId`, `InvalidPriority`.
    pub fn task_set_priority(&mut self, id: Id, priority: u32) -> Answer<u32> {
        let task = self.find_task(id)?;
        let previous = u32::from(self.tasks[task].effective_priority);
        if priority != 0 {
            self.tasks[task].real_priority = valid_priority(priority)?;
            self.refresh_priority(task, false);
        }
        Ok(previous)
    }

    /// The priority by which a task is scheduled.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn task_priority(&self, id: Id) -> Answer<u32> {
        Ok(u32::from(self.tasks[self.find_task(id)?].effective_priority))
    }

    /// Gives a task a priority besides its own, or takes that back: it stays the first of its own priority.
    ///
    /// # Errors
    /// `InvalidId`, `InvalidPriority`.
    pub fn task_raise(&mut self, id: Id, priority: Option<u32>) -> Answer<()> {
        let task = self.find_task(id)?;
        self.tasks[task].raised = priority.map(valid_priority).transpose()?;
        self.refresh_priority(task, priority.is_none());
        Ok(())
    }

    /// Whether a task waits for nothing, and is not suspended.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn task_is_ready(&self, id: Id) -> Answer<bool> {
        Ok(self.tasks[self.find_task(id)?].is_ready())
    }

    /// Changes the bits of the caller's mode that are in `mask`. Returns the mode before.
    ///
    /// # Errors
    /// `CalledFromIsr` if no task executes.
    pub fn task_mode(&mut self, mode: u32, mask: u32) -> Answer<u32> {
        let task = self.executing.ok_or(Status::CalledFromIsr)?;
        let slice = self.settings.ticks_per_timeslice;
        let control = &mut self.tasks[task];
        let previous = control.mode;
        control.mode = previous & !mask | mode & mask;
        if mask & options::TIMESLICE != 0 {
            control.slice = slice;
        }
        self.update_heir();
        Ok(previous)
    }

    /// Makes the caller wait for a number of ticks, or give way to the others of its priority if it is 0.
    ///
    /// # Errors
    /// `CalledFromIsr`.
    pub fn wake_after(&mut self, ticks: u32) -> Answer<Progress> {
        if ticks != 0 {
            return self.block(Wait::Time, Patience::Ticks(ticks));
        }
        let task = self.waiting_caller()?;
        self.yield_processor(task);
        Ok(Progress::Done(0))
    }

    /// Makes the caller wait until a time of day in seconds since 1970.
    ///
    /// # Errors
    /// `NotDefined` if the time of day is not set, `InvalidClock` if it has passed, `CalledFromIsr`.
    pub fn wake_when(&mut self, seconds: u64) -> Answer<Progress> {
        if seconds <= self.wall_seconds()? {
            return Err(Status::InvalidClock);
        }
        let task = self.waiting_caller()?;
        self.block(Wait::Time, Patience::Forever)?;
        self.alarms.set(task, Scale::Wall, seconds);
        Ok(Progress::Blocked)
    }

    /// The executing task.
    ///
    /// # Errors
    /// `InvalidId` if there is none.
    pub fn self_id(&self) -> Answer<Id> {
        self.executing.map(|task| self.tasks.id(task)).ok_or(Status::InvalidId)
    }

    /// How the executing task's last waiting ended.
    ///
    /// # Errors
    /// The status that the directive returns.
    pub fn outcome(&self) -> Answer<u32> {
        self.executing.map_or(Err(Status::CalledFromIsr), |task| self.tasks[task].outcome)
    }

    /// Entry point, argument and mode of the executing task.
    #[must_use]
    pub fn beginning(&self) -> Option<(P::Entry, usize, u32)> {
        let control = &self.tasks[self.executing?];
        Some((control.entry?, control.argument, control.mode))
    }

    /// Name and identifier of the task at a position.
    #[must_use]
    pub fn described(&self, task: usize) -> (u32, Id) {
        (self.tasks[task].name, self.tasks.id(task))
    }

    /// The saved registers and the stack of the task at a position.
    pub fn machine_state(&mut self, task: usize) -> (&mut P::Context, Option<&P::Stack>) {
        let control = &mut self.tasks[task];
        (&mut control.context, control.stack.as_ref())
    }

    /// Decides which task executes, and makes it the executing one. Returns what is to be switched, if anything.
    pub fn switch(&mut self) -> Option<Switch> {
        if self.in_interrupt() {
            return None;
        }
        let heir = self.heir;
        let same = heir == self.executing;
        if same && !self.abandoned {
            return None;
        }
        self.account();
        let from = match self.executing {
            _ if self.abandoned => Register::Nowhere,
            Some(task) => Register::Task(task),
            None => Register::Idle,
        };
        self.abandoned = false;
        self.executing = heir;
        let Some(task) = heir else {
            return Some(Switch { from, to: Register::Idle });
        };
        self.tasks[task].slice = self.settings.ticks_per_timeslice;
        Some(Switch { from, to: Register::Task(task) })
    }

    /// Gives back the stack of a task that deleted itself; call it on another stack.
    pub fn clear_left_stack(&mut self) {
        self.left_stack = None;
    }

    /// A tick has passed of the executing task's time slice.
    pub(super) fn charge_slice(&mut self) {
        let Some(task) = self.executing else {
            return;
        };
        if self.abandoned {
            return;
        }
        let control = &mut self.tasks[task];
        if control.mode & options::TIMESLICE == 0
            || control.mode & options::NO_PREEMPT != 0
            || !control.is_ready()
        {
            return;
        }
        control.slice = control.slice.saturating_sub(1);
        if control.slice == 0 {
            control.slice = self.settings.ticks_per_timeslice;
            self.yield_processor(task);
        }
    }

    /// Processor time that a task has used, in nanoseconds.
    pub(super) fn processor_time(&mut self, task: usize) -> u64 {
        let running = match self.executing {
            Some(executing) if executing == task => self.port.now().saturating_sub(self.switched_at),
            _ => 0,
        };
        self.tasks[task].processor_time + running
    }

    /// Makes a task ready if nothing keeps it.
    pub(super) fn enter_ready(&mut self, task: usize) {
        if !self.tasks[task].is_ready() {
            return;
        }
        let priority = self.tasks[task].effective_priority;
        self.ready.append(&mut self.links, task, priority);
        if self.heir.is_none_or(|heir| priority < self.tasks[heir].effective_priority) {
            self.update_heir();
        }
    }

    /// Takes a task out of the ready ones, if it is among them. The caller makes it not ready.
    pub(super) fn leave_ready(&mut self, task: usize) {
        if !self.tasks[task].is_ready() {
            return;
        }
        self.ready.remove(&mut self.links, task, self.tasks[task].effective_priority);
        if self.heir == Some(task) {
            self.heir = self.ready.first();
        }
    }

    /// Computes a task's priority anew after something changed that it depends on, and hands the change on to the
    /// owner of the semaphore that the task waits for, and so on. `lent` puts it before the tasks of its priority:
    /// it had a higher one, which it only lost by giving something back.
    pub(super) fn refresh_priority(&mut self, task: usize, lent: bool) {
        let mut task = task;
        // Each round follows one task that waits; a chain longer than that is a deadlock, which obtain refuses.
        for _ in 0..self.tasks.capacity() {
            let priority = self.priority_with_semaphores(task);
            let previous = self.tasks[task].effective_priority;
            if priority == previous {
                return;
            }
            if self.tasks[task].is_ready() {
                self.ready.remove(&mut self.links, task, previous);
                if lent {
                    self.ready.prepend(&mut self.links, task, priority);
                } else {
                    self.ready.append(&mut self.links, task, priority);
                }
            }
            self.tasks[task].effective_priority = priority;
            self.update_heir();
            self.resort_waiting(task);
            let Some(Wait::Semaphore(semaphore)) = self.tasks[task].wait else {
                return;
            };
            let Some(owner) = self.semaphores[semaphore].owner() else {
                return;
            };
            task = owner;
        }
    }

    /// The priority that a task has by its own, by being raised, and by the semaphores that it owns.
    pub(super) fn priority_with_semaphores(&self, task: usize) -> u8 {
        let lent = self.semaphores.iter().filter(|(_, semaphore)| semaphore.owner() == Some(task));
        let lent = lent.filter_map(|(_, semaphore)| semaphore.lends(&self.links, &self.tasks));
        lent.chain(self.tasks[task].raised).fold(self.tasks[task].real_priority, u8::min)
    }

    /// The position of a task, the executing one for the identifier 0.
    pub(super) fn find_task(&self, id: Id) -> Answer<usize> {
        if id == object::SELF {
            return self.executing.filter(|_| !self.abandoned).ok_or(Status::InvalidId);
        }
        self.tasks.find(id)
    }

    fn yield_processor(&mut self, task: usize) {
        let priority = self.tasks[task].effective_priority;
        self.ready.remove(&mut self.links, task, priority);
        self.ready.append(&mut self.links, task, priority);
        self.heir = self.ready.first();
    }

    /// Makes the first ready task the heir, unless the heir may not be preempted.
    fn update_heir(&mut self) {
        if self.heir.is_none_or(|heir| self.tasks[heir].mode & options::NO_PREEMPT == 0) {
            self.heir = self.ready.first();
        }
    }

    fn account(&mut self) {
        let now = self.port.now();
        if let Some(task) = self.executing
            && self.tasks.contains(task)
        {
            self.tasks[task].processor_time += now.saturating_sub(self.switched_at);
        }
        self.switched_at = now;
    }
}

/// A priority in the range 1 to 255.
fn valid_priority(priority: u32) -> Answer<u8> {
    match priority {
        1..=options::LOWEST_PRIORITY => Ok(priority as u8),
        _ => Err(Status::InvalidPriority),
    }
}
