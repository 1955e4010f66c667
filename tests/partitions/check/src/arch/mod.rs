//! The checks that each processor does in its own way.

#[cfg(target_arch = "x86")]
mod i386;
#[cfg(target_arch = "x86")]
pub(crate) use i386::*;

#[cfg(target_arch = "sparc")]
mod sparc;
#[cfg(target_arch = "sparc")]
pub(crate) use sparc::*;
