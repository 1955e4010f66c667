//! Stacks for processes: what is left of the partition's memory, from its end downwards. They are never given back.

use core::ops::Range;

use bulkhead_guest::one;

/// What processors want of a stack's ends.
const ALIGNMENT: usize = 16;

/// What stands at the low end of each stack as long as it has not overflowed.
const MARK: [u8; 16] = *b"end of the stack";

one! {
    /// Where the stacks that have been taken begin; 0 if there are none. Used while the partition starts, which one
    /// process does.
    static TAKEN: usize = 0;
}

#[cfg(target_os = "none")]
fn memory() -> Range<usize> {
    unsafe extern "C" {
        /// Behind the program, by the linker script.
        static bulkhead_heap_start: u8;
    }
    (&raw const bulkhead_heap_start) as usize..bulkhead_guest::partition::memory().end
}

/// Memory for tests on the developer's machine.
#[cfg(not(target_os = "none"))]
fn memory() -> Range<usize> {
    const SIZE: usize = 64 * 1024;
    std::thread_local! {
        static MEMORY: &'static mut [u8] = Box::leak(vec![0; SIZE].into_boxed_slice());
    }
    MEMORY.with(|memory| memory.as_ptr_range().start as usize..memory.as_ptr_range().end as usize)
}

/// What is left, with ends as stacks have them.
fn left() -> Range<usize> {
    let memory = memory();
    // SAFETY: see `TAKEN`.
    let taken = unsafe { *TAKEN.address() };
    let end = if taken == 0 { memory.end } else { taken };
    memory.start.next_multiple_of(ALIGNMENT)..end & !(ALIGNMENT - 1)
}

/// The largest stack that there is memory for, in bytes.
pub(crate) fn room() -> u32 {
    u32::try_from(left().len()).unwrap_or(u32::MAX)
}

/// A stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    begin: usize,
    end: usize,
}

impl Stack {
    /// Takes a stack of so many bytes, if there is memory for it.
    pub(crate) fn take(size: u32) -> Option<Self> {
        let left = left();
        let size = usize::try_from(size).ok()?.checked_next_multiple_of(ALIGNMENT)?;
        let begin = left.end.checked_sub(size).filter(|begin| *begin >= left.start)?;
        // SAFETY: see `TAKEN`.
        unsafe { *TAKEN.address() = begin };
        let stack = Self { begin, end: left.end };
        if size >= MARK.len() {
            // SAFETY: the bytes are the stack's, which nobody else has.
            unsafe { stack.mark().write(MARK) };
        }
        Some(stack)
    }

    /// The address behind the last byte.
    pub(crate) const fn end(self) -> usize {
        self.end
    }

    /// Whether an address is one of its own.
    pub(crate) const fn contains(self, address: usize) -> bool {
        self.begin <= address && address < self.end
    }

    /// Whether what stands at its low end is there still.
    pub(crate) fn is_whole(self) -> bool {
        // SAFETY: the bytes are the stack's.
        unsafe { self.mark().read() == MARK }
    }

    fn mark(self) -> *mut [u8; MARK.len()] {
        core::ptr::with_exposed_provenance_mut(self.begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_lie_below_one_another_until_the_memory_ends() {
        let all = room();
        assert_eq!(Stack::take(u32::MAX), None);
        let first = Stack::take(4097).expect("there is memory");
        assert_eq!(first.end - first.begin, 4112);
        let second = Stack::take(4096).expect("there is memory");
        assert_eq!((second.end, room()), (first.begin, all - 4112 - 4096));
        assert_eq!(Stack::take(room() + 1), None);
        assert!(Stack::take(room()).is_some());
        assert_eq!((room(), Stack::take(16)), (0, None));
    }

    #[test]
    fn a_stack_that_has_overflowed_is_not_whole() {
        let stack = Stack::take(4096).expect("there is memory");
        assert!(stack.is_whole());
        // SAFETY: the bytes are the stack's.
        unsafe { *stack.mark().cast::<u8>() = 0 };
        assert!(!stack.is_whole());
    }
}
