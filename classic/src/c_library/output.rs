//! Formatted output, to the console and to memory.

use core::ffi::{c_char, c_int};

use bulkhead_guest::console;

use super::arguments::{ArgumentList, Reader};
use super::strings::bounded;
use crate::format::format;

/// Room for output on its way to the console, so that a line takes one call.
const BUFFER: usize = 160;

/// Prints to the console. Returns the number of bytes.
///
/// # Safety
/// `with` is a string, `arguments` are what it asks for.
pub(crate) unsafe fn print(with: *const c_char, arguments: ArgumentList) -> c_int {
    let mut buffer = [0; BUFFER];
    let mut used = 0;
    let mut output = |mut piece: &[u8]| {
        while !piece.is_empty() {
            let count = piece.len().min(BUFFER - used);
            buffer[used..used + count].copy_from_slice(&piece[..count]);
            used += count;
            piece = &piece[count..];
            if used == BUFFER {
                // A console that refuses leaves nobody to tell.
                let _ = console::write(&buffer);
                used = 0;
            }
        }
    };
    // SAFETY: the caller's promise.
    let length = unsafe { format(bounded(with, usize::MAX), &mut Reader::new(arguments), &mut output) };
    let _ = console::write(&buffer[..used]);
    returned(length)
}

/// What printf returns: -1 if the length is too great for its type.
fn returned(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(-1)
}

/// # Safety
/// As [`print`].
#[unsafe(no_mangle)]
unsafe extern "C" fn vprintf(with: *const c_char, arguments: ArgumentList) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { print(with, arguments) }
}

/// # Safety
/// As [`print`], and `size` bytes at `buffer` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn vsnprintf(
    buffer: *mut c_char,
    size: usize,
    with: *const c_char,
    arguments: ArgumentList,
) -> c_int {
    let mut used = 0;
    let mut output = |piece: &[u8]| {
        let count = piece.len().min(size.saturating_sub(1).saturating_sub(used));
        // SAFETY: the caller's promise; the last byte is left for the zero.
        unsafe { buffer.add(used).cast::<u8>().copy_from_nonoverlapping(piece.as_ptr(), count) };
        used += count;
    };
    // SAFETY: the caller's promise.
    let length = unsafe { format(bounded(with, usize::MAX), &mut Reader::new(arguments), &mut output) };
    if size > 0 {
        // SAFETY: `used` is less than `size`.
        unsafe { buffer.add(used).write(0) };
    }
    returned(length)
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn putk(text: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { puts(text) }
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn puts(text: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bounded(text, usize::MAX) };
    let _ = console::write(bytes);
    let _ = console::write(b"\n");
    bytes.len() as c_int + 1
}

/// Writes bytes to the console, for the streams of `<stdio.h>`.
///
/// # Safety
/// `length` bytes at `bytes` are readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_classic_write(bytes: *const u8, length: usize) {
    if length != 0 {
        // SAFETY: the caller's promise.
        let _ = console::write(unsafe { core::slice::from_raw_parts(bytes, length) });
    }
}
