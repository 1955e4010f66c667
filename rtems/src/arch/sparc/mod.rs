//! SPARC: the functions of a stock kit's `cpu_asm` object, which the kernel's register windows make short.
//!
//! The offsets of RTEMS's structures are absolute symbols (`bulkhead_rtems_…`) that `kit/sparc/processor.c` defines
//! from the kit's headers.

use core::arch::{asm, global_asm};

use bulkhead_guest::arch::words;
use bulkhead_guest::clock;

global_asm!(
    include_str!("context.S"),
    // Addresses in the last page, as offsets from g0.
    enabled = const words::ENABLED as i32,
    pending = const words::PENDING as i32,
    mask = const words::MASK as i32,
    level = const words::LEVEL,
    executive = const words::EXECUTIVE as i32,
    frames_trap = const words::FRAMES_TRAP,
    floating_point_trap = const words::FLOATING_POINT_TRAP,
);

unsafe extern "C" {
    static _Per_CPU_Information: u8;
}

/// Bit 12 of PSR, which is set at a partition's start: floating point is on.
const FLOATING_POINT: u32 = 1 << 12;

/// What RTEMS expects before its first function runs: the structure of its processor in g6, which no compiler uses.
pub(crate) fn prepare() {
    // SAFETY: the register is the system's by the processor's ABI, and RTEMS is the system.
    unsafe {
        asm!("mov {address}, %g6", address = in(reg) &raw const _Per_CPU_Information, options(nostack))
    };
    // SAFETY: a word of the partition's own, which nobody else uses.
    unsafe { core::ptr::write_volatile(words::EXECUTIVE as *mut u32, FLOATING_POINT) };
}

/// Bytes of a cache line: LEON3 is configured for 16 or 32 (GRLIB IP Library User's Manual, "LEON3", cache
/// configuration register), and only supervisors can ask which. What is aligned for the larger is for both.
pub(crate) const CACHE_LINE_SIZE: usize = 32;

/// Has the processor fetch its instructions anew. LEON3 flushes all of its caches for one address, in user mode too
/// (GRLIB IP Library User's Manual, "LEON3", cache flushing).
pub(crate) fn code_changed() {
    // SAFETY: whatever the caches hold is in memory, to which they write through.
    unsafe { asm!("flush %g0", options(nostack)) };
}

/// Whether [`cycles`] enters the kernel.
pub(crate) const READING_IS_A_CALL: bool = true;

/// The clock: there is no counter of cycles that user mode may read on every LEON3.
#[inline(always)]
pub(crate) fn cycles() -> u64 {
    clock::now()
}
