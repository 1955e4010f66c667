//! Message queues.

use super::object::{Id, Named};
use super::options;
use super::wait::{Wait, WaitQueue};
use super::{Answer, Executive, Patience, Port, Progress, Status, admit};

/// Bytes before each message that hold its size.
const SIZE_BYTES: usize = 4;

/// A message queue: a ring of places of the same size.
pub struct Queue<P: Port> {
    name: u32,
    message_size: usize,
    count_maximum: u32,
    /// Place of the message that is received next.
    first: u32,
    pending: u32,
    storage: P::Buffer,
    pub(super) waiting: WaitQueue,
}

impl<P: Port> Named for Queue<P> {
    fn name(&self) -> u32 {
        self.name
    }
}

impl<P: Port> Queue<P> {
    fn place(&self, number: u32) -> usize {
        number as usize * (SIZE_BYTES + self.message_size)
    }

    fn put(&mut self, number: u32, message: &[u8]) {
        let place = self.place(number);
        let (size, content) = self.storage.as_mut()[place..].split_at_mut(SIZE_BYTES);
        size.copy_from_slice(&(message.len() as u32).to_ne_bytes());
        content[..message.len()].copy_from_slice(message);
    }

    fn next(&self) -> &[u8] {
        let stored = &self.storage.as_ref()[self.place(self.first)..];
        let Some((size, content)) = stored.split_first_chunk::<SIZE_BYTES>() else {
            return &[];
        };
        &content[..u32::from_ne_bytes(*size) as usize]
    }
}

impl<P: Port> Executive<'_, P> {
    /// Creates a message queue for `count` messages of up to `message_size` bytes.
    ///
    /// # Errors
    /// `InvalidName`; `InvalidNumber` for no messages; `InvalidSize` for messages without room, or more room than
    /// can be counted; `TooMany`; `Unsatisfied` if there is no memory.
    pub fn queue_create(
        &mut self,
        name: u32,
        count: u32,
        message_size: usize,
        attributes: u32,
    ) -> Answer<Id> {
        if name == 0 {
            return Err(Status::InvalidName);
        }
        if count == 0 {
            return Err(Status::InvalidNumber);
        }
        if message_size == 0 {
            return Err(Status::InvalidSize);
        }
        admit(&self.queues, name)?;
        let room = message_size.checked_add(SIZE_BYTES).filter(|&room| room <= isize::MAX as usize);
        let room = room.ok_or(Status::InvalidSize)?;
        let size = room.checked_mul(count as usize).ok_or(Status::InvalidNumber)?;
        let storage = self.port.buffer(size).ok_or(Status::Unsatisfied)?;
        let queue = Queue {
            name,
            message_size,
            count_maximum: count,
            first: 0,
            pending: 0,
            storage,
            waiting: WaitQueue::new(attributes & options::PRIORITY != 0),
        };
        let position = self.queues.insert(queue).ok_or(Status::TooMany)?;
        Ok(self.queues.id(position))
    }

    /// Deletes a queue and its messages; who waits for it is told.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn queue_delete(&mut self, id: Id) -> Answer<()> {
        let queue = self.queues.find(id)?;
        self.unblock_all(|this| this.queues[queue].waiting.first(), Status::ObjectWasDeleted);
        self.queues.remove(queue);
        Ok(())
    }

    /// Sends a message, behind those that wait or, if `urgent`, before them.
    ///
    /// # Errors
    /// `InvalidId`; `InvalidSize` if it is too long; `TooMany` if the queue is full.
    pub fn queue_send(&mut self, id: Id, message: &[u8], urgent: bool) -> Answer<()> {
        let queue = self.queues.find(id)?;
        if message.len() > self.queues[queue].message_size {
            return Err(Status::InvalidSize);
        }
        if self.hand_over(queue, message) {
            return Ok(());
        }
        let control = &mut self.queues[queue];
        if control.pending == control.count_maximum {
            return Err(Status::TooMany);
        }
        let number = if urgent {
            control.first = control.first.checked_sub(1).unwrap_or(control.count_maximum - 1);
            control.first
        } else {
            let number = u64::from(control.first) + u64::from(control.pending);
            (number % u64::from(control.count_maximum)) as u32
        };
        control.pending += 1;
        control.put(number, message);
        Ok(())
    }

    /// Gives a message to the task that waits first. Returns whether there was one. A broadcast is as many of these as
    /// there are tasks that wait: as in RTEMS, one that is woken may execute before the next is.
    ///
    /// # Errors
    /// `InvalidId`; `InvalidSize` if it is too long.
    pub fn queue_broadcast_next(&mut self, id: Id, message: &[u8]) -> Answer<bool> {
        let queue = self.queues.find(id)?;
        if message.len() > self.queues[queue].message_size {
            return Err(Status::InvalidSize);
        }
        Ok(self.hand_over(queue, message))
    }

    /// Takes the next message, or waits for one. The number is its size in bytes.
    ///
    /// # Errors
    /// `InvalidId`; `Unsatisfied` if there is none and the caller does not wait; `CalledFromIsr`.
    pub fn queue_receive(&mut self, id: Id, place: P::Place, patience: Patience) -> Answer<Progress> {
        let queue = self.queues.find(id)?;
        let control = &mut self.queues[queue];
        if control.pending == 0 {
            return self.block(Wait::Message(queue, place), patience);
        }
        let message = control.next();
        let size = message.len() as u32;
        self.port.deliver(place, message);
        control.pending -= 1;
        control.first = (control.first + 1) % control.count_maximum;
        Ok(Progress::Done(size))
    }

    /// How many messages wait.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn queue_pending(&self, id: Id) -> Answer<u32> {
        Ok(self.queues[self.queues.find(id)?].pending)
    }

    /// Throws the waiting messages away. Returns how many that were.
    ///
    /// # Errors
    /// `InvalidId`.
    pub fn queue_flush(&mut self, id: Id) -> Answer<u32> {
        let queue = self.queues.find(id)?;
        Ok(core::mem::take(&mut self.queues[queue].pending))
    }

    /// Gives a message to the task that waits first, if any.
    fn hand_over(&mut self, queue: usize, message: &[u8]) -> bool {
        let Some(task) = self.queues[queue].waiting.first() else {
            return false;
        };
        if let Some(Wait::Message(_, place)) = self.tasks[task].wait {
            self.port.deliver(place, message);
        }
        self.unblock(task, Ok(message.len() as u32));
        true
    }
}
