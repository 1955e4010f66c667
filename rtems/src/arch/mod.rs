//! What RTEMS's processor port leaves to privileged instructions, done with the partition interface instead.

#[cfg(target_arch = "x86")]
mod i386;
#[cfg(target_arch = "x86")]
pub(crate) use i386::{CACHE_LINE_SIZE, READING_IS_A_CALL, code_changed, cycles, prepare};

#[cfg(target_arch = "sparc")]
mod sparc;
#[cfg(target_arch = "sparc")]
pub(crate) use sparc::{CACHE_LINE_SIZE, READING_IS_A_CALL, code_changed, cycles, prepare};
