//! Objects: identifiers, names, and the tables of a configured size that hold them.

use core::ops::{Index, IndexMut};

use super::{Answer, Status};

/// An object's identifier, built as in the Classic API: class in bits 27 to 31, API in 24 to 26, node in 16 to 23,
/// index from 1 in 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub u32);

/// The identifier that means the calling task.
pub const SELF: Id = Id(0);

/// The number of the Classic API in identifiers.
const API: u32 = 2;

/// The only node.
pub const NODE: u32 = 1;

/// The kinds of objects, with their class numbers.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Tasks.
    Task = 1,
    /// Timers.
    Timer = 2,
    /// Semaphores.
    Semaphore = 3,
    /// Message queues.
    MessageQueue = 4,
    /// Rate-monotonic periods.
    Period = 8,
}

impl Class {
    /// The identifier of the class's object at a table position.
    #[must_use]
    pub const fn id(self, position: usize) -> Id {
        Id((self as u32) << 27 | API << 24 | NODE << 16 | (position as u32 + 1))
    }

    /// The class and the table position that an identifier stands for, if it can be one of ours.
    #[must_use]
    pub fn of(id: Id) -> Option<(Self, usize)> {
        let position = (id.0 & 0xffff).checked_sub(1)? as usize;
        let class = match id.0 >> 27 {
            1 => Self::Task,
            2 => Self::Timer,
            3 => Self::Semaphore,
            4 => Self::MessageQueue,
            8 => Self::Period,
            _ => return None,
        };
        (class.id(position) == id).then_some((class, position))
    }
}

/// Something with a name.
pub trait Named {
    /// Four characters, the first in the highest byte; never 0.
    fn name(&self) -> u32;
}

/// A place in a table. Its layout is C's, because debuggers read it.
#[repr(C)]
#[derive(Debug)]
pub enum Slot<T> {
    /// Free, with the place that is free after it.
    Free(Option<u16>),
    /// An object.
    Used(T),
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::Free(None)
    }
}

impl<T> Slot<T> {
    /// Where the object begins in a place that is used, in bytes: behind the number that says whether it is, with which
    /// the place begins (Rust reference, "`repr(C)` enums with fields").
    pub const OBJECT: usize = align_of::<Self>();

    /// The number with which a place begins that is used.
    pub const USED: usize = 1;
}

/// All objects of a class. The place that has been free for longest is used first, so that a stale identifier stays
/// invalid for as long as possible.
pub struct Table<'a, T> {
    class: Class,
    slots: &'a mut [Slot<T>],
    first_free: Option<u16>,
    last_free: Option<u16>,
}

impl<T> Table<'_, T> {
    /// Where address and length of the places are, in bytes from the table's beginning.
    pub const SLOTS: usize = core::mem::offset_of!(Self, slots);
}

impl<'a, T: Named> Table<'a, T> {
    /// A table in which every place is free.
    #[must_use]
    pub fn new(class: Class, slots: &'a mut [Slot<T>]) -> Self {
        let mut table = Self { class, slots, first_free: None, last_free: None };
        for position in 0..table.slots.len() {
            table.release(position);
        }
        table
    }

    /// How many objects there can be.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Whether one more object fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.first_free.is_some()
    }

    /// Adds an object and returns its position, `None` if the table is full.
    pub fn insert(&mut self, object: T) -> Option<usize> {
        let position = usize::from(self.first_free?);
        let Slot::Free(next) = core::mem::replace(&mut self.slots[position], Slot::Used(object)) else {
            unreachable!("a place in the list of free ones is free");
        };
        self.first_free = next;
        if next.is_none() {
            self.last_free = None;
        }
        Some(position)
    }

    /// Takes an object out.
    pub fn remove(&mut self, position: usize) -> Option<T> {
        match core::mem::take(&mut self.slots[position]) {
            Slot::Free(next) => {
                self.slots[position] = Slot::Free(next);
                None
            }
            Slot::Used(object) => {
                self.release(position);
                Some(object)
            }
        }
    }

    /// The position of an identifier's object.
    ///
    /// # Errors
    /// `InvalidId` if there is none.
    pub fn find(&self, id: Id) -> Answer<usize> {
        match Class::of(id) {
            Some((class, position)) if class == self.class && self.contains(position) => Ok(position),
            _ => Err(Status::InvalidId),
        }
    }

    /// The identifier of the first object with this name.
    ///
    /// # Errors
    /// `InvalidName` if there is none or the name is 0; `InvalidNode` if the node is neither this one nor "all".
    pub fn identify(&self, name: u32, node: u32) -> Answer<Id> {
        if !matches!(node, 0 | NODE | 0x7fff_ffff) {
            return Err(if node == 0x7fff_fffe { Status::InvalidName } else { Status::InvalidNode });
        }
        if name == 0 {
            return Err(Status::InvalidName);
        }
        let found = self.iter().find(|(_, object)| object.name() == name);
        found.map(|(position, _)| self.class.id(position)).ok_or(Status::InvalidName)
    }

    /// The identifier of the object at a position.
    #[must_use]
    pub fn id(&self, position: usize) -> Id {
        self.class.id(position)
    }

    /// Whether there is an object at this position.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        matches!(self.slots.get(position), Some(Slot::Used(_)))
    }

    /// The objects and their positions.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter_map(|(position, slot)| match slot {
            Slot::Used(object) => Some((position, object)),
            Slot::Free(_) => None,
        })
    }

    fn release(&mut self, position: usize) {
        self.slots[position] = Slot::Free(None);
        match self.last_free {
            Some(last) => self.slots[usize::from(last)] = Slot::Free(Some(position as u16)),
            None => self.first_free = Some(position as u16),
        }
        self.last_free = Some(position as u16);
    }
}

impl<T> Index<usize> for Table<'_, T> {
    type Output = T;

    fn index(&self, position: usize) -> &T {
        match &self.slots[position] {
            Slot::Used(object) => object,
            Slot::Free(_) => unreachable!("a position is used only while its object exists"),
        }
    }
}

impl<T> IndexMut<usize> for Table<'_, T> {
    fn index_mut(&mut self, position: usize) -> &mut T {
        match &mut self.slots[position] {
            Slot::Used(object) => object,
            Slot::Free(_) => unreachable!("a position is used only while its object exists"),
        }
    }
}
