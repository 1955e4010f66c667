//! The switch from task to task on each processor, for executives in a partition.
//!
//! A processor gives `switch`, which goes on with another task, and `preserving_floating_point`, which calls a function
//! of the program from an interrupt handler. There is nothing here for the developer's machine.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "the switch is the processor's")]

#[cfg(target_os = "none")]
mod arch;

#[cfg(target_os = "none")]
pub use arch::{preserving_floating_point, switch};

/// Where the registers of a task or of the idle loop lie while it does not execute: the value of its stack pointer, 0
/// if it has not begun.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct Context(pub usize);
