//! The partition's lines, for RTEMS's generic interrupt support.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_guest::arch::words;

/// The lines that wait, one bit each.
#[unsafe(export_name = "bulkhead_rtems_pending_lines")]
extern "C" fn pending_lines() -> u32 {
    // SAFETY: the kernel maps the word at this address for as long as the partition runs; it is atomic.
    unsafe { (*(words::PENDING as *const AtomicU32)).load(Ordering::Relaxed) }
}
