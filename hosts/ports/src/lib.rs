//! The ports of the partition interface over those of a kernel that has its own, as XtratuM, POK and AIR have,
//! and over pages that guests share on Xen.
//!
//! Such a kernel moves bytes from a source to its destinations. What the interface says of a message besides (when it
//! was written, which one it is, how many were lost before it) goes in front of it, in a [`Header`] that one binding
//! writes and the other reads. Both call that a *record*. Which ports a partition has, the tool writes into a [`Port`]
//! for each: these kernels cannot be asked.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod calls;
#[cfg(test)]
mod model;
mod table;

pub use calls::{Channels, Ports};
pub use table::{Header, Port, State};
