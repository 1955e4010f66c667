//! ARINC 653's services for processes, ports, modes, errors, schedules, shared memory and time, for programs above any
//! executive.
//!
//! The header is `apex/include/arinc653.h`, which says what supplement it follows; [`c`] has its functions. Each
//! service is a function of a module here, with the standard's conditions in the standard's order:
//!
//! * [`sampling`] and [`queuing`] are the services of ports, [`directory`] the ports that have been created;
//! * [`partition`] has modes and status, [`memory_block`] the regions of shared memory;
//! * [`error`] is the error handler and what raises errors, [`schedule`] the module's schedules;
//! * [`waiting`] is what blocks a task at a queuing port, in the order of its discipline, without any executive's
//!   queues. RTEMS's files for ports stand on it too;
//! * [`process`] starts, stops and releases processes, which are tasks of the executive's;
//! * [`mod@executive`] is the seam: functions that the stand-in, RTEMS and `a653rs/` give.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "the C interface, and buffers of tasks that wait")]

pub mod c;
pub mod directory;
pub mod error;
pub mod executive;
pub mod memory_block;
pub mod partition;
pub mod process;
pub mod queuing;
#[cfg(all(feature = "trace", target_os = "none"))]
mod record;
pub mod return_code;
pub mod sampling;
pub mod schedule;
pub mod waiting;

pub use return_code::ReturnCode;
