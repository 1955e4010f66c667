//! Ends: faults that nobody handles, faults in the handler, and starting again for ever.

use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{StartReason, fault, partition, println};

use crate::arch;
use crate::command::number;

/// Faults without a handler: `what` is `read`, `write`, `jump` or `instruction`.
pub(super) fn fault(what: &str) -> u32 {
    println!("adversary: fault about to {what}");
    // SAFETY: no handler; the faults below are what is wanted.
    unsafe {
        fault::set_handler(None);
        match what {
            "read" => arch::read(0x9000_0000),
            "write" => arch::write(0x9000_0000),
            "jump" => arch::probe_jump(0x9000_0000),
            _ => {
                if let Some((_, code)) = arch::faulting_instructions().next() {
                    code(0);
                }
            }
        }
    }
    println!("adversary: fault survived");
    1
}

unsafe extern "C" fn faulting_handler(_: *mut FaultFrame) {
    // SAFETY: faults, as is wanted.
    unsafe { arch::write(0x9000_0000) };
}

/// Faults while the fault handler runs.
pub(super) fn fault_in_handler() -> u32 {
    println!("adversary: fault-in-handler about to");
    // SAFETY: the handler is as bad as it can be, on purpose.
    unsafe {
        fault::set_handler(Some(faulting_handler));
        arch::write(0xa000_0000);
    }
    println!("adversary: fault-in-handler survived");
    1
}

/// Starts again and again, cold and warm in turn; ends well after `times`.
pub(super) fn restart(line: &str) -> u32 {
    let information = partition::start_information();
    let restarts = information.restarts.load(core::sync::atomic::Ordering::Relaxed);
    if u64::from(restarts) >= number(line, "times", u64::MAX) {
        let reason = information.reason.load(core::sync::atomic::Ordering::Relaxed);
        let warm = reason == StartReason::WarmRestart as u32;
        println!("adversary: restart {restarts} times, the last one {}", if warm { "warm" } else { "cold" });
        return 0;
    }
    partition::restart(if restarts & 1 == 0 { partition::Restart::Cold } else { partition::Restart::Warm });
    1
}
