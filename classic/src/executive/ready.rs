//! The tasks that can execute: one list for each priority, and a bit map that finds the first of them.

use super::list::{Links, List};

/// How many priorities there are; 0 is the highest.
pub const PRIORITIES: usize = 256;

/// The ready tasks.
#[derive(Debug)]
pub struct Ready {
    lists: [List; PRIORITIES],
    occupied: [u32; PRIORITIES / 32],
}

impl Ready {
    /// No task is ready.
    pub const EMPTY: Self = Self { lists: [List::EMPTY; PRIORITIES], occupied: [0; PRIORITIES / 32] };

    /// The task to execute: the first of the highest priority.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|&word| word != 0)?;
        self.lists[word * 32 + self.occupied[word].trailing_zeros() as usize].first()
    }

    /// Adds a task behind those of its priority.
    pub fn append(&mut self, links: &mut Links, task: usize, priority: u8) {
        links.append(&mut self.lists[usize::from(priority)], task);
        self.occupied[usize::from(priority) / 32] |= 1 << (priority % 32);
    }

    /// Adds a task before those of its priority.
    pub fn prepend(&mut self, links: &mut Links, task: usize, priority: u8) {
        links.prepend(&mut self.lists[usize::from(priority)], task);
        self.occupied[usize::from(priority) / 32] |= 1 << (priority % 32);
    }

    /// Takes a task out that was added with this priority.
    pub fn remove(&mut self, links: &mut Links, task: usize, priority: u8) {
        let list = &mut self.lists[usize::from(priority)];
        links.remove(list, task);
        if list.is_empty() {
            self.occupied[usize::from(priority) / 32] &= !(1 << (priority % 32));
        }
    }

    /// The tasks of a priority.
    #[must_use]
    pub fn list(&self, priority: u8) -> &List {
        &self.lists[usize::from(priority)]
    }
}
