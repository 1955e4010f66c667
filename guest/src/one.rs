//! State of which a partition has one. A simulated partition has it for each thread, so that tests do not disturb each
//! other.

/// Makes a static that changes, with the method `address`. Whoever uses it says why nobody sees it half changed.
#[cfg(target_os = "none")]
#[macro_export]
#[doc(hidden)]
macro_rules! one {
    ($(#[$documentation:meta])* static $name:ident: $type:ty = $value:expr;) => {
        $(#[$documentation])*
        static $name: $crate::one::One<$type> = $crate::one::One::new($value);
    };
}

/// The same, for each thread.
#[cfg(not(target_os = "none"))]
#[macro_export]
#[doc(hidden)]
macro_rules! one {
    ($(#[$documentation:meta])* static $name:ident: $type:ty = $value:expr;) => {
        $(#[$documentation])*
        static $name: $crate::one::One<$type> = {
            std::thread_local! {
                static VALUE: $crate::one::Single<$type> = const { $crate::one::Single::new($value) };
            }
            $crate::one::One::new(|| VALUE.with($crate::one::Single::address))
        };
    };
}

pub use bulkhead_cell::Single;

/// A static of which a partition has one.
#[cfg(target_os = "none")]
pub use bulkhead_cell::Single as One;

/// A static of which each thread has one.
#[cfg(not(target_os = "none"))]
#[derive(Debug)]
pub struct One<T: 'static>(fn() -> *mut T);

#[cfg(not(target_os = "none"))]
impl<T> One<T> {
    /// A static that lies where the function says.
    pub const fn new(address: fn() -> *mut T) -> Self {
        Self(address)
    }

    /// Where the value lies.
    #[must_use]
    pub fn address(&self) -> *mut T {
        (self.0)()
    }
}
