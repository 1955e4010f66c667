//! The processes of a partition: what state each is in, whose turn it is, and what happens when. Safe code without a
//! clock, a stack or a processor, tested on the developer's machine.
//!
//! Whose turn it is: the process with the highest priority of those that are ready; of these a periodic one before an
//! aperiodic one, as ARINC 653 part 4 has it of its two processes; of these the one that has been ready for longest.

use a653rs::bindings::{
    ApexName, ApexProcessAttribute, Deadline, ErrorReturnCode, INFINITE_TIME_VALUE, MAX_PRIORITY_VALUE,
    MIN_PRIORITY_VALUE, Priority,
};
use bulkhead_guest::NEVER;
use bulkhead_guest::partition::before_zero;

/// The most processes of a partition, the error handler not counted. Part 4 asks for two.
pub(crate) const PROCESSES_MAX: usize = 16;

/// The least stack in bytes. Some 600 of it are for a process that does not execute.
pub(crate) const STACK_MIN: u32 = 2048;

/// A process, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index(pub(crate) usize);

/// The error handler's place, behind those of the processes.
pub(crate) const HANDLER: Index = Index(PROCESSES_MAX);

/// The places of the table.
pub(crate) const PLACES: usize = PROCESSES_MAX + 1;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has ended, or has not been started.
    Dormant,
    /// It executes, or would if it were its turn.
    Ready,
    /// It begins when the partition is in `NORMAL`.
    Started,
    /// It waits until it is woken or the clock has this value.
    Waiting(u64),
    /// It waits for its next release point.
    Released,
}

#[derive(Debug)]
struct Process {
    attributes: ApexProcessAttribute,
    state: State,
    priority: Priority,
    /// When it became ready, in the order of these.
    order: u64,
    /// The release point that comes next, of a periodic process.
    release: u64,
    /// When what it does now has to be done; `NEVER` if it need not.
    deadline: u64,
    /// It has been woken since it asked whether it may wait.
    woken: bool,
}

impl Process {
    fn is_periodic(&self) -> bool {
        self.attributes.period != INFINITE_TIME_VALUE
    }

    /// When what begins at a time has to be done.
    fn deadline_from(&self, begin: u64) -> u64 {
        match u64::try_from(self.attributes.time_capacity) {
            Ok(capacity) => begin.saturating_add(capacity),
            Err(_) => NEVER,
        }
    }
}

/// What is known when a process is created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// How many bytes are left for stacks.
    pub(crate) room: u32,
    /// The partition's period in nanoseconds.
    pub(crate) period: i64,
}

/// The processes of a partition.
#[derive(Debug)]
pub(crate) struct Processes {
    places: [Option<Process>; PLACES],
    current: Option<Index>,
    /// How often a process has become ready.
    order: u64,
    /// Where periods begin: at the first window of a major frame. None until that window is there.
    origin: Option<u64>,
    /// The partition's period in nanoseconds.
    period: u64,
    /// Whether the partition is in `NORMAL`.
    normal: bool,
}

impl Processes {
    pub(crate) const NONE: Self = Self {
        places: [const { None }; PLACES],
        current: None,
        order: 0,
        origin: None,
        period: 0,
        normal: false,
    };

