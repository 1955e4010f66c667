//! Tasks that wait at queuing ports: a sender for room, a receiver for a message.
//!
//! No task receives what another waits for: as soon as the guest layer is told of a message, it goes to the first task
//! that waits there, into that task's buffer, and so does room. Who is first the port's discipline says: the one that
//! came first, or the one with the highest priority and of these the one that came first. The partition never waits;
//! the executive's other tasks execute.

use bulkhead_abi::{Error, NEVER, Received};
use bulkhead_guest::ports::Port;
use bulkhead_guest::{clock, interrupts, one};

use crate::executive::{Current, Executive, Task};

mod c;
mod queue;

use queue::{Buffer, Place, Waiters};

/// The most tasks of a partition that can wait at the same time: the standard's number of processes.
pub const WAITING_MAX: usize = 128;

/// In which order tasks that wait are served.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// The one that came first.
    Fifo = 0,
    /// The one with the highest priority when it came.
    Priority = 1,
}

/// How long a caller is ready to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until the clock has this value, in nanoseconds.
    Until(u64),
    /// As long as it takes.
    Forever,
    /// It would, but it must not: a queue that is full is no overflow then.
    Forbidden,
}

impl Patience {
    const fn deadline(self) -> u64 {
        match self {
            Self::Until(time) => time,
            _ => NEVER,
        }
    }
}

/// Why nothing was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no message or no room, and the caller does not wait.
    NotAvailable,
    /// The caller may not wait.
    NotAllowed,
    /// There was none in time.
    TimedOut,
    /// What the kernel answered.
    Kernel(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotAvailable => Self::NotAvailable,
            other => Self::Kernel(other),
        }
    }
}

/// What became of a call at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done(Received),
    /// The task waits at this place until the deadline.
    Waits(Place, u64),
}

one! {
    /// Used with interrupts disabled.
    static WAITERS: Waiters = Waiters::NONE;
}

/// Uses the tasks that wait; `work` calls nothing that an executive could switch tasks in.
fn with<T>(work: impl FnOnce(&mut Waiters) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file neither nest nor switch tasks.
    interrupts::without(|| work(unsafe { &mut *WAITERS.address() }))
}

/// Lets tasks wait at a queuing port. It installs the port's handler; a program that installs its own has to call
/// [`serve`] in it.
///
/// # Errors
/// `BadArgument` if the port's number is more than a partition can have.
pub fn attach(port: Port, discipline: Discipline) -> Result<(), Error> {
    fn arrived(port: Port) {
        serve(port);
    }
    with(|waiters| waiters.set_discipline(port.number(), discipline));
    port.install(arrived)
}

/// Gives messages or room to the tasks that wait at a port, as far as there are any, and wakes them. For the port's
/// handler.
pub fn serve(port: Port) {
    while let Some(task) = with(|waiters| waiters.serve(port.number(), |buffer| transfer(port, buffer, true)))
    {
        Current::wake(task);
    }
}

/// Sends or receives in the place of the task that the buffer belongs to.
fn transfer(port: Port, buffer: Buffer, waits: bool) -> Result<Received, Error> {
    match buffer {
        // SAFETY: the buffer is its task's, which waits for the end of this, or has called it.
        Buffer::Message(address, length) => unsafe {
            port.send(slice(address, length), waits).map(|()| Received::default())
        },
        // SAFETY: as above.
        Buffer::Room(address, length) => unsafe { port.receive(slice_mut(address, length)) },
    }
}

/// # Safety
/// As `core::slice::from_raw_parts`, but nothing lies at a length of 0.
unsafe fn slice<'a>(address: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: the caller's promise.
    if length == 0 { &[] } else { unsafe { core::slice::from_raw_parts(address, length) } }
}

