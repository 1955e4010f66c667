//! The partition interface: everything that the kernel, the guest layer and the tools agree on.
//!
//! A partition sees a kernel through four things only:
//!
//! * the **start information** ([`StartInformation`]), whose address it is given at its entry point,
//! * the **information page** ([`InformationPage`]), which the kernel writes and the partition reads,
//! * the **shared page** ([`SharedPage`]), which both read and write, and
//! * the **hypercalls** ([`Hypercall`]), each with its own [`Error`]s.
//!
//! The layouts are the same on every processor: a 64-bit quantity in memory that a partition sees is a
//! [`Word64`], two 32-bit halves with the low one first, so that a 32-bit guest reads what it needs with one
//! load and no processor's alignment or byte order changes an offset. `docs/interface.md` is the reference for
//! people; the C header `guest/include/bulkhead/abi.h` is generated from this crate and checked in the tests.
//!
//! Other contracts are between the tool and a kernel, and partitions never see them: [`system_table`], what the tool
//! has built, [`wire`] and [`event`], what is said while it runs, and [`trace`], what a kernel that traces keeps.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod call;
mod device;
mod error;
pub mod event;
mod fault;
mod health;
mod hypercall;
mod interrupt;
pub mod machine;
mod memory_map;
mod pages;
pub mod port;
pub mod record;
pub mod sparc;
mod status;
pub mod system_table;
pub mod text;
pub mod trace;
pub mod wire;

pub use call::{ARGUMENTS_MAX, Call};
pub use device::{
    COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_NO_PIN, COMMAND_PORTS, COMMAND_REGISTER, ResourceDescription,
    ResourceKind,
};
pub use error::Error;
pub use fault::{Access, FaultKind};
pub use health::{Action, ChangeAction, Ground, HealthError, Level, Mode, Response, standard_responses};
pub use hypercall::Hypercall;
pub use interrupt::Line;
pub use pages::{
    ClockParameters, FaultRecord, InformationPage, PartitionStatus, SharedPage, StartInformation,
    StartReason, TickPolicy, UpcallRecord, Word64,
};
pub use port::{PortDescription, PortDirection, PortKind, PortStatus, Received, RegionDescription};
pub use status::{HealthRecord, PartitionDescription, ScheduleDescription, ScheduleStatus};

/// Version of this interface: major in the high half, minor in the low half.
///
/// A kernel runs a partition only if the major versions agree and the kernel's minor version is not lower than
/// the one the partition was built for.
pub const INTERFACE_VERSION: u32 = 0x0001_0006;

/// "BULK" in ASCII, the first word of the start information.
pub const START_MAGIC: u32 = 0x4255_4c4b;

/// The deadline that never comes: arming a timer with it disarms the timer.
pub const NEVER: u64 = u64::MAX;

/// The longest name of a partition, in bytes, without the terminating zero (ARINC 653: names of 30 characters).
pub const NAME_LENGTH_MAX: usize = 30;

/// Bytes that a partition's name occupies, padded with zeros, at least one.
pub const NAME_SIZE: usize = NAME_LENGTH_MAX + 2;

/// The longest command line of a partition, in bytes, without the terminating zero.
pub const COMMAND_LINE_LENGTH_MAX: usize = 1023;

/// Bytes that a command line occupies, padded with zeros, at least one.
pub const COMMAND_LINE_SIZE: usize = COMMAND_LINE_LENGTH_MAX + 1;

/// Bytes that a page of the interface occupies, whatever the processor's own page size is.
pub const PAGE_SIZE: usize = 4096;
