//! State of which there is one, for a kernel that runs alone.

use core::cell::UnsafeCell;

/// A static that the kernel changes.
#[repr(transparent)]
pub(crate) struct Single<T>(UnsafeCell<T>);

// SAFETY: there is one processor, and the kernel runs with interrupts off; where it lets them in, the handlers touch
// no `Single`. So no two threads of execution ever hold a reference.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    /// A static with its first value.
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    /// No other reference to it may be in use: each entry into the kernel borrows once, at the top.
    #[inline(always)]
    #[allow(
        clippy::mut_from_ref,
        reason = "this is the one place that makes the reference; the caller sees to it"
    )]
    pub(crate) unsafe fn borrow(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }

    /// Where the value lies.
    pub(crate) const fn address(&self) -> *mut T {
        self.0.get()
    }
}
