//! Serves parts of a disk to partitions, by messages: docs/devices.md has the protocol.

#![cfg_attr(target_os = "none", no_std)]

pub mod clients;
pub mod parts;
pub mod protocol;
pub mod server;
pub mod store;
pub mod volatile;
