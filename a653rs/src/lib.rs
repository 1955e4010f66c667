//! The traits of the crate [`a653rs`] on the guest layer: a partition that is written against these traits needs
//! nothing else of what is below it.
//!
//! ```text
//! #![no_std]
//! #![no_main]
//! use a653rs::prelude::PartitionExt;
//! use bulkhead_host as _;
//!
//! bulkhead_guest::entry!(main);
//!
//! fn main() {
//!     control::Partition.run()
//! }
//!
//! #[a653rs::partition(a653rs_bulkhead::Hypervisor)]
//! mod control {
//!     // as on every other kernel
//! }
//! ```
//!
//! [`Hypervisor`] has the traits of ARINC 653 part 4 (partition, processes, time, sampling and queuing ports, errors)
//! and those of part 1 for processes, ports, time and errors, and part 2's memory blocks and schedules. They are the
//! services of `bulkhead_apex`, which C has too; here is the executive that those need:
//!
//! * `tasks` decides: safe code, tested on the developer's machine;
//! * `executive` gives each task a stack and the processor, and has the timer;
//! * the other modules are the traits, one each.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "traits with unsafe functions, and the processes' stacks")]

mod error;
#[cfg_attr(not(target_os = "none"), path = "simulated.rs")]
mod executive;
mod memory_block;
mod partition;
mod process;
mod queuing;
mod sampling;
mod schedule;
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "nothing executes there"))]
mod stacks;
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "nothing executes there"))]
mod tasks;
mod time;

use a653rs::bindings::{ApexLimits, ApexUnsigned, ErrorReturnCode, MessageRange, MessageSize};
use bulkhead_abi::port::{MESSAGE_SIZE_MAX, PORTS_PER_PARTITION_MAX};
use bulkhead_apex::ReturnCode;

/// What the traits are implemented for: the kernel below, whichever the program is linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypervisor;

impl ApexLimits for Hypervisor {
    const SYSTEM_LIMIT_NUMBER_OF_MESSAGES: MessageRange = bulkhead_abi::system_table::MESSAGES_MAX as u32;
    const SYSTEM_LIMIT_MESSAGE_SIZE: MessageSize = MESSAGE_SIZE_MAX;
    const SYSTEM_LIMIT_NUMBER_OF_PROCESSES: ApexUnsigned = tasks::PROCESSES_MAX as u32;
    const SYSTEM_LIMIT_NUMBER_OF_SAMPLING_PORTS: ApexUnsigned = PORTS_PER_PARTITION_MAX;
    const SYSTEM_LIMIT_NUMBER_OF_QUEUING_PORTS: ApexUnsigned = PORTS_PER_PARTITION_MAX;
    const SYSTEM_LIMIT_NUMBER_OF_BUFFERS: ApexUnsigned = 0;
    const SYSTEM_LIMIT_NUMBER_OF_BLACKBOARDS: ApexUnsigned = 0;
    const SYSTEM_LIMIT_NUMBER_OF_SEMAPHORES: ApexUnsigned = 0;
    const SYSTEM_LIMIT_NUMBER_OF_EVENTS: ApexUnsigned = 0;
    const SYSTEM_LIMIT_NUMBER_OF_MUTEXES: ApexUnsigned = 0;
}

/// A service's code as the traits have it.
fn code(code: ReturnCode) -> ErrorReturnCode {
    match code {
        // No service refuses with `NoError`; if one did, it would have done nothing.
        ReturnCode::NoError | ReturnCode::NoAction => ErrorReturnCode::NoAction,
        ReturnCode::NotAvailable => ErrorReturnCode::NotAvailable,
        ReturnCode::InvalidParam => ErrorReturnCode::InvalidParam,
        ReturnCode::InvalidConfig => ErrorReturnCode::InvalidConfig,
        ReturnCode::InvalidMode => ErrorReturnCode::InvalidMode,
        ReturnCode::TimedOut => ErrorReturnCode::TimedOut,
    }
}

/// A number as the services have it; one that they do not know is out of their range, too.
fn narrow(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// How the services know a port or a process; 0 is none.
fn identifier(identifier: i64) -> i32 {
    i32::try_from(identifier).unwrap_or(0)
}

#[cfg(test)]
mod tests;
