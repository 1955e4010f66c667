//! The binding to Xen, for i386 guests of the PVH kind.
//!
//! Xen starts the guest at privilege level 0 with nothing but memory. The binding keeps that level to itself: a small
//! monitor with descriptor tables, page tables and a stack of its own, which the partition at level 3 sees as the
//! kernel of the partition interface. So a partition is what it is elsewhere: an upcall touches no stack of the
//! partition, a fault on a stack that is not there is one like any other, privileged instructions fault, and what lies
//! outside of the partition's memory cannot be written, although Xen itself would swallow such a write silently.
//!
//! The partition's half is the one for our own kernel, but for the clock, which is read from Xen's per-vCPU time.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "it is a kernel: page tables, descriptors, entries")]

#[cfg(target_os = "none")]
use bulkhead_interface as _;

#[cfg(any(test, target_os = "none"))]
mod area;
#[cfg(target_os = "none")]
mod begin;
#[cfg(target_os = "none")]
mod bells;
#[cfg(target_os = "none")]
mod calls;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod descriptors;
#[cfg(any(test, target_os = "none"))]
mod entry;
#[cfg(target_os = "none")]
mod events;
#[cfg(target_os = "none")]
mod faults;
#[cfg(target_os = "none")]
mod governance;
#[cfg(target_os = "none")]
mod grants;
#[cfg(any(test, target_os = "none"))]
mod health;
#[cfg(target_os = "none")]
mod hypercall;
#[cfg(target_os = "none")]
mod layout;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod monitor;
#[cfg(target_os = "none")]
mod paging;
#[cfg(target_os = "none")]
mod ports;
#[cfg(target_os = "none")]
mod regions;
#[cfg(target_os = "none")]
mod report;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
mod time;
#[cfg(target_os = "none")]
mod trap;
#[cfg(any(test, target_os = "none"))]
mod windows;
