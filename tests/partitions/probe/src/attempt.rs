//! Doing what faults, and going on.

use core::fmt;

use bulkhead_cell::Single;
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{FaultKind, fault, partition, println};

use crate::arch;

/// What the kernel said of a fault.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Report {
    pub(crate) kind: u32,
    pub(crate) vector: u32,
    pub(crate) error: u32,
    pub(crate) address: u32,
}

impl Report {
    /// Whether the fault is of this kind.
    pub(crate) fn is(self, kind: FaultKind) -> bool {
        self.kind == kind as u32
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, vector, error, address } = self;
        write!(formatter, "kind {kind} vector {vector} error {error:#x} address {address:#x}")
    }
}

/// The last fault. The handler writes while the attempt that reads is interrupted by it.
static LAST: Single<Report> = Single::new(Report { kind: 0, vector: 0, error: 0, address: 0 });

unsafe extern "C" fn handler(frame: *mut FaultFrame) {
    // SAFETY: the guest layer passes its own frame.
    let frame = unsafe { &mut *frame };
    let report =
        Report { kind: frame.kind, vector: frame.vector, error: frame.error, address: frame.address };
    // SAFETY: whoever reads is interrupted.
    unsafe { LAST.address().write_volatile(report) };
    if !arch::resume_after_attempt(frame) {
        println!("unexpected fault: {report} at {:#x}", frame.program_counter);
        partition::halt(99);
    }
}

/// Has faults come here from now on.
pub(crate) fn prepare() {
    // SAFETY: the handler only touches its own state and the frame.
    unsafe { fault::set_handler(Some(handler)) };
}

/// Calls `code` with `argument`; if that faults, says how.
pub(crate) fn attempt(code: unsafe extern "C" fn(u32), argument: u32) -> Option<Report> {
    // SAFETY: no fault is under way any more.
    arch::attempt(code, argument).then(|| unsafe { LAST.address().read_volatile() })
}
