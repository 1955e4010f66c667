//! What the kernel below cannot do, where it is not ours: those checks are left out. docs/hosts.md says which and why.

/// AIR.
const AIR: bool = cfg!(feature = "air");

/// Whether a fault tells the address that was accessed.
pub(crate) const TELLS_ADDRESSES: bool = !AIR;

/// Whether code cannot be written.
pub(crate) const CODE_IS_READ_ONLY: bool = !AIR;

/// Whether reads and writes of PSR do what they say.
#[cfg(target_arch = "sparc")]
pub(crate) const EMULATES_PSR: bool = !AIR;

/// How far the intervals are apart that a timer is armed with, in nanoseconds: where each takes a tick of 1 ms, fewer
/// are tried.
pub(crate) const INTERVALS_APART: usize = if AIR { 50 } else { 1 };

/// Whether the clock counts in steps that single paths can be measured with.
pub(crate) const CLOCK_IS_FINE: bool = !AIR;

/// Whether costs have limits, which are in instructions of our own kernel's clock.
pub(crate) const HAS_LIMITS: bool = !(AIR || cfg!(feature = "xen"));

/// Whether a partition runs in its windows only: Xen's usual scheduler has no windows.
pub(crate) const KEEPS_WINDOWS: bool = !cfg!(feature = "xen");
