//! Which tasks wait at which ports, and who of them comes first.

use bulkhead_abi::port::PORTS_PER_PARTITION_MAX;
use bulkhead_abi::{Error, Received};

use super::{Discipline, WAITING_MAX};
use crate::executive::Task;

/// What a task sends, or where it wants to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffer {
    /// Address and length of a message.
    Message(*const u8, usize),
    /// Address and length of the room for one.
    Room(*mut u8, usize),
}

/// Where a task that waits stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

/// A place for a task. A free one is zeros, so that all of them take no room in a program's file.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    /// 0 if the place is free.
    task: Task,
    port: u32,
    priority: u32,
    /// When it came, as the number of those that came before.
    order: u64,
    buffer: Buffer,
    served: bool,
    /// What it was given, as the call's result.
    answer: i32,
}

impl Waiter {
    const FREE: Self = Self {
        task: 0,
        port: 0,
        priority: 0,
        order: 0,
        buffer: Buffer::Message(core::ptr::null(), 0),
        served: false,
        answer: 0,
    };

    const fn waits(&self) -> bool {
        self.task != 0 && !self.served
    }
}

/// All tasks that wait, and those that have been served and not seen it yet.
pub(super) struct Waiters {
    places: [Waiter; WAITING_MAX],
    /// How many wait at each port and have not been served.
    counts: [u8; PORTS_PER_PARTITION_MAX as usize],
    /// One bit for each port whose tasks are served by priority.
    by_priority: u64,
    came: u64,
}

const _: () = assert!(WAITING_MAX <= u8::MAX as usize && PORTS_PER_PARTITION_MAX == u64::BITS);

impl Waiters {
    pub(super) const NONE: Self = Self {
        places: [Waiter::FREE; WAITING_MAX],
        counts: [0; PORTS_PER_PARTITION_MAX as usize],
        by_priority: 0,
        came: 0,
    };

    /// Sets how tasks at a port are served.
    pub(super) fn set_discipline(&mut self, port: u32, discipline: Discipline) {
        let bit = 1_u64.checked_shl(port).unwrap_or_default();
        match discipline {
            Discipline::Fifo => self.by_priority &= !bit,
            Discipline::Priority => self.by_priority |= bit,
        }
    }

    /// How many tasks wait at a port.
    pub(super) fn count(&self, port: u32) -> u32 {
        self.counts.get(port as usize).copied().unwrap_or_default().into()
    }

    /// A task begins to wait at a port; none if there is no place.
    pub(super) fn enter(
        &mut self,
        port: u32,
        (task, priority): (Task, u32),
        buffer: Buffer,
    ) -> Option<Place> {
        let count = self.counts.get_mut(port as usize)?;
        let place = self.places.iter().position(|waiter| waiter.task == 0)?;
        *count += 1;
        let order = self.came;
        self.places[place] = Waiter { task, port, priority, order, buffer, served: false, answer: 0 };
        self.came += 1;
        Some(Place(place))
    }

    /// Serves the task that comes first at a port, if `transfer` can do what it wants. The task, to be woken.
    pub(super) fn serve(
        &mut self,
        port: u32,
        transfer: impl FnOnce(Buffer) -> Result<Received, Error>,
    ) -> Option<Task> {
        let place = self.first(port)?;
        let waiter = &mut self.places[place];
        let answer = transfer(waiter.buffer);
        if answer == Err(Error::NotAvailable) {
            return None;
        }
        waiter.served = true;
        waiter.answer = answer.map_or_else(Error::code, Received::result);
        self.counts[port as usize] -= 1;
        Some(waiter.task)
    }

    /// What the task at a place was given. If it was, the place is free.
    pub(super) fn take(&mut self, place: Place) -> Option<Result<Received, Error>> {
        let waiter = &mut self.places[place.0];
        if !waiter.served {
            return None;
        }
        let answer = waiter.answer;
        *waiter = Waiter::FREE;
        Some(Error::from_code(answer).map_or_else(|| Ok(Received::from_result(answer)), Err))
    }

    /// The task at a place does not wait any more.
    pub(super) fn leave(&mut self, place: Place) {
        let waiter = core::mem::replace(&mut self.places[place.0], Waiter::FREE);
        if waiter.waits() {
            self.counts[waiter.port as usize] -= 1;
        }
    }

    /// A task is not there any more.
    pub(super) fn forget(&mut self, task: Task) {
        for place in 0..self.places.len() {
            if task != 0 && self.places[place].task == task {
                self.leave(Place(place));
            }
        }
    }

    /// The place of the task that comes first at a port.
    fn first(&self, port: u32) -> Option<usize> {
        if self.count(port) == 0 {
            return None;
        }
        let by_priority = self.by_priority >> port & 1 != 0;
        let rank = |waiter: &Waiter| (if by_priority { waiter.priority } else { 0 }, waiter.order);
        let waiting =
            self.places.iter().enumerate().filter(|(_, waiter)| waiter.waits() && waiter.port == port);
        waiting.min_by_key(|(_, waiter)| rank(waiter)).map(|(place, _)| place)
    }
}
