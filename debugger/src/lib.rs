//! A server between gdb and QEMU's debugger stub that shows a system as what it is: the kernel and each partition are
//! processes of their own, with their own registers, memory, breakpoints and steps.
//!
//! QEMU's stub knows one processor. Whose program that executes, and what the others' registers and memory are, says
//! the kernel: in symbols of its file ([`Kernel`]), the contexts where it keeps registers, and page tables. Nothing is
//! asked of the programs, nothing is added to them, and a run without a debugger is the same run.
//!
//! gdb is served in its remote protocol (GDB manual, appendix E), with its extension for several processes: process 1
//! is the kernel, process 2 the first partition. Everything stops when one stops.

mod clock;
mod connection;
mod core;
mod executive;
mod held;
mod kernel;
mod machine;
pub mod packet;
mod server;
mod sparc;
mod stub;
mod x86;

pub use connection::Said;
pub use core::{Ram, core};
pub use held::{Ended, Held, Register, registers};
pub use kernel::{Kernel, Processor};
pub use server::{Partition, Repeat, Server};
