//! printk and what belongs to it.

use core::ffi::{c_char, c_int, c_void};

use bulkhead_guest::console;

use super::{Source, terminate};
use crate::c_library::{ArgumentList, print};

/// # Safety
/// `format` is a string, `arguments` are what it asks for.
#[unsafe(no_mangle)]
unsafe extern "C" fn vprintk(format: *const c_char, arguments: ArgumentList) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { print(format, arguments) }
}

variadic!(1, printk, vprintk);

/// # Safety
/// As [`vprintk`].
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_printk_printer(
    _unused: *mut c_void,
    format: *const c_char,
    arguments: ArgumentList,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { print(format, arguments) }
}

/// # Safety
/// As [`vprintk`].
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_classic_panic(format: *const c_char, arguments: ArgumentList) -> ! {
    // SAFETY: the caller's promise.
    unsafe { print(format, arguments) };
    terminate(Source::Panic, 0)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_putc(character: c_char) {
    // A console that refuses leaves nobody to tell.
    let _ = console::write(&[character as u8]);
}

/// One byte of console input, or -1 if none is waiting.
#[unsafe(no_mangle)]
extern "C" fn getchark() -> c_int {
    let mut byte = [0];
    match console::read(&mut byte) {
        Ok(1) => c_int::from(byte[0]),
        _ => -1,
    }
}
