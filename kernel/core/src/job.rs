//! What takes longer than a path of the kernel may: jobs, which are done in steps.
//!
//! A job keeps its place by itself, so that it can be left after any step. While windows are open, the kernel looks at
//! the clock before each step ([`crate::kernel::Kernel::dispatch`]), and goes on with the job in the next window that
//! it may use. Before the first window and after the last nobody waits, and [`finish`] does all that is left.

use bulkhead_abi::system_table::{CHECKSUM_START, combined};

use crate::machine::GuestMemory;
use crate::partition::{Index, Partition};

/// Work that is done in steps, with something of the kernel or of the machine.
pub trait Job<With: ?Sized> {
    /// Does the next step, in a bounded number of instructions. The answer is false if there was none left.
    fn step(&mut self, with: &mut With) -> bool;
}

/// Does what is left of a job, however long that takes.
pub fn finish<With: ?Sized>(job: &mut impl Job<With>, with: &mut With) {
    while job.step(with) {}
}

/// The preparation of a partition's memory for a start: the image, which is checked before, and zeros behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preparation {
    partition: Index,
    /// How much of the image has been checked, and its checksum so far.
    checked: usize,
    sums: (u32, u32),
    /// How far it has come, as an offset in the memory, and where image and zeros end.
    done: usize,
    image_end: usize,
    end: usize,
}

impl Preparation {
    /// Prepares the memory from its start up to `end`.
    #[must_use]
    pub fn new(index: Index, partition: &Partition, end: usize) -> Self {
        Self {
            partition: index,
            checked: 0,
            sums: CHECKSUM_START,
            done: 0,
            image_end: partition.image_size.min(end),
            end,
        }
    }

    /// The checksum of the image; without meaning before the preparation is done.
    #[must_use]
    pub const fn checksum(&self) -> u32 {
        combined(self.sums)
    }
}

impl<M: GuestMemory> Job<M> for Preparation {
    fn step(&mut self, machine: &mut M) -> bool {
        if self.checked < self.image_end {
            let length = (self.image_end - self.checked).min(M::CHECK_STEP);
            self.sums = machine.sum_image(self.partition, self.checked, length, self.sums);
            self.checked += length;
            return true;
        }
        let start = self.done;
        if start < self.image_end {
            let length = (self.image_end - start).min(M::STEP);
            machine.load_image(self.partition, start, length);
            self.done += length;
        } else if start < self.end {
            let length = (self.end - start).min(M::STEP);
            machine.clear_memory(self.partition, start, length);
            self.done += length;
        }
        self.done != start
    }
}
