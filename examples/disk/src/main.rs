//! A partition that keeps a disk in its memory and serves parts of it to others.

#![no_std]
#![no_main]

use core::sync::atomic::AtomicU8;

// The kernel below.
use bulkhead_host as _;
use disk_server::clients;
use disk_server::store::MemoryStore;

bulkhead_guest::entry!(main);

/// The disk: half a mebibyte.
static DISK: [AtomicU8; 1 << 19] = [const { AtomicU8::new(0) }; 1 << 19];

fn main() -> u32 {
    clients::keep(&mut MemoryStore(&DISK), "in memory")
}
