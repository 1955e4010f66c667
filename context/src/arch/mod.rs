//! The processors' parts.

#[cfg(target_arch = "x86")]
mod i386;

#[cfg(target_arch = "x86")]
pub use i386::{preserving_floating_point, switch};

#[cfg(target_arch = "sparc")]
mod sparc;

#[cfg(target_arch = "sparc")]
pub use sparc::{preserving_floating_point, switch};
