//! Semaphores: counting, binary with an owner, and simple binary.

use super::list::Links;
use super::object::{Id, Named, Table};
use super::options;
use super::wait::{Wait, WaitQueue};
use super::{Answer, Executive, Patience, Port, Progress, Status, Task, admit};

/// What an owner's priority becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Plain,
    Inherit,
    Ceiling(u8),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Counting(u32),
    SimpleBinary(bool),
    /// The owner, how often it has obtained the semaphore, and the protocol.
    Owned(Option<(usize, u32)>, Protocol),
}

/// A semaphore.
#[derive(Debug)]
pub struct Semaphore {
    name: u32,
    kind: Kind,
    pub(super) waiting: WaitQueue,
}

impl Named for Semaphore {
    fn name(&self) -> u32 {
        self.name
    }
}

impl Semaphore {
    /// The task that owns it.
    #[must_use]
    pub fn owner(&self) -> Option<usize> {
        match self.kind {
            Kind::Owned(Some((owner, _)), _) => Some(owner),
            _ => None,
        }
    }

    /// Whether it can be obtained without waiting by any task.
    #[cfg(test)]
    pub(super) fn is_available(&self) -> bool {
        !matches!(self.kind, Kind::Counting(0) | Kind::SimpleBinary(false) | Kind::Owned(Some(_), _))
    }

    /// The priority that its owner has through it.
    pub(super) fn lends<P: Port>(&self, links: &Links, tasks: &Table<Task<P>>) -> Option<u8> {
        match self.kind {
            Kind::Owned(_, Protocol::Ceiling(ceiling)) => Some(ceiling),
            Kind::Owned(_, Protocol::Inherit) => {
                links.members(self.waiting.list()).map(|task| tasks[task].effective_priority).min()
            }
            _ => None,
        }
    }
}

