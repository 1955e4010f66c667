//! The stop watch of RTEMS's benchmarks, `<rtems/btimer.h>`: cycles of the processor, or nanoseconds where it has no
//! counter of them.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch::{READING_IS_A_CALL, cycles};

static START: AtomicU32 = AtomicU32::new(0);

/// What reading costs, where it costs more than an instruction or two.
static OVERHEAD: AtomicU32 = AtomicU32::new(0);

/// Set by a benchmark that measures the stop watch itself: nothing is subtracted then.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut benchmark_timer_find_average_overhead: bool = false;

#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_initialize() {
    if READING_IS_A_CALL {
        let before = cycles() as u32;
        OVERHEAD.store((cycles() as u32).wrapping_sub(before), Ordering::Relaxed);
    }
    START.store(cycles() as u32, Ordering::Relaxed);
}

/// Cycles since the start, modulo 2^32.
#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_read() -> u32 {
    let elapsed = (cycles() as u32).wrapping_sub(START.load(Ordering::Relaxed));
    // SAFETY: a benchmark sets it between measurements; one processor.
    if READING_IS_A_CALL && unsafe { !benchmark_timer_find_average_overhead } {
        return elapsed.saturating_sub(OVERHEAD.load(Ordering::Relaxed));
    }
    elapsed
}

#[unsafe(no_mangle)]
extern "C" fn benchmark_timer_disable_subtracting_average_overhead(find: bool) {
    // SAFETY: a benchmark sets it between measurements; one processor.
    unsafe { benchmark_timer_find_average_overhead = find };
}
