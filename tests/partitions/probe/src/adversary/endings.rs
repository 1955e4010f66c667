//! Ends: faults that nobody handles, faults in the handler, and starting again for ever.

use bulkhead_abi::{Hypercall, Line};
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{StartReason, clock, fault, partition, println, timer};

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
            "heap" => arch::probe_jump(partition::memory().end as u32 - 64),
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

/// Has interrupts and faults go where the partition cannot execute anything, and causes one: `by` says which.
pub(super) fn entries(line: &str) -> u32 {
    unsafe extern "C" {
        fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
    }
    let place = number(line, "place", 0) as u32;
    let (interrupts, faults) = match line.split(' ').find_map(|word| word.strip_prefix("by=")) {
        Some("interrupt") => (place, 0),
        Some("fault") => (0, place),
        _ => (place, place),
    };
    // SAFETY: the entries are as bad as they can be, on purpose.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, interrupts, faults) };
    if interrupts != 0 {
        let page = arch::SHARED_PAGE as *const bulkhead_abi::SharedPage;
        // SAFETY: the page is the partition's, and its fields are atomic.
        let page = unsafe { &*page };
        page.mask.store(Line::Timer.bit(), core::sync::atomic::Ordering::Relaxed);
        page.interrupts_enabled.store(1, core::sync::atomic::Ordering::Relaxed);
        timer::set(clock::now());
    }
    // SAFETY: faults, as is wanted.
    unsafe { arch::write(0x9000_0000) };
    println!("adversary: entries survived");
    1
}

/// Faults without end: the handler has the same instruction tried again, with an interrupt due each time.
pub(super) fn fault_storm() -> u32 {
    unsafe extern "C" fn again(_: *mut FaultFrame) {
        timer::set(0);
    }
    println!("adversary: fault-storm");
    // SAFETY: the handler changes nothing of the frame.
    unsafe {
        fault::set_handler(Some(again));
        arch::write(0xa000_0000);
    }
    println!("adversary: fault-storm survived");
    1
}
