//! The library behind the `bulkhead` command: a system file in, a bootable file and a report out.
//!
//! The way of the data: [`system_file`] reads and checks the description, [`mod@build`] compiles and links the
//! programs, [`image`] reads and flattens them, `silent` refuses what would not do in a partition what it says,
//! [`layout`] places everything in physical memory, [`pack`] writes the one bootable file, `unpack` reads the system
//! out of it again, [`memory_map`], [`channel_tables`], [`health_table`] and [`schedules`] say what was built,
//! [`graph`] draws how partitions talk, [`run`] runs it in QEMU, [`mod@record`] keeps a run to be repeated, and
//! [`tracing`] reads what happened meanwhile, which `top` shows.

#![forbid(unsafe_code)]

pub mod build;
mod build_options;
pub mod channel_tables;
pub mod clean;
pub mod cli;
mod compilations;
mod compile;
mod compile_commands;
mod compiler_messages;
pub mod cores;
pub mod diagnostics;
mod elf;
pub mod error;
mod executive;
mod files;
pub mod graph;
pub mod hardware;
pub mod health_table;
pub mod host;
pub mod image;
mod incremental;
pub mod inject;
pub mod installation;
pub mod json;
pub mod kit;
mod language;
pub mod layout;
mod link_help;
mod linked_programs;
pub mod memory_map;
pub mod new_system;
pub mod pack;
mod parallel;
mod programs;
pub mod proposal;
pub mod record;
mod recorded_calls;
pub mod run;
pub mod schedule_picture;
pub mod schedules;
mod service_help;
mod silent;
mod stack_overflow;
mod subprocess;
pub mod symbols;
pub mod system_file;
mod target;
pub mod terminal;
pub mod test_rtems;
mod top;
pub mod tracing;
mod undefined;
pub mod units;
mod unnamed;
mod unpack;

pub use build::{Built, Options, build, check};
pub use error::{Error, Result};
