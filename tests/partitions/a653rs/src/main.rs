//! A partition that checks the traits of `a653rs` from inside: what the developer's machine cannot, processes that
//! execute, wait and are preempted. It halts with the number of checks that failed.
//!
//! The command line says which partition it is: the one that is checked (`checked`), the other end of its channels
//! (`peer`), or one that ends by an error which nobody handles (`deadline`, `error`, `stack`).

#![no_std]
#![no_main]
#![allow(unsafe_code, reason = "traits with unsafe functions")]

mod checked;
mod peer;
mod report;
mod unhandled;

use core::sync::atomic::{AtomicI32, Ordering};

use a653rs::bindings::{
    ApexName, ApexPartitionP4, ApexProcessAttribute, ApexProcessP4, Deadline, ErrorReturnCode,
    INFINITE_TIME_VALUE, MAX_NAME_LENGTH, OperatingMode, ProcessId, SystemAddress,
};
use a653rs_bulkhead::Hypervisor;
use bulkhead_guest::partition;
use bulkhead_host as _;

/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

bulkhead_guest::entry!(main);

fn main() {
    match partition::command_line() {
        "checked" => checked::start(),
        "peer" => peer::start(),
        other => unhandled::start(other),
    }
    let entered = Hypervisor::set_partition_mode(OperatingMode::Normal);
    panic!("NORMAL has returned: {entered:?}");
}

/// What the traits know a port or a process by; 0, which is none, until it has been created. SPARC has no atomic words
/// of 64 bits.
struct Identifier(AtomicI32);

impl Identifier {
    const fn none() -> Self {
        Self(AtomicI32::new(0))
    }

    fn set(&self, created: Result<i64, ErrorReturnCode>) {
        let identifier = created.ok().and_then(|identifier| i32::try_from(identifier).ok());
        self.0.store(identifier.unwrap_or(0), Ordering::Relaxed);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed).into()
    }
}

/// A name as the traits have it.
fn name(text: &str) -> ApexName {
    let mut name = [0; MAX_NAME_LENGTH];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

/// A process of this name, priority and period, without a deadline.
fn process(text: &str, entry_point: SystemAddress, base_priority: i32, period: i64) -> ApexProcessAttribute {
    ApexProcessAttribute {
        period,
        time_capacity: INFINITE_TIME_VALUE,
        entry_point,
        stack_size: 8192,
        base_priority,
        deadline: Deadline::Hard,
        name: name(text),
    }
}

/// Creates and starts a process.
fn run(attributes: &ApexProcessAttribute) -> Result<ProcessId, ErrorReturnCode> {
    let id = Hypervisor::create_process(attributes)?;
    Hypervisor::start(id)?;
    Ok(id)
}
