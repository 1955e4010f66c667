//! `<stdio.h>`: output to the console and to memory. Streams have no buffers, and there are no files.

use core::ffi::{c_char, c_int};

use bulkhead_guest::console;

use super::arguments::{ArgumentList, Reader};
use super::errno;
use super::standard::malloc;
use super::streams::{EOF, Stream};
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

variadic!(1, printf, vprintf);

/// # Safety
/// As [`print`].
#[unsafe(no_mangle)]
unsafe extern "C" fn vfprintf(stream: Stream, with: *const c_char, arguments: ArgumentList) -> c_int {
    if !stream.is_output() {
        return EOF;
    }
    // SAFETY: the caller's promise.
    unsafe { print(with, arguments) }
}

variadic!(2, fprintf, vfprintf);

/// # Safety
/// As [`vsnprintf`], with as much room as is needed.
#[unsafe(no_mangle)]
unsafe extern "C" fn vsprintf(buffer: *mut c_char, with: *const c_char, arguments: ArgumentList) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { vsnprintf(buffer, usize::MAX, with, arguments) }
}

variadic!(2, sprintf, vsprintf);
variadic!(3, snprintf, vsnprintf);

/// # Safety
/// As [`print`], and `text` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn vasprintf(
    text: *mut *mut c_char,
    with: *const c_char,
    arguments: ArgumentList,
) -> c_int {
    // SAFETY: the caller's promise; arguments can be read twice.
    unsafe {
        let length = vsnprintf(core::ptr::null_mut(), 0, with, arguments);
        let Ok(size) = usize::try_from(length) else {
            return EOF;
        };
        let block = malloc(size + 1).cast::<c_char>();
        text.write(block);
        if block.is_null() { EOF } else { vsnprintf(block, size + 1, with, arguments) }
    }
}

variadic!(2, asprintf, vasprintf);

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

#[unsafe(no_mangle)]
extern "C" fn fputc(character: c_int, stream: Stream) -> c_int {
    if !stream.is_output() {
        return EOF;
    }
    let byte = character as u8;
    let _ = console::write(&[byte]);
    byte.into()
}

#[unsafe(no_mangle)]
extern "C" fn putchar(character: c_int) -> c_int {
    fputc(character, Stream::OUTPUT)
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn fputs(text: *const c_char, stream: Stream) -> c_int {
    if !stream.is_output() {
        return EOF;
    }
    // SAFETY: the caller's promise.
    let _ = console::write(unsafe { bounded(text, usize::MAX) });
    0
}

/// # Safety
/// `count` elements of `size` bytes at `elements` are readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn fwrite(elements: *const u8, size: usize, count: usize, stream: Stream) -> usize {
    match size.checked_mul(count) {
        Some(length) if length > 0 && stream.is_output() => {
            // SAFETY: the caller's promise.
            let _ = console::write(unsafe { core::slice::from_raw_parts(elements, length) });
            count
        }
        _ => 0,
    }
}

/// # Safety
/// `text` is a string or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn perror(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        let _ = console::write(unsafe { bounded(text, usize::MAX) });
        let _ = console::write(b": ");
    }
    let _ = console::write(errno::text(errno::last()).to_bytes());
    let _ = console::write(b"\n");
}
