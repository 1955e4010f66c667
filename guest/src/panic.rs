//! What a panic does: the message on the console, then the end of the partition.

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::partition;

/// The status that a partition halts with after a panic.
const STATUS: u32 = 255;

#[panic_handler]
fn panic(information: &PanicInfo<'_>) -> ! {
    static PANICKING: AtomicBool = AtomicBool::new(false);
    crate::interrupts::disable();
    if !PANICKING.swap(true, Ordering::Relaxed) {
        crate::println!("{information}");
    }
    partition::halt(STATUS)
}
