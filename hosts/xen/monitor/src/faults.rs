//! Faults of the partition: to its fault entry, or to the health monitor.

use core::arch::asm;
use core::sync::atomic::Ordering;

use bulkhead_abi::event::{Decision, Record, Stop};
use bulkhead_abi::{Access, Action, FaultKind, Ground, HealthError, Level};

use super::calls::number;
use super::descriptors::FLAGS;
use super::monitor::{Monitor, shared};
use super::trap::Frame;
use super::{governance, regions};

const PAGE_FAULT: u32 = 14;

/// In a page fault's error: the page was there, and may not be used so.
const PAGE_PRESENT: u32 = 1;

fn fault_address() -> u32 {
    let address: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr2", out(reg) address, options(nomem, nostack)) };
    address
}

/// Delivers the fault that a frame tells of, or lets the health monitor act. A region that is not there yet is none.
pub(super) fn fault(monitor: &mut Monitor, frame: &mut Frame) {
    let page = shared();
    let (vector, error) = (frame.vector, frame.error);
    let address = if vector == PAGE_FAULT { fault_address() } else { 0 };
    if vector == PAGE_FAULT && error & PAGE_PRESENT == 0 && regions::appear(monitor, address) {
        return;
    }
    let kind = FaultKind::of_x86_vector(vector);
    let decision = Decision {
        error: HealthError::of_fault(kind),
        action: Action::Deliver,
        level: Level::Process,
        code: vector,
        detail: error,
        memory: touched(frame, address),
        program_counter: frame.program_counter.into(),
        ground: Ground::Error,
    };
    let response = monitor.configuration.health.response(decision.error);
    let is_delivered = response.is_some_and(|response| response.deliver);
    if !is_delivered || monitor.fault_entry == 0 || page.fault.busy.load(Ordering::Relaxed) != 0 {
        let stopped = stopped(monitor, frame, address);
        governance::act(monitor, frame, decision, Some(stopped));
        return;
    }
    governance::delivered(monitor, &decision, response.is_some_and(|response| response.log));
    let record = &page.fault;
    record.kind.store(kind as u32, Ordering::Relaxed);
    record.vector.store(vector, Ordering::Relaxed);
    record.error.store(error, Ordering::Relaxed);
    record.interrupts_enabled.store(page.interrupts_enabled.load(Ordering::Relaxed), Ordering::Relaxed);
    record.address.store(u64::from(address));
    record.program_counter.store(u64::from(frame.program_counter));
    record.flags.store(u64::from(frame.flags));
    record.stack_pointer.store(u64::from(frame.stack_pointer));
    record.busy.store(1, Ordering::Relaxed);
    page.interrupts_enabled.store(0, Ordering::Relaxed);
    frame.program_counter = monitor.fault_entry;
    frame.flags = FLAGS;
}

/// How and where a frame's fault has touched memory.
fn touched(frame: &Frame, address: u32) -> Option<(Access, u64)> {
    (frame.vector == PAGE_FAULT).then_some((Access::of_x86_page_fault(frame.error), address.into()))
}

/// The record of a partition that ends because of a fault.
fn stopped(monitor: &Monitor, frame: &Frame, address: u32) -> Record {
    let (vector, error) = (frame.vector, frame.error);
    let stop = Stop {
        kind: FaultKind::of_x86_vector(vector),
        vector,
        error,
        memory: touched(frame, address),
        program_counter: frame.program_counter.into(),
        ground: Ground::Error,
    };
    Record::stopped(0, number(monitor), &stop)
}
