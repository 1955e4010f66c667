//! The binding to POK on x86: ring 3, segments, and our file in its kernel (`hosts/pok/kernel/bulkhead.c`), which
//! serves the two pages of the partition interface and five of its calls.
//!
//! `ports` has what can be tested without the kernel, `partition` and `arch` the rest.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "calls of the kernel, and the pages that it shares")]

#[cfg(target_os = "none")]
mod arch;
#[cfg(test)]
mod model;
#[cfg(target_os = "none")]
mod partition;
#[cfg(any(test, target_os = "none"))]
mod ports;
