//! A partition written in Rust: says who it is and what time it is, and halts.

#![no_std]
#![no_main]

use bulkhead_guest::{clock, partition, println};
// The kernel below.
use bulkhead_host as _;

bulkhead_guest::entry!(main);

fn main() {
    println!("hello from partition {}", partition::name());
    println!("command line: {}", partition::command_line());
    println!("clock: {} ns", clock::now());
}
