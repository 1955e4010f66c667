//! The guest layer: what every partition has above the partition interface, whatever runs in it.
//!
//! An executive (RTEMS, the stand-in of `classic/`) or a program written in Rust stands on this crate and knows
//! neither the processor nor the kernel below:
//!
//! * [`arch`] is the seam to the processor: interrupt entry and return, fault entry, the cycle counter;
//! * [`host`] is the seam to the kernel: the shared words, the calls, what a partition is told about itself. Which
//!   kernel that is, the program says by the binding that it is linked with.
//!
//! C code uses `guest/include/bulkhead.h`, whose functions are defined in [`c`]. Rust code uses the modules here:
//!
//! ```text
//! #![no_std]
//! #![no_main]
//! use bulkhead_guest::{clock, println};
//! use bulkhead_host as _;
//!
//! bulkhead_guest::entry!(main);
//!
//! fn main() {
//!     println!("{} ns after the first major frame began", clock::now());
//! }
//! ```
//!
//! On a developer's machine the crate builds with a simulated processor and kernel, so that what does not
//! depend on either can be tested there.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "the seams to the processor and to the kernel, and the C interface")]

pub mod arch;
pub mod c;
pub mod clock;
pub mod console;
pub mod devices;
pub mod fault;
pub mod health;
pub mod host;
pub mod interrupts;
#[doc(hidden)]
pub mod one;
pub mod overload;
#[cfg(all(target_os = "none", feature = "panic-handler"))]
mod panic;
pub mod partition;
pub mod ports;
pub mod regions;
pub mod schedules;
mod start;
pub mod ticks;
pub mod timer;

pub use bulkhead_abi::{
    Action, Error, FaultKind, HealthError, HealthRecord, InformationPage, Level, Line, Mode, NEVER,
    PartitionDescription, PartitionStatus, PortDescription, PortDirection, PortKind, PortStatus, Received,
    RegionDescription, ResourceDescription, ResourceKind, ScheduleDescription, ScheduleStatus, SharedPage,
    StartInformation, StartReason, TickPolicy,
};
#[doc(hidden)]
pub use start::run;
