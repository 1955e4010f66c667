//! Characters to and from the partition's console, for `printk` and for what runs before and after the drivers.

use core::ffi::{c_char, c_int};

use bulkhead_guest::console;

/// A variable, as RTEMS wants it: programs may put their own function here.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut BSP_output_char: extern "C" fn(c_char) = output_character;

/// A variable, as RTEMS wants it.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut BSP_poll_char: Option<extern "C" fn() -> c_int> = Some(poll_character);

extern "C" fn output_character(character: c_char) {
    // The only error is an address that is not the partition's, which this is.
    let _ = console::write(&[character as u8]);
}

/// The next character of input, or -1 if there is none.
extern "C" fn poll_character() -> c_int {
    let mut byte = [0];
    match console::read(&mut byte) {
        Ok(1) => c_int::from(byte[0]),
        _ => -1,
    }
}
