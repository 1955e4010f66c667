//! The switch from task to task, which each processor does in its own way.
//!
//! A processor provides `switch` and `preserving_floating_point`.

#[cfg(target_arch = "x86")]
mod i386;

#[cfg(target_arch = "x86")]
pub(crate) use i386::{preserving_floating_point, switch};

#[cfg(target_arch = "sparc")]
mod sparc;

#[cfg(target_arch = "sparc")]
pub(crate) use sparc::{preserving_floating_point, switch};

/// Where the registers of a task or of the idle loop lie while it does not execute: the value of its stack pointer, 0
/// if it has not begun.
#[repr(transparent)]
#[derive(Debug, Default)]
pub(crate) struct Context(pub(crate) usize);
