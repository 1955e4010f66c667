//! The partition's timer.

use crate::host::{Current as Kernel, Host};

/// Arms the timer for an absolute time of the clock in nanoseconds, in place of the deadline before.
///
/// At the deadline, or at the start of the partition's next window if it is switched out then, line
/// [`crate::Line::Timer`] becomes pending; at once if the deadline has passed. [`crate::NEVER`] disarms.
pub fn set(deadline: u64) {
    Kernel::timer_set(deadline);
}

/// Disarms the timer. A timer line that is pending already stays pending.
pub fn clear() {
    Kernel::timer_set(crate::NEVER);
}
