//! RTEMS's processor counter: the processor's own cycle counter.

use bulkhead_guest::{InformationPage, partition};

use crate::arch::cycles;

/// The cycle counter's frequency in Hz.
fn frequency() -> u64 {
    let page = partition::start_information().information_page.load() as usize as *const InformationPage;
    // SAFETY: the kernel says where the page is, and maps it for as long as the partition runs.
    unsafe { (*page).clock.frequency.load() }
}

/// How far the counter is shifted right so that its frequency fits into 32 bits.
fn shift() -> u32 {
    let bits = u64::BITS - frequency().leading_zeros();
    bits.saturating_sub(u32::BITS)
}

/// The counter, modulo 2^32.
#[unsafe(no_mangle)]
extern "C" fn _CPU_Counter_read() -> u32 {
    (cycles() >> shift()) as u32
}

/// The counter's frequency in Hz.
#[unsafe(no_mangle)]
extern "C" fn _CPU_Counter_frequency() -> u32 {
    (frequency() >> shift()) as u32
}
