//! The part of the separation kernel that can be decided without hardware.
//!
//! Four rules hold in every file here:
//!
//! 1. **A guest is an adversary.** What it passes is an allegation ([`memory::Alleged`]) until it has been checked
//!    against its own memory; what it writes into the shared page is read once and never believed.
//! 2. **Nothing is as long as a guest wants.** Every loop has a bound that this crate names; what takes longer is
//!    done in steps, with a look at the clock between them ([`kernel::Kernel::dispatch`]).
//! 3. **Nothing here can panic.** Indices are types that fit their arrays, arithmetic that could overflow says
//!    what it does then, and a test looks for panics in the finished kernel.
//! 4. **Time is absolute.** Frames, windows and deadlines are instants of one clock in nanoseconds since the first
//!    major frame began; none of them is ever computed from "now plus".
//!
//! The hardware is behind the trait [`machine::Machine`]; the tests put a model in its place.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(test, feature = "model"))]
extern crate std;

pub mod acpi;
mod boot;
pub mod channel;
pub mod clock;
pub mod configuration;
mod connections;
pub mod console;
pub mod device;
mod dma;
pub mod dmar;
pub mod events;
pub mod fault;
pub mod function;
mod governance;
pub mod guest;
pub mod health_log;
pub mod health_monitor;
pub mod hypercall;
pub mod identification;
pub mod information;
mod input;
mod interrupts;
pub mod job;
pub mod kernel;
pub mod machine;
pub mod memory;
pub mod ownership;
pub mod partition;
pub mod ports;
pub mod region;
mod registers;
pub mod remapping;
pub mod report;
mod responses;
pub mod restarts;
pub mod schedule;
pub mod serial;
mod spare;
pub mod variation;

#[cfg(test)]
mod boot_tests;
#[cfg(test)]
mod channel_tests;
#[cfg(test)]
mod configuration_tests;
#[cfg(test)]
mod connections_tests;
#[cfg(test)]
mod console_tests;
#[cfg(test)]
mod device_tests;
#[cfg(test)]
mod dma_tests;
#[cfg(test)]
mod exploration_tests;
#[cfg(test)]
mod function_tests;
#[cfg(test)]
mod health_details_tests;
#[cfg(test)]
mod health_tests;
#[cfg(test)]
mod input_tests;
#[cfg(test)]
mod kernel_tests;
#[cfg(any(test, feature = "model"))]
#[cfg_attr(not(test), allow(dead_code, unused_imports, reason = "tests use more of it than sequences"))]
mod model;
#[cfg(test)]
mod ownership_tests;
#[cfg(test)]
mod port_tests;
#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod region_tests;
#[cfg(test)]
mod responses_tests;
#[cfg(any(test, feature = "model"))]
pub mod sequence;
#[cfg(test)]
mod sequence_tests;
#[cfg(any(test, feature = "model"))]
#[cfg_attr(not(test), allow(dead_code, unused_imports, reason = "tests use more of it than sequences"))]
mod serial_tests;
