//! The binding to XtratuM 2.6 on ia32: ring 1, interrupts through a table of the partition's own.
//!
//! `binding` has what can be tested without the hypervisor, `partition` and `arch` the rest.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "calls of the kernel, and the table that it shares")]

#[cfg(target_os = "none")]
mod arch;
#[cfg(any(test, target_os = "none"))]
mod binding;
#[cfg(test)]
mod model;
#[cfg(test)]
mod objects;
#[cfg(target_os = "none")]
mod partition;
#[cfg(any(test, target_os = "none"))]
mod ports;
