//! The binding to AIR on SPARC: user mode, and a table of handlers for all that traps.
//!
//! `binding` and `ports` have what can be tested without the kernel, `partition` and `arch` the rest.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "calls of the kernel, and the words that the tool leaves")]

#[cfg(target_os = "none")]
mod arch;
#[cfg(any(test, target_os = "none"))]
mod binding;
#[cfg(test)]
mod model;
#[cfg(target_os = "none")]
mod partition;
#[cfg(any(test, target_os = "none"))]
mod ports;
