//! One partition image for all whole-system tests: what it does is its command line.
//!
//! `witness …` watches its own windows; `adversary WHAT` attacks everything around it and says what came of it;
//! `stopwatch` counts instructions, `load` keeps one path of the kernel busy. What each prints is read by the tests in
//! `tests/`.

#![no_std]
#![no_main]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "what partitions may do to the machine is tried here")]

mod adversary;
mod arch;
mod attempt;
mod command;
mod commander;
mod dma;
mod generator;
mod governance;
mod load;
mod messages;
mod owner;
mod schedules;
mod spender;
#[cfg(target_arch = "x86")]
mod stopwatch;
mod sweep;
mod whole;
mod witness;

use bulkhead_guest::{partition, println};
// The kernel below.
#[cfg(feature = "air")]
use bulkhead_air_binding as _;
#[cfg(not(any(feature = "air", feature = "xen")))]
use bulkhead_host as _;
#[cfg(feature = "xen")]
use bulkhead_xen_monitor as _;

#[cfg(target_arch = "sparc")]
use arch::stopwatch;

bulkhead_guest::entry!(main);

fn main() -> u32 {
    let command_line = partition::command_line();
    let (role, rest) = command_line.split_once(' ').unwrap_or((command_line, ""));
    match role {
        "witness" => witness::run(rest),
        "adversary" => adversary::run(rest),
        "load" => load::run(rest),
        "messages" => messages::run(rest),
        "commander" => commander::run(rest),
        "changer" => schedules::change(rest),
        "watcher" => schedules::watch(rest),
        "owner" => owner::run(rest),
        "dma" => dma::run(rest),
        "undisturbed" => dma::keep(rest),
        "listener" => dma::listen(rest),
        "sweep" => sweep::run(rest),
        "spender" => spender::run(rest),
        "writer" => whole::write(rest),
        "reader" => whole::read(rest),
        "keeper" => whole::keep(rest),
        "stopwatch" => stopwatch::run(rest),
        "edge" => stopwatch::edge(rest),
        _ => {
            println!("probe: unknown role {role:?}");
            2
        }
    }
}
