//! What the crate `virtio-drivers` needs of a partition that owns a virtio function of the PCI bus.
//!
//! ```text
//! let mut network = bulkhead_virtio::Network::find("net")?;
//! interrupts::install(network.line(), came)?; // which ends with devices::enable_interrupt(line)
//! devices::enable_interrupt(network.line())?;
//! while let Some(frame) = network.receive() {
//!     network.give_back(frame);
//! }
//! ```
//!
//! The function is what the system file calls `net`: registers of its configuration, which are reached by calls
//! ([`Configuration`]); memory of its base address registers, which the partition sees; and a message as its interrupt
//! ([`Function`]). What the device reads and writes lies in the partition's own memory ([`Memory`]). Nothing waits for
//! the device but who asks a [`Disk`], and there is no allocator.

#![cfg_attr(target_os = "none", no_std)]
#![allow(unsafe_code, reason = "memory that a device shares, and its registers")]

mod configuration;
mod disk;
mod error;
mod function;
mod memory;
mod network;

pub use configuration::Configuration;
pub use disk::Disk;
pub use error::DeviceError;
pub use function::{Function, FunctionError};
pub use memory::{Memory, PAGES};
pub use network::{FRAME_SIZE_MAX, FRAMES, Frame, Network};