    /// Creates a process, with the standard's conditions in the standard's order.
    pub(crate) fn create(
        &mut self,
        attributes: &ApexProcessAttribute,
        circumstances: Circumstances,
    ) -> Result<Index, ErrorReturnCode> {
        let Circumstances { room, period } = circumstances;
        let place = self.places[..PROCESSES_MAX].iter().position(Option::is_none);
        let place = place.filter(|_| attributes.stack_size <= room).ok_or(ErrorReturnCode::InvalidConfig)?;
        if self.find(&attributes.name).is_some() {
            return Err(ErrorReturnCode::NoAction);
        }
        let priorities = MIN_PRIORITY_VALUE..=MAX_PRIORITY_VALUE;
        if attributes.stack_size < STACK_MIN || !priorities.contains(&attributes.base_priority) {
            return Err(ErrorReturnCode::InvalidParam);
        }
        let mut attributes = attributes.clone();
        attributes.period = match attributes.period {
            // The partition's own period, as other implementations of the traits have it.
            0 => period,
            1.. => attributes.period,
            // All negative times are infinite.
            _ => INFINITE_TIME_VALUE,
        };
        let is_periodic = attributes.period != INFINITE_TIME_VALUE;
        if is_periodic && attributes.period.checked_rem(period) != Some(0) {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        if attributes.time_capacity == 0 || is_periodic && attributes.period < attributes.time_capacity {
            return Err(ErrorReturnCode::InvalidParam);
        }
        if self.normal {
            return Err(ErrorReturnCode::InvalidMode);
        }
        self.put(Index(place), attributes);
        Ok(Index(place))
    }

    /// Creates the error handler.
    pub(crate) fn create_handler(&mut self, attributes: ApexProcessAttribute) {
        self.put(HANDLER, attributes);
    }

    fn put(&mut self, index: Index, attributes: ApexProcessAttribute) {
        let priority = attributes.base_priority;
        let (state, order, release, deadline, woken) = (State::Dormant, 0, NEVER, NEVER, false);
        self.places[index.0] = Some(Process { attributes, state, priority, order, release, deadline, woken });
    }

    /// The process of this name.
    pub(crate) fn find(&self, name: &ApexName) -> Option<Index> {
        let named = |process: &Process| before_zero(&process.attributes.name) == before_zero(name);
        self.places[..PROCESSES_MAX].iter().position(|place| place.as_ref().is_some_and(named)).map(Index)
    }

    /// What a process was created with.
    pub(crate) fn attributes(&self, index: Index) -> Option<&ApexProcessAttribute> {
        self.places.get(index.0)?.as_ref().map(|process| &process.attributes)
    }

    /// Starts a process that is dormant, from its entry point.
    pub(crate) fn start(&mut self, index: Index, now: u64) -> Result<(), ErrorReturnCode> {
        let (normal, release) = (self.normal, self.next_origin(now));
        let process = self.process(index).ok_or(ErrorReturnCode::InvalidParam)?;
        if process.state != State::Dormant {
            return Err(ErrorReturnCode::NoAction);
        }
        // A deadline that the clock never reaches.
        if process.attributes.time_capacity.checked_add_unsigned(now).is_none() {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        process.priority = process.attributes.base_priority;
        process.woken = false;
        if !normal {
            process.state = State::Started;
        } else if process.is_periodic() {
            process.state = State::Released;
            process.release = release;
        } else {
            process.deadline = process.deadline_from(now);
            self.ready(index);
        }
        Ok(())
    }

    /// The partition is in `NORMAL` from now on: what was started begins. Periodic processes begin with the first
    /// window that opens in the next major frame.
    pub(crate) fn begin(&mut self, now: u64, period: u64) {
        self.normal = true;
        self.period = period.max(1);
        let release = self.next_origin(now);
        for index in (0..PLACES).map(Index) {
            let Some(process) = self.process(index) else { continue };
            if process.state != State::Started {
                continue;
            }
            if process.is_periodic() {
                process.state = State::Released;
                process.release = release;
            } else {
                process.deadline = process.deadline_from(now);
                self.ready(index);
            }
        }
    }

    /// Whether the partition is in `NORMAL`.
    pub(crate) fn is_normal(&self) -> bool {
        self.normal
    }

    /// When periods begin next: with the partition's first window of a major frame. As long as no such window has been
    /// seen, when the next frame begins, and the window is awaited then.
    fn next_origin(&self, now: u64) -> u64 {
        let period = self.period.max(1);
        let origin = self.origin.unwrap_or_default();
        let periods = now.saturating_sub(origin) / period + 1;
        origin.saturating_add(periods.saturating_mul(period))
    }

    /// Lets everything happen that is due. `window` says when the window that is open began.
    pub(crate) fn advance(&mut self, now: u64, window: impl FnOnce() -> u64) {
        let due = |process: &Process| process.state == State::Released && process.release <= now;
        if self.origin.is_none() && self.places.iter().flatten().any(due) {
            // The first window of a frame in which something is released.
            let window = window().min(now);
            self.origin = Some(window % self.period.max(1));
            for process in self.places.iter_mut().flatten().filter(|process| due(process)) {
                process.release = process.release.max(window);
            }
        }
        for index in (0..PLACES).map(Index) {
            let Some(process) = self.process(index) else { continue };
            match process.state {
                State::Waiting(until) if until <= now => self.ready(index),
                State::Released if process.release <= now => {
                    process.deadline = process.deadline_from(process.release);
                    let period = process.attributes.period.unsigned_abs();
                    process.release = process.release.saturating_add(period);
                    self.ready(index);
                }
                _ => {}
            }
        }
    }

    /// A process that has missed its deadline. Each deadline is missed once.
    pub(crate) fn take_missed(&mut self, now: u64) -> Option<(Index, Deadline)> {
        let missed = |process: &Process| process.deadline < now;
        let place = self.places.iter().position(|place| place.as_ref().is_some_and(missed)).map(Index)?;
        let process = self.process(place)?;
        process.deadline = NEVER;
        Some((place, process.attributes.deadline))
    }

    /// When something is due next; `NEVER` if nothing is.
    pub(crate) fn alarm(&self) -> u64 {
        let next = self.places.iter().flatten().map(|process| {
            let event = match process.state {
                State::Waiting(until) => until,
                State::Released => process.release,
                _ => NEVER,
            };
            // It is missed when it has passed.
            event.min(process.deadline.saturating_add(1))
        });
        next.min().unwrap_or(NEVER)
    }

    /// The process that executes.
    pub(crate) fn current(&self) -> Option<Index> {
        self.current
    }

    /// Whose turn it is, who executes from now on; none if nobody is ready.
    pub(crate) fn choose(&mut self) -> Option<Index> {
        let rank =
            |process: &Process| (process.priority, process.is_periodic(), core::cmp::Reverse(process.order));
        let ready = |(place, process): (usize, &Option<Process>)| {
            let process = process.as_ref().filter(|process| process.state == State::Ready)?;
            Some((rank(process), Index(place)))
        };
        let next = self.places.iter().enumerate().filter_map(ready).max_by_key(|(rank, _)| *rank);
        self.current = next.map(|(_, index)| index).filter(|_| self.normal);
        self.current
    }

    /// The process that executes, if it may wait, and its priority. It has not been woken from now on.
    pub(crate) fn caller(&mut self) -> Option<(Index, Priority)> {
        let index = self.current.filter(|index| *index != HANDLER)?;
        let process = self.process(index)?;
        process.woken = false;
        Some((index, process.priority))
    }

    /// The process that executes waits until it is woken or the clock has this value, unless it has been woken since it
    /// was the [`Processes::caller`].
    pub(crate) fn wait(&mut self, until: u64) {
        let Some(process) = self.current.and_then(|index| self.process(index)) else { return };
        if !core::mem::take(&mut process.woken) {
            process.state = State::Waiting(until);
        }
    }

    /// Wakes a process; one that does not wait now is not going to wait the next time.
    #[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "nothing executes there"))]
    pub(crate) fn wake(&mut self, index: Index) {
        let Some(process) = self.process(index) else { return };
        match process.state {
            State::Waiting(_) => self.ready(index),
            _ => process.woken = true,
        }
    }

    /// The process that executes goes behind the others of its priority.
    pub(crate) fn give_way(&mut self) {
        if let Some(index) = self.current {
            self.ready(index);
        }
    }

    /// The process that executes has done what it had to do in this period.
    pub(crate) fn wait_for_period(&mut self) -> Result<(), ErrorReturnCode> {
        let index = self.current.ok_or(ErrorReturnCode::InvalidMode)?;
        let process = self.process(index).ok_or(ErrorReturnCode::InvalidMode)?;
        if !process.is_periodic() {
            return Err(ErrorReturnCode::InvalidMode);
        }
        process.state = State::Released;
        process.deadline = NEVER;
        Ok(())
    }

    /// The process that executes has so much time from now on.
    pub(crate) fn replenish(&mut self, budget: i64, now: u64) -> Result<(), ErrorReturnCode> {
        let deadline = match u64::try_from(budget) {
            // Times are signed.
            Ok(budget) => now.checked_add(budget).filter(|deadline| i64::try_from(*deadline).is_ok()),
            Err(_) => Some(NEVER),
        };
        let deadline = deadline.ok_or(ErrorReturnCode::InvalidParam)?;
        let caller = self.current.filter(|index| *index != HANDLER);
        let Some(process) = caller.and_then(|index| self.process(index)) else {
            return Err(ErrorReturnCode::NoAction);
        };
        if process.is_periodic() && deadline > process.release {
            return Err(ErrorReturnCode::InvalidMode);
        }
        // Without a time capacity there is no deadline.
        if process.deadline != NEVER {
            process.deadline = deadline;
        }
        Ok(())
    }

    /// A process is dormant from now on.
    #[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "nothing executes there"))]
    pub(crate) fn stop(&mut self, index: Index) {
        if let Some(process) = self.process(index) {
            process.state = State::Dormant;
            process.deadline = NEVER;
        }
    }

    /// Lets the error handler execute, before all others. Whether there is one.
    pub(crate) fn call_handler(&mut self) -> bool {
        if !self.normal {
            return false;
        }
        let Some(handler) = self.process(HANDLER) else { return false };
        if handler.state == State::Dormant {
            self.ready(HANDLER);
        }
        true
    }

    /// Whether there is an error handler.
    pub(crate) fn has_handler(&self) -> bool {
        self.places[HANDLER.0].is_some()
    }

    /// Whether a process is dormant.
    pub(crate) fn is_dormant(&self, index: Index) -> bool {
        let place = self.places.get(index.0).and_then(Option::as_ref);
        place.is_none_or(|process| process.state == State::Dormant)
    }

    fn ready(&mut self, index: Index) {
        self.order += 1;
        let order = self.order;
        if let Some(process) = self.process(index) {
            process.state = State::Ready;
            process.order = order;
        }
    }

    fn process(&mut self, index: Index) -> Option<&mut Process> {
        self.places.get_mut(index.0)?.as_mut()
    }
}

#[cfg(test)]
mod tests;
