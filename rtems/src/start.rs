//! From the guest layer's start to RTEMS's, and from RTEMS's end to the kernel.

use core::ffi::c_char;

use bulkhead_guest::partition;

unsafe extern "C" {
    /// RTEMS's initialization; returns only if it could not be begun.
    fn boot_card(command_line: *const c_char);
}

/// The partition's main function: starts RTEMS with the partition's command line.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_main() {
    crate::arch::prepare();
    let command_line = partition::start_information().command_line.as_ptr();
    // SAFETY: called once, on the main stack, with interrupts disabled; the text ends with a zero and stays.
    unsafe { boot_card(command_line.cast()) };
}

/// The idle task: gives up the processor until there is something to do.
#[unsafe(no_mangle)]
extern "C" fn bsp_idle_thread(_argument: usize) -> ! {
    loop {
        partition::idle();
    }
}
