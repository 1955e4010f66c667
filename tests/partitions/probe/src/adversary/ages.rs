//! How old samples are. Ports 0 and 1 are sources, or destinations: of 0, messages are always valid, of 1 never.

use bulkhead_abi::Hypercall;
use bulkhead_abi::port::{PortStatus, Received};
use bulkhead_guest::{clock, partition};

use super::Tally;
use crate::command::number;
use crate::messages::{MESSAGE, message};

/// Writes to both, or reads both and looks at their status, once in each window. What is read has been written less
/// than `age` nanoseconds before.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("ages");
    let age = number(line, "age", 0);
    if age != 0 {
        // The clock may begin between the writer's window and this one.
        partition::idle();
    }
    for _ in 0..if age == 0 { 22 } else { 20 } {
        for port in 0..2 {
            if message(Hypercall::SamplingWrite, port, 0, 64) == 0 {
                continue;
            }
            let result = message(Hypercall::SamplingRead, port, 0, 65_536);
            let received = Received::from_result(result);
            let right = result >= 0 && received.valid == (port == 0) && received.new;
            tally.note(right, format_args!("port {port} reads {result:#x}"));
            message(Hypercall::PortStatus, port, 0, 0);
            // SAFETY: the kernel has just stored it there.
            let status = unsafe { (&raw const MESSAGE).cast::<PortStatus>().read_volatile() };
            let late = clock::now() - status.now();
            let old = status.now() - status.time();
            let right = late < 5_000 && (1..age).contains(&old);
            tally.note(right, format_args!("port {port} is {old} ns old {late} ns before"));
        }
        partition::idle();
    }
    tally.finish()
}
