//! State of which there is one, where one processor runs: in a kernel, and in a partition.
//!
//! A static that changes needs a reason why nobody sees it half changed. Here that is never a lock: interrupts are
//! disabled, or nothing else runs yet. The cell does not know which; whoever reaches into it says so.

#![no_std]
#![allow(
    unsafe_code,
    reason = "one cell for all statics of one processor, whose users say why their access is sound"
)]

use core::cell::UnsafeCell;

/// A static that changes.
#[derive(Debug)]
#[repr(transparent)]
pub struct Single<T>(UnsafeCell<T>);

// SAFETY: all that can be done with it from several threads of execution is unsafe, or makes a pointer; whoever does so
// promises that no other thread of execution uses the value meanwhile.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    /// A static with its first value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    /// No other reference to it may be in use: a kernel borrows once at each entry, at the top, and a partition with
    /// interrupts disabled, or before they are enabled.
    #[inline(always)]
    #[must_use]
    #[allow(
        clippy::mut_from_ref,
        reason = "this is the one place that makes the reference; the caller sees to it"
    )]
    pub const unsafe fn borrow(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }

    /// Where the value lies.
    #[inline(always)]
    pub const fn address(&self) -> *mut T {
        self.0.get()
    }
}
