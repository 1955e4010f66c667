//! The functions of `guest/include/bulkhead.h` that are not assembly.
//!
//! What C passes is as trustworthy as the rest of the same partition; the functions check what they can (line numbers)
//! and leave the rest to the kernel, which checks everything.

mod devices;
mod health;
mod ports;

use core::ffi::c_void;

use bulkhead_abi::{Error, PartitionStatus, StartInformation};

use crate::arch::FaultFrame;
use crate::host::{Host, Kernel};
use crate::{console, fault, interrupts, partition, timer};

/// 0 or the error's number.
fn code(result: Result<(), Error>) -> i32 {
    result.map_or_else(Error::code, |()| 0)
}

/// A count or the error's number.
fn count(result: Result<usize, Error>) -> i32 {
    result.map_or_else(Error::code, |count| count as i32)
}

#[cfg(target_os = "none")]
mod interrupt_functions {
    use super::interrupts;

    #[unsafe(no_mangle)]
    extern "C" fn bulkhead_interrupts_enable() {
        interrupts::enable();
    }

    #[unsafe(no_mangle)]
    extern "C" fn bulkhead_interrupts_enabled() -> u32 {
        use crate::arch::{Arch, Processor};
        use crate::host::{Host, Kernel};
        Processor::normal(Kernel::interrupts_enabled())
    }
}

/// # Safety
/// `function` may be called with `argument` whenever interrupts are enabled.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_interrupt_install(
    line: u32,
    function: Option<interrupts::Handler>,
    argument: *mut c_void,
) -> i32 {
    code(match function {
        // SAFETY: the caller's promise.
        Some(function) => unsafe { interrupts::install_raw(line, function, argument) },
        None => interrupts::remove(line),
    })
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_interrupt_mask(line: u32) -> i32 {
    code(interrupts::mask(line))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_interrupt_unmask(line: u32) -> i32 {
    code(interrupts::unmask(line))
}

#[cfg(not(all(target_arch = "sparc", target_os = "none")))]
#[unsafe(no_mangle)]
extern "C" fn bulkhead_interrupt_raise(line: u32) -> i32 {
    code(interrupts::raise(line))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_interrupt_clear(line: u32) -> i32 {
    code(interrupts::clear(line))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_timer_set(deadline: u64) {
    timer::set(deadline);
}

/// # Safety
/// `length` bytes at `data` are readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_console_write(data: *const u8, length: usize) -> i32 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller's promise.
    code(console::write(unsafe { core::slice::from_raw_parts(data, length) }))
}

/// # Safety
/// `length` bytes at `data` are readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_console_write_some(data: *const u8, length: usize) -> i32 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller's promise.
    count(console::write_some(unsafe { core::slice::from_raw_parts(data, length) }))
}

/// # Safety
/// `length` bytes at `data` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_console_read(data: *mut u8, length: usize) -> i32 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller's promise.
    count(console::read(unsafe { core::slice::from_raw_parts_mut(data, length) }))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_idle() {
    partition::idle();
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_halt(status: u32) -> ! {
    partition::halt(status)
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_restart(kind: u32) -> i32 {
    Kernel::restart(kind).code()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_set_tls_base(base: usize) {
    partition::set_tls_base(base);
}

/// # Safety
/// A status is writable at `status`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_partition_status(status: *mut PartitionStatus) -> i32 {
    code(partition::status().map(|value| {
        // SAFETY: the caller's promise.
        unsafe { status.write(value) }
    }))
}

/// # Safety
/// The three words are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_window(number: *mut u32, start: *mut u64, end: *mut u64) {
    let window = partition::window();
    // SAFETY: the caller's promise.
    unsafe {
        number.write(window.number);
        start.write_unaligned(window.start);
        end.write_unaligned(window.end);
    }
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_start_information() -> *const StartInformation {
    partition::start_information()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_partition_name() -> *const u8 {
    partition::start_information().name.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_command_line() -> *const u8 {
    partition::start_information().command_line.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_memory_base() -> usize {
    partition::memory().start
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_memory_size() -> usize {
    partition::memory().len()
}

/// # Safety
/// `function` may be called whatever the partition is doing.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_fault_handler(function: Option<unsafe extern "C" fn(*mut FaultFrame)>) {
    // SAFETY: the caller's promise.
    unsafe { fault::set_handler(function) };
}

/// # Safety
/// `frame` is the fault entry's own.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_fault_claimed(frame: *mut FaultFrame) -> u32 {
    // SAFETY: the caller's promise.
    fault::claimed(unsafe { &mut *frame }).into()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_fault_taken() {
    fault::taken();
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32 {
    Kernel::raw_call(number, [first, second, 0])
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_long_hypercall(number: u32, first: u32, second: u32, third: u32) -> i32 {
    Kernel::raw_call(number, [first, second, third])
}
