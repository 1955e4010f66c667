//! The stop watch of RTEMS's benchmarks, `<rtems/btimer.h>`: cycles of the processor.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch::cycles;

static START: AtomicU32 = AtomicU32::new(0);

/// Set by a benchmark that measures the stop watch itself; nothing is subtracted here in either case.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut benchmark_timer_find_average_overhead: bool = false;

#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_initialize() {
    START.store(cycles() as u32, Ordering::Relaxed);
}

/// Cycles since the start, modulo 2^32.
#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_read() -> u32 {
    (cycles() as u32).wrapping_sub(START.load(Ordering::Relaxed))
}

#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_disable_subtracting_average_overhead(find: bool) {
    // SAFETY: a benchmark sets it between measurements; one processor.
    unsafe { benchmark_timer_find_average_overhead = find };
}
