//! The memory of a partition behind its image: stacks, message buffers, and what programs allocate.
//!
//! Blocks lie one behind the other, each with a header that holds its size. The first one that is large enough is
//! taken; free neighbours become one block when the heap is searched.

use core::mem::size_of;
use core::ptr::NonNull;

/// Alignment of every block in bytes, enough for anything that a processor can load in one access.
pub const ALIGNMENT: usize = 16;

#[repr(C, align(16))]
struct Header {
    /// Bytes of the block, with the header.
    size: usize,
    used: bool,
}

const HEADER: usize = size_of::<Header>();

/// A range of memory that is divided into blocks.
#[derive(Debug)]
pub struct Heap {
    begin: *mut Header,
    end: *mut Header,
}

impl Heap {
    /// A heap in the range from `begin` to `end`; what is not aligned at its ends is left alone.
    ///
    /// # Safety
    /// Nobody else uses the range as long as the heap exists, except for the blocks that it hands out.
    #[must_use]
    pub unsafe fn new(begin: *mut u8, end: *mut u8) -> Self {
        let skipped = begin.align_offset(ALIGNMENT);
        let size = (end as usize).saturating_sub(begin as usize).saturating_sub(skipped) & !(ALIGNMENT - 1);
        // SAFETY: within the range, or equal to `begin` if the range is too small for anything.
        let first = unsafe { begin.add(if size < HEADER { 0 } else { skipped }) }.cast::<Header>();
        if size < HEADER {
            return Self { begin: first, end: first };
        }
        // SAFETY: aligned, and a header fits.
        unsafe { first.write(Header { size, used: false }) };
        // SAFETY: the end of the range.
        Self { begin: first, end: unsafe { first.byte_add(size) } }
    }

    /// A block of at least `size` bytes, of any content.
    pub fn allocate(&mut self, size: usize) -> Option<NonNull<u8>> {
        let needed = size.max(1).checked_add(HEADER + ALIGNMENT - 1)? & !(ALIGNMENT - 1);
        let mut block = self.begin;
        while block < self.end {
            self.join(block);
            // SAFETY: `block` walks from header to header.
            let header = unsafe { &mut *block };
            if !header.used && header.size >= needed {
                let rest = header.size - needed;
                if rest >= 2 * HEADER {
                    header.size = needed;
                    // SAFETY: inside the free block, behind what is taken of it.
                    unsafe { block.byte_add(needed).write(Header { size: rest, used: false }) };
                }
                header.used = true;
                // SAFETY: behind the header, in the same block.
                return NonNull::new(unsafe { block.byte_add(HEADER) }.cast());
            }
            // SAFETY: the next header or the end.
            block = unsafe { block.byte_add(header.size) };
        }
        None
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// [`Heap::allocate`] has returned it, and it has not been released since.
    pub unsafe fn release(&mut self, block: NonNull<u8>) {
        // SAFETY: the header lies before each block.
        unsafe { (*block.as_ptr().byte_sub(HEADER).cast::<Header>()).used = false };
    }

    /// Bytes that a block has.
    ///
    /// # Safety
    /// [`Heap::allocate`] has returned it, and it has not been released since.
    #[must_use]
    pub unsafe fn size(&self, block: NonNull<u8>) -> usize {
        // SAFETY: the header lies before each block.
        unsafe { (*block.as_ptr().byte_sub(HEADER).cast::<Header>()).size - HEADER }
    }

    /// Bytes in free blocks, without their headers.
    #[must_use]
    pub fn free_bytes(&self) -> usize {
        let mut sum = 0;
        let mut block = self.begin;
        while block < self.end {
            // SAFETY: `block` walks from header to header.
            let header = unsafe { &*block };
            sum += if header.used { 0 } else { header.size - HEADER };
            // SAFETY: the next header or the end.
            block = unsafe { block.byte_add(header.size) };
        }
        sum
    }

    /// Makes a free block and the free ones right behind it one.
    fn join(&mut self, block: *mut Header) {
        // SAFETY: the caller passes a header.
        let header = unsafe { &mut *block };
        if header.used {
            return;
        }
        loop {
            // SAFETY: the next header or the end.
            let next = unsafe { block.byte_add(header.size) };
            if next >= self.end {
                return;
            }
            // SAFETY: before the end, so a header; it is another one than `header`.
            let next = unsafe { &*next };
            if next.used {
                return;
            }
            header.size += next.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_heap(size: usize, test: impl FnOnce(&mut Heap)) {
        let mut memory = vec![0u128; size / 16];
        let begin = memory.as_mut_ptr().cast::<u8>();
        // SAFETY: the vector lives longer than the heap.
        let mut heap = unsafe { Heap::new(begin, begin.add(size)) };
        test(&mut heap);
    }

    #[test]
    fn what_is_released_can_be_had_again_as_one_block() {
        with_heap(1024, |heap| {
            let all = heap.free_bytes();
            let blocks =
                [heap.allocate(100).unwrap(), heap.allocate(200).unwrap(), heap.allocate(1).unwrap()];
            assert!(heap.allocate(1000).is_none());
            // SAFETY: each was allocated and is released once.
            blocks.into_iter().for_each(|block| unsafe { heap.release(block) });
            assert!(heap.allocate(all).is_some());
        });
    }

    #[test]
    fn a_range_without_room_gives_nothing() {
        with_heap(0, |heap| assert!(heap.allocate(1).is_none()));
        with_heap(16, |heap| assert!(heap.allocate(1).is_none()));
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        with_heap(1024, |heap| assert!(heap.allocate(usize::MAX - 3).is_none()));
    }

    proptest! {
        #[test]
        fn blocks_never_overlap(steps in prop::collection::vec((any::<bool>(), 0usize..400), 1..200)) {
            with_heap(4096, |heap| {
                let mut held: Vec<(NonNull<u8>, usize, u8)> = Vec::new();
                for (number, (allocate, size)) in steps.into_iter().enumerate() {
                    if allocate {
                        if let Some(block) = heap.allocate(size) {
                            assert_eq!(block.as_ptr() as usize % ALIGNMENT, 0);
                            // SAFETY: the block has this size.
                            unsafe { block.as_ptr().write_bytes(number as u8, size) };
                            held.push((block, size, number as u8));
                        }
                    } else if !held.is_empty() {
                        let (block, size, fill) = held.swap_remove(size % held.len());
                        // SAFETY: the block has this size.
                        let content = unsafe { core::slice::from_raw_parts(block.as_ptr(), size) };
                        assert!(content.iter().all(|&byte| byte == fill));
                        // SAFETY: it was allocated and is released once.
                        unsafe { heap.release(block) };
                    }
                }
            });
        }
    }
}