/// # Safety
/// As `core::slice::from_raw_parts_mut`, but nothing lies at a length of 0.
unsafe fn slice_mut<'a>(address: *mut u8, length: usize) -> &'a mut [u8] {
    // SAFETY: the caller's promise.
    if length == 0 { &mut [] } else { unsafe { core::slice::from_raw_parts_mut(address, length) } }
}

/// Sends a message to a queuing port; waits for room if need be. A message for which there was no room is an overflow,
/// of which the receiver is told.
///
/// # Errors
/// See [`Refusal`].
pub fn send(port: Port, message: &[u8], patience: Patience) -> Result<(), Refusal> {
    let buffer = Buffer::Message(message.as_ptr(), message.len());
    match complete(begin(port, buffer, patience)?) {
        // A last time: if there is still no room, this counts as lost.
        Err(Refusal::TimedOut) => port.send(message, false).map_err(|error| match error {
            Error::NotAvailable => Refusal::TimedOut,
            other => Refusal::Kernel(other),
        }),
        other => other.map(drop),
    }
}

/// Receives the oldest message of a queuing port; waits for one if need be.
///
/// # Errors
/// See [`Refusal`].
pub fn receive(port: Port, room: &mut [u8], patience: Patience) -> Result<Received, Refusal> {
    let buffer = Buffer::Room(room.as_mut_ptr(), room.len());
    complete(begin(port, buffer, patience)?)
}

/// How many tasks wait at a port.
#[must_use]
pub fn count(port: Port) -> u32 {
    with(|waiters| waiters.count(port.number()))
}

/// Nothing is given to a task any more that waits: it has been deleted, or begins anew.
pub fn forget(task: Task) {
    with(|waiters| waiters.forget(task));
}

/// Sends or receives at once if nobody waits there and it can be done; otherwise the calling task waits from now on.
fn begin(port: Port, buffer: Buffer, patience: Patience) -> Result<Progress, Refusal> {
    if count(port) != 0 {
        serve(port);
    }
    let caller =
        if matches!(patience, Patience::Until(_) | Patience::Forever) { Current::task() } else { None };
    let waits = patience != Patience::None;
    with(|waiters| {
        // Who comes later does not pass those that wait. A send that does not wait counts as lost all the same.
        let behind = waiters.count(port.number()) != 0 && (waits || matches!(buffer, Buffer::Room(..)));
        let done = if behind { Err(Error::NotAvailable) } else { transfer(port, buffer, waits) };
        match (done, patience, caller) {
            (Ok(received), ..) => Ok(Progress::Done(received)),
            (Err(Error::NotAvailable), Patience::None, _) => Err(Refusal::NotAvailable),
            (Err(Error::NotAvailable), Patience::Forbidden, _) => Err(Refusal::NotAllowed),
            (Err(Error::NotAvailable), _, Some(caller)) => waiters
                .enter(port.number(), caller, buffer)
                .map(|place| Progress::Waits(place, patience.deadline()))
                .ok_or(Refusal::NotAllowed),
            (Err(Error::NotAvailable), _, None) => Err(Refusal::NotAllowed),
            (Err(error), ..) => Err(Refusal::Kernel(error)),
        }
    })
}

/// The calling task waits until it has been served or its time is over.
fn complete(progress: Progress) -> Result<Received, Refusal> {
    let (place, deadline) = match progress {
        Progress::Done(received) => return Ok(received),
        Progress::Waits(place, deadline) => (place, deadline),
    };
    loop {
        if let Some(answer) = look(place, deadline) {
            return answer;
        }
        Current::wait(deadline);
    }
}

/// Whether a task at a place has been served, or its time is over. If so, the place is free again.
fn look(place: Place, deadline: u64) -> Option<Result<Received, Refusal>> {
    with(|waiters| match waiters.take(place) {
        Some(answer) => Some(answer.map_err(Refusal::from)),
        None if clock::now() >= deadline => {
            waiters.leave(place);
            Some(Err(Refusal::TimedOut))
        }
        None => None,
    })
}

#[cfg(test)]
mod tests;
