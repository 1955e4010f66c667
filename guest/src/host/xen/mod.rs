//! The binding to Xen, for i386 guests of the PVH kind.
//!
//! Xen starts the guest at privilege level 0 with nothing but memory. The binding keeps that level to itself: a small
//! monitor with descriptor tables, page tables and a stack of its own, which the partition at level 3 sees as the
//! kernel of the partition interface. So a partition is what it is elsewhere: an upcall touches no stack of the
//! partition, a fault on a stack that is not there is one like any other, privileged instructions fault, and what lies
//! outside of the partition's memory cannot be written, although Xen itself would swallow such a write silently.
//!
//! The partition's half is the one for our own kernel, but for the clock, which is read from Xen's per-vCPU time.

#[path = "../bulkhead/mod.rs"]
mod interface_half;

mod begin;
mod calls;
mod command_line;
mod console;
mod descriptors;
mod events;
mod faults;
mod hypercall;
mod layout;
mod monitor;
mod paging;
mod report;
mod start;
mod time;
mod trap;
mod windows;

pub use interface_half::Current;
