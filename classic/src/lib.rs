//! The stand-in: a small executive with part of the RTEMS Classic API.
//!
//! It runs C programs written for RTEMS where no RTEMS kit is installed, so that examples, tests and CI have
//! something to run. It is not RTEMS and contains nothing of it; `docs/stand-in.md` says what it covers.
//!
//! * [`executive`] decides: tasks, semaphores, message queues, events, timers, periods, time. Safe code without a
//!   pointer, tested on the host.
//! * [`mod@format`] turns printf's formats into text. Safe code, tested on the host.
//! * [`numbers`] and [`mod@scan`] read numbers and scanf's formats, [`dates`] are those of `<time.h>`, [`mod@sort`]
//!   sorts. Safe code, tested on the host.
//! * [`heap`] divides a partition's memory. Tested on the host.
//! * `edge` is the C interface, `c_library` the C library's. They are built for
//!   partitions only. The switch from task to task is the crate `bulkhead_context`'s.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "the C interface")]

pub mod dates;
pub mod executive;
pub mod format;
pub mod heap;
pub mod numbers;
pub mod record;
pub mod scan;
pub mod sort;

#[cfg(target_os = "none")]
#[macro_use]
mod arch;
#[cfg(target_os = "none")]
mod c_library;
#[cfg(target_os = "none")]
mod edge;
