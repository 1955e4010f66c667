//! Connects ports of a partition to UDP ports of a network, by a table.

#![cfg_attr(target_os = "none", no_std)]

pub mod device;
pub mod link;
pub mod relay;
pub mod routes;
pub mod stack;
pub mod switch;
