//! A partition that checks the guest layer from inside, and halts with the number of checks that failed.
//!
//! It starts itself again twice, cold and warm, to see both. The partition needs 1 MiB, windows of 10 ms or more,
//! and no console input.

#![no_std]
#![no_main]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "what partitions may do to the machine is tried here")]

mod arch;
mod costs;
mod faults;
mod host;
mod interrupts;
mod report;
mod restarts;
mod services;

use bulkhead_guest::{entry, partition, println};

// The kernel below.
#[cfg(feature = "air")]
use bulkhead_air_binding as _;
#[cfg(not(any(feature = "air", feature = "xen", feature = "xtratum")))]
use bulkhead_host as _;
#[cfg(feature = "xen")]
use bulkhead_xen_monitor as _;
#[cfg(feature = "xtratum")]
use bulkhead_xtratum_binding as _;

entry!(main);

fn main() -> u32 {
    match restarts::number() {
        0 => {
            println!("guest layer: checking {}", partition::name());
            interrupts::check();
            faults::check();
            services::check();
            costs::measure();
        }
        1 => restarts::check_cold(),
        _ => restarts::check_warm(),
    }
    if report::failures() == 0 {
        restarts::again();
    }
    println!("guest layer: {} checks failed", report::failures());
    report::failures()
}
