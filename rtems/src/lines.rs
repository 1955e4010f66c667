//! The partition's lines, for RTEMS's generic interrupt support.

use bulkhead_guest::interrupts;

/// The lines that wait, one bit each.
#[unsafe(export_name = "bulkhead_rtems_pending_lines")]
extern "C" fn pending_lines() -> u32 {
    interrupts::pending()
}
