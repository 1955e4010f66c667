//! The binding to the Bulkhead kernel: the partition interface as it stands, and the counter for a clock.

#![no_std]

use {bulkhead_counter as _, bulkhead_interface as _};
