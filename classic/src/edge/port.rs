//! The executive's port to a partition.

use core::ffi::c_void;
use core::ptr::NonNull;

use bulkhead_context::Context;
use bulkhead_guest::{clock, interrupts};

use super::{global, stacks};
use crate::executive::Port;

/// A task's entry point.
pub(crate) type TaskEntry = unsafe extern "C" fn(usize);

/// A timer service routine.
pub(crate) type TimerRoutine = unsafe extern "C" fn(u32, *mut c_void);

/// A block of the heap that belongs to an object.
pub(crate) struct Block {
    address: NonNull<u8>,
    size: usize,
}

impl Block {
    /// Where address and size are, in bytes, of a block or of none, whose address is 0.
    pub(super) const ADDRESS: usize = core::mem::offset_of!(Self, address);
    /// See [`Block::ADDRESS`].
    pub(super) const SIZE: usize = core::mem::offset_of!(Self, size);

    /// Takes a block of `size` bytes; interrupts are disabled.
    fn new(size: usize) -> Option<Self> {
        global::heap(|heap| heap.allocate(size)).map(|address| Self { address, size })
    }

    /// The address of the first byte.
    pub(crate) fn begin(&self) -> usize {
        self.address.as_ptr() as usize
    }

    /// The address behind the last byte.
    pub(crate) fn end(&self) -> usize {
        self.address.as_ptr() as usize + self.size
    }

    fn clear(&mut self) {
        self.as_mut().fill(0);
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it was allocated in `new` and is released here only.
        global::heap(|heap| unsafe { heap.release(self.address) });
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the block is ours, has this size, and was cleared when it was taken.
        unsafe { core::slice::from_raw_parts(self.address.as_ptr(), self.size) }
    }
}

impl AsMut<[u8]> for Block {
    fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: the block is ours, has this size, and bytes of any content are bytes.
        unsafe { core::slice::from_raw_parts_mut(self.address.as_ptr(), self.size) }
    }
}

/// The partition as the executive sees it.
pub(crate) struct Partition;

impl Port for Partition {
    type Stack = Block;
    type Buffer = Block;
    type Place = NonNull<u8>;
    type Entry = TaskEntry;
    type Routine = (TimerRoutine, *mut c_void);
    type Context = Context;

    fn stack(&mut self, size: usize) -> Option<Block> {
        let mut block = Block::new(size.checked_add(stacks::MARK.len())?)?;
        block.as_mut()[..stacks::MARK.len()].copy_from_slice(&stacks::MARK);
        Some(block)
    }

    fn buffer(&mut self, size: usize) -> Option<Block> {
        let mut block = Block::new(size)?;
        block.clear();
        Some(block)
    }

    fn deliver(&mut self, place: NonNull<u8>, message: &[u8]) {
        // SAFETY: the receiver promised room for the queue's longest message.
        unsafe { place.as_ptr().copy_from_nonoverlapping(message.as_ptr(), message.len()) };
    }

    fn now(&mut self) -> u64 {
        clock::now()
    }

    fn in_interrupt(&self) -> bool {
        interrupts::nesting() != 0
    }

    fn record(&mut self, event: u32, data: u32) {
        super::record::event(event, data);
    }
}
