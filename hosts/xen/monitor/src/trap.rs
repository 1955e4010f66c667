//! What brings the partition into the monitor: faults, calls, events.

use core::arch::global_asm;
use core::sync::atomic::Ordering;

use bulkhead_abi::machine::i386;

use super::descriptors::FLAGS;
use super::entry::{Entry, entry};
use super::layout;
use super::monitor::{Monitor, shared};
use super::time::{VCPU_TIME, VcpuTime};
use super::{calls, faults, report};

/// The partition's registers, as entries push them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    pub(super) es: u32,
    pub(super) ds: u32,
    pub(super) edi: u32,
    pub(super) esi: u32,
    pub(super) ebp: u32,
    pub(super) unused: u32,
    pub(super) ebx: u32,
    pub(super) edx: u32,
    pub(super) ecx: u32,
    pub(super) eax: u32,
    pub(super) vector: u32,
    pub(super) error: u32,
    pub(super) program_counter: u32,
    pub(super) cs: u32,
    pub(super) flags: u32,
    pub(super) stack_pointer: u32,
    pub(super) ss: u32,
}

global_asm!(
    include_str!("arch/entry.S"),
    include_str!("arch/clock.S"),
    stack_end = const layout::STACK_END,
    begin = sym super::begin::begin,
    call_vector = const i386::HYPERCALL_VECTOR as u32,
    trap = sym trap,
    thread_selector = const i386::TLS_SELECTOR as u32,
    version = const layout::XEN_SHARED + VCPU_TIME + core::mem::offset_of!(VcpuTime, version) as u32,
    stamp = const layout::XEN_SHARED + VCPU_TIME + core::mem::offset_of!(VcpuTime, stamp) as u32,
    system_time = const layout::XEN_SHARED + VCPU_TIME + core::mem::offset_of!(VcpuTime, system_time) as u32,
    factor = const layout::XEN_SHARED + VCPU_TIME + core::mem::offset_of!(VcpuTime, factor) as u32,
    shift = const layout::XEN_SHARED + VCPU_TIME + core::mem::offset_of!(VcpuTime, shift) as u32,
    options(att_syntax),
);

unsafe extern "C" {
    fn bulkhead_xen_resume(frame: *const Frame) -> !;
}

/// Goes on where the frame says.
pub(super) fn resume(frame: &Frame) -> ! {
    // SAFETY: the frame is of level 3, so that what it says can harm nobody but the partition.
    unsafe { bulkhead_xen_resume(frame) }
}

/// The monitor, entered from the partition.
extern "C" fn trap(frame: &mut Frame) {
    let entry = entry(frame.cs, frame.vector);
    match entry {
        Entry::EventAgain => return,
        Entry::Failure => report::failed_at(frame.vector, frame.error, frame.program_counter),
        Entry::Event | Entry::Call | Entry::Fault => {}
    }
    // SAFETY: the one use in this visit.
    let monitor = unsafe { Monitor::get() };
    match entry {
        Entry::Call => calls::call(monitor, frame),
        Entry::Fault => faults::fault(monitor, frame),
        _ => {}
    }
    monitor.collect();
    deliver(monitor, frame);
}

/// Continues the partition at its interrupt entry if a line is due and it wants to know.
fn deliver(monitor: &Monitor, frame: &mut Frame) {
    let page = shared();
    if monitor.interrupt_entry == 0 || !page.upcall_due() {
        return;
    }
    page.upcall.program_counter.store(u64::from(frame.program_counter));
    page.upcall.flags.store(u64::from(frame.flags));
    page.interrupts_enabled.store(0, Ordering::Relaxed);
    frame.program_counter = monitor.interrupt_entry;
    frame.flags = FLAGS;
}