impl<P: Port> Executive<'_, P> {
    /// Creates a semaphore. One with an owner and a count of 0 belongs to the caller.
    ///
    /// # Errors
    /// `InvalidName`; `NotDefined` for attributes that do not go together; `InvalidNumber` for a count over 1 of a
    /// binary one; `InvalidPriority` for a ceiling outside its range or below the caller that is to own it; `TooMany`.
    pub fn semaphore_create(&mut self, name: u32, count: u32, attributes: u32, ceiling: u32) -> Answer<Id> {
        if name == 0 {
            return Err(Status::InvalidName);
        }
        let protocol = protocol(attributes, ceiling)?;
        if attributes & options::SEMAPHORE_CLASS != 0 && count > 1 {
            return Err(Status::InvalidNumber);
        }
        admit(&self.semaphores, name)?;
        let owner = match attributes & options::SEMAPHORE_CLASS {
            options::BINARY if count == 0 => Some(self.waiting_caller()?),
            _ => None,
        };
        if let Some(owner) = owner {
            self.respect_ceiling(owner, protocol)?;
        }
        let kind = match attributes & options::SEMAPHORE_CLASS {
            options::BINARY => Kind::Owned(owner.map(|owner| (owner, 1)), protocol),
            options::SIMPLE_BINARY => Kind::SimpleBinary(count == 1),
            _ => Kind::Counting(count),
        };
        let waiting = WaitQueue::new(attributes & options::PRIORITY != 0);
        let position = self.semaphores.insert(Semaphore { name, kind, waiting }).ok_or(Status::TooMany)?;
        if let Some(owner) = owner {
            self.refresh_priority(owner, false);
        }
        Ok(self.semaphores.id(position))
    }

    /// Deletes a semaphore; who waits for it is told.
    ///
    /// # Errors
    /// `InvalidId`; `ResourceInUse` if it has an owner.
    pub fn semaphore_delete(&mut self, id: Id) -> Answer<()> {
        let semaphore = self.semaphores.find(id)?;
        if self.semaphores[semaphore].owner().is_some() {
            return Err(Status::ResourceInUse);
        }
        self.unblock_all(|this| this.semaphores[semaphore].waiting.first(), Status::ObjectWasDeleted);
        self.semaphores.remove(semaphore);
        Ok(())
    }

    /// Takes a semaphore, or waits for it.
    ///
    /// # Errors
    /// `InvalidId`; `Unsatisfied` if it is not to be had and the caller does not wait; `InvalidPriority` if the
    /// caller is above its ceiling; `IncorrectState` if waiting would never end, because its owner waits for the
    /// caller; `CalledFromIsr`.
    pub fn semaphore_obtain(&mut self, id: Id, patience: Patience) -> Answer<Progress> {
        let semaphore = self.semaphores.find(id)?;
        match self.semaphores[semaphore].kind {
            Kind::Counting(0) | Kind::SimpleBinary(false) => self.block(Wait::Semaphore(semaphore), patience),
            Kind::Counting(count) => {
                self.semaphores[semaphore].kind = Kind::Counting(count - 1);
                Ok(Progress::Done(0))
            }
            Kind::SimpleBinary(true) => {
                self.semaphores[semaphore].kind = Kind::SimpleBinary(false);
                Ok(Progress::Done(0))
            }
            Kind::Owned(owner, protocol) => self.obtain_owned(semaphore, owner, protocol, patience),
        }
    }

    /// Gives a semaphore back, to who waits for it first if anyone does.
    ///
    /// # Errors
    /// `InvalidId`; `NotOwner` if it belongs to another task or none; `Unsatisfied` if a count would overflow.
    pub fn semaphore_release(&mut self, id: Id) -> Answer<()> {
        let semaphore = self.semaphores.find(id)?;
        let next = self.semaphores[semaphore].waiting.first();
        match (self.semaphores[semaphore].kind, next) {
            (Kind::Owned(owner, protocol), _) => self.release_owned(semaphore, owner, protocol),
            (_, Some(next)) => {
                self.unblock(next, Ok(0));
                Ok(())
            }
            (Kind::Counting(count), None) => {
                let count = count.checked_add(1).ok_or(Status::Unsatisfied)?;
                self.semaphores[semaphore].kind = Kind::Counting(count);
                Ok(())
            }
            (Kind::SimpleBinary(_), None) => {
                self.semaphores[semaphore].kind = Kind::SimpleBinary(true);
                Ok(())
            }
        }
    }

    /// Ends the waiting of everyone who waits for a semaphore, with `Unsatisfied`.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn semaphore_flush(&mut self, id: Id) -> Answer<()> {
        let semaphore = self.semaphores.find(id)?;
        self.unblock_all(|this| this.semaphores[semaphore].waiting.first(), Status::Unsatisfied);
        Ok(())
    }

    /// Gives a semaphore another ceiling, 0 to leave it. Returns the one it had.
    ///
    /// # Errors
    /// `InvalidId`, `InvalidPriority`; `NotDefined` if it has no ceiling.
    pub fn semaphore_set_ceiling(&mut self, id: Id, ceiling: u32) -> Answer<u32> {
        let semaphore = self.semaphores.find(id)?;
        if ceiling > options::LOWEST_PRIORITY {
            return Err(Status::InvalidPriority);
        }
        let Kind::Owned(owner, Protocol::Ceiling(previous)) = self.semaphores[semaphore].kind else {
            return Err(Status::NotDefined);
        };
        if ceiling != 0 {
            self.semaphores[semaphore].kind = Kind::Owned(owner, Protocol::Ceiling(ceiling as u8));
            if let Some((owner, _)) = owner {
                self.refresh_priority(owner, false);
            }
        }
        Ok(u32::from(previous))
    }

    fn obtain_owned(
        &mut self,
        semaphore: usize,
        owner: Option<(usize, u32)>,
        protocol: Protocol,
        patience: Patience,
    ) -> Answer<Progress> {
        let caller = self.waiting_caller()?;
        match owner {
            None => {
                self.respect_ceiling(caller, protocol)?;
                self.semaphores[semaphore].kind = Kind::Owned(Some((caller, 1)), protocol);
                self.refresh_priority(caller, false);
                Ok(Progress::Done(0))
            }
            Some((owner, times)) if owner == caller => {
                let times = times.checked_add(1).ok_or(Status::Unsatisfied)?;
                self.semaphores[semaphore].kind = Kind::Owned(Some((owner, times)), protocol);
                Ok(Progress::Done(0))
            }
            Some((owner, _)) => {
                if patience != Patience::None && self.depends_on(owner, caller) {
                    return Err(Status::IncorrectState);
                }
                let progress = self.block(Wait::Semaphore(semaphore), patience)?;
                self.refresh_priority(owner, false);
                Ok(progress)
            }
        }
    }

    fn release_owned(
        &mut self,
        semaphore: usize,
        owner: Option<(usize, u32)>,
        protocol: Protocol,
    ) -> Answer<()> {
        let (owner, times) = owner.ok_or(Status::NotOwner)?;
        if self.executing != Some(owner) || self.in_interrupt() {
            return Err(Status::NotOwner);
        }
        if times > 1 {
            self.semaphores[semaphore].kind = Kind::Owned(Some((owner, times - 1)), protocol);
            return Ok(());
        }
        self.semaphores[semaphore].kind = Kind::Owned(None, protocol);
        if let Some(next) = self.semaphores[semaphore].waiting.first() {
            self.unblock(next, Ok(0));
            self.semaphores[semaphore].kind = Kind::Owned(Some((next, 1)), protocol);
            self.refresh_priority(next, false);
        }
        self.refresh_priority(owner, true);
        Ok(())
    }

    /// Whether a task waits, through owners of semaphores, for another one.
    fn depends_on(&self, task: usize, other: usize) -> bool {
        let mut task = task;
        for _ in 0..self.tasks.capacity() {
            if task == other {
                return true;
            }
            let Some(Wait::Semaphore(semaphore)) = self.tasks[task].wait else {
                return false;
            };
            let Some(owner) = self.semaphores[semaphore].owner() else {
                return false;
            };
            task = owner;
        }
        false
    }

    fn respect_ceiling(&self, task: usize, protocol: Protocol) -> Answer<()> {
        match protocol {
            Protocol::Ceiling(ceiling) if self.tasks[task].effective_priority < ceiling => {
                Err(Status::InvalidPriority)
            }
            _ => Ok(()),
        }
    }
}

