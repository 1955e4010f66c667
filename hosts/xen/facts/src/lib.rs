//! What the tool, the monitor in each guest and the agent in the first domain say to each other about a system on Xen:
//! each grammar once, with both of its ends.

#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

pub mod command_line;
#[cfg(not(target_os = "none"))]
pub mod description;
pub mod health;
pub mod log_lines;
pub mod ports;
pub mod regions;
