//! The clock of the partition interface.

use crate::arch::{Arch, Processor};

/// Nanoseconds since the first major frame began. Never goes back, never stops, is the same in every partition, and
/// costs no call into the kernel.
#[inline(always)]
#[must_use]
pub fn now() -> u64 {
    Processor::clock_now()
}