/// The protocol that attributes ask for. Inheritance and ceiling need an owner and service by priority; resource
/// sharing needs an owner.
fn protocol(attributes: u32, ceiling: u32) -> Answer<Protocol> {
    const PROTOCOLS: u32 = options::INHERIT_PRIORITY | options::PRIORITY_CEILING | options::RESOURCE_SHARING;
    let class = attributes & options::SEMAPHORE_CLASS;
    if class == options::SEMAPHORE_CLASS {
        return Err(Status::NotDefined);
    }
    let owned_by_priority = class == options::BINARY && attributes & options::PRIORITY != 0;
    match attributes & PROTOCOLS {
        0 => Ok(Protocol::Plain),
        options::INHERIT_PRIORITY if owned_by_priority => Ok(Protocol::Inherit),
        options::PRIORITY_CEILING if owned_by_priority => ceiling_protocol(ceiling),
        options::RESOURCE_SHARING if class == options::BINARY => ceiling_protocol(ceiling),
        _ => Err(Status::NotDefined),
    }
}

/// A ceiling of 0 is allowed: it is the priority above all others.
fn ceiling_protocol(ceiling: u32) -> Answer<Protocol> {
    match ceiling {
        0..=options::LOWEST_PRIORITY => Ok(Protocol::Ceiling(ceiling as u8)),
        _ => Err(Status::InvalidPriority),
    }
}
