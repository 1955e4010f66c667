//! The C interface: what a program calls, in terms of the executive.
//!
//! Pointers that a program passes are as trustworthy as the program itself, which shares the partition with us: they
//! are checked for null, as the Classic API does, and used. Programs keep their part of the C interface's contract:
//! what they pass points to what its type says.

mod clock;
mod configuration;
mod debugger;
mod events;
mod fatal;
mod global;
mod identify;
mod interrupts;
mod messages;
mod periods;
mod port;
mod printing;
mod record;
mod semaphores;
mod stacks;
mod start;
mod tasks;
mod texts;
mod tick;
mod timers;
mod waiting;

pub(crate) use clock::{TimeSpec, TimeValue, real_time, uptime};
pub(crate) use fatal::{Source, terminate};
pub(crate) use global::{blocking, code, directive, heap, number, store_id, with_executive};
pub(crate) use port::Partition;
pub(crate) use tasks::{sleep_for, wait_a_tick};

use crate::executive::Status;

/// A pointer that a directive writes through.
///
/// # Errors
/// `InvalidAddress` if it is null.
pub(crate) fn out<T>(pointer: *mut T) -> Result<core::ptr::NonNull<T>, Status> {
    core::ptr::NonNull::new(pointer).ok_or(Status::InvalidAddress)
}
