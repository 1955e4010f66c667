//! Faults of the partition: to its fault entry, or to the health monitor, which here can only stop it.

use core::arch::asm;
use core::sync::atomic::Ordering;

use bulkhead_abi::event::{Record, Stop};
use bulkhead_abi::{Access, FaultKind};

use super::calls::number;
use super::descriptors::FLAGS;
use super::hypercall::{self, Shutdown};
use super::monitor::{Monitor, shared};
use super::trap::Frame;
use super::{regions, report, time};

const PAGE_FAULT: u32 = 14;

/// In a page fault's error: the page was there, and may not be used so.
const PAGE_PRESENT: u32 = 1;

fn fault_address() -> u32 {
    let address: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr2", out(reg) address, options(nomem, nostack)) };
    address
}

/// Delivers the fault that a frame tells of, or ends the partition. A region that is not there yet is none.
pub(super) fn fault(monitor: &mut Monitor, frame: &mut Frame) {
    let page = shared();
    let (vector, error) = (frame.vector, frame.error);
    let address = if vector == PAGE_FAULT { fault_address() } else { 0 };
    if vector == PAGE_FAULT && error & PAGE_PRESENT == 0 && regions::appear(monitor, address) {
        return;
    }
    if monitor.fault_entry == 0 || page.fault.busy.load(Ordering::Relaxed) != 0 {
        stop(monitor, frame, address);
    }
    let record = &page.fault;
    record.kind.store(FaultKind::of_x86_vector(vector) as u32, Ordering::Relaxed);
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

/// Ends the partition because of a fault.
fn stop(monitor: &Monitor, frame: &Frame, address: u32) -> ! {
    let (vector, error) = (frame.vector, frame.error);
    let stop = Stop {
        kind: FaultKind::of_x86_vector(vector),
        vector,
        error,
        memory: (vector == PAGE_FAULT).then_some((Access::of_x86_page_fault(error), address.into())),
        program_counter: frame.program_counter.into(),
    };
    report::tell(monitor, &Record::stopped(time::now(), number(monitor), &stop));
    hypercall::shut_down(Shutdown::Crash)
}
