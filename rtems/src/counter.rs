//! RTEMS's processor counter: the interface's clock, so that one tick is one nanosecond in every partition.

use bulkhead_guest::clock;

/// The counter, modulo 2^32.
#[unsafe(no_mangle)]
extern "C" fn _CPU_Counter_read() -> u32 {
    clock::now() as u32
}

/// The counter's frequency in Hz.
#[unsafe(no_mangle)]
extern "C" fn _CPU_Counter_frequency() -> u32 {
    1_000_000_000
}
