//! The partition's memory, as the monitor reads and writes it for a call: copied, and only where a range was checked as
//! our own kernel checks it.

use bulkhead_kernel_core::memory::{Checked, Region};

use super::layout;
use bulkhead_xen_facts::command_line::Configuration;

/// The partition's memory in its addresses, which are the monitor's too.
pub(super) fn region(configuration: &Configuration) -> Region {
    Region {
        base: layout::MEMORY as usize,
        size: configuration.memory as usize,
        read_only: configuration.constants_end.saturating_sub(layout::MEMORY) as usize,
    }
}

/// Where a checked range is, and how many bytes of it there is room for.
fn place(range: Checked, room: usize) -> (usize, usize) {
    let range = range.first(room);
    (layout::MEMORY as usize + range.offset(), range.length())
}

/// Copies the beginning of a range out of the partition; the bytes that there was room for.
pub(super) fn read(range: Checked, to: &mut [u8]) -> &[u8] {
    let (address, length) = place(range, to.len());
    // SAFETY: the range was checked against the partition's memory, all of which is mapped, and lies apart from the
    // monitor's stack; nobody writes it meanwhile.
    unsafe { core::ptr::copy_nonoverlapping(address as *const u8, to.as_mut_ptr(), length) };
    to.get(..length).unwrap_or_default()
}

/// The bytes of a range, which do not change while the monitor runs.
pub(super) fn bytes(range: Checked) -> &'static [u8] {
    let (address, length) = place(range, range.length());
    // SAFETY: the range was checked against the partition's memory, all of which is mapped; nobody writes it meanwhile.
    unsafe { core::slice::from_raw_parts(address as *const u8, length) }
}

/// The bytes of a range that was checked for writing, for one call.
///
/// # Safety
/// Nobody else has a part of it in this visit of the monitor.
pub(super) unsafe fn room(range: Checked) -> &'static mut [u8] {
    let (address, length) = place(range, range.length());
    // SAFETY: as above; what may be written is mapped so. The rest is the caller's promise.
    unsafe { core::slice::from_raw_parts_mut(address as *mut u8, length) }
}

/// Copies bytes to the beginning of a range that was checked for writing, as many as it has.
pub(super) fn write(range: Checked, from: &[u8]) {
    let (address, length) = place(range, from.len());
    // SAFETY: as above; what may be written is mapped so.
    unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), address as *mut u8, length) };
}
