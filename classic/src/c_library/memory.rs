//! `<string.h>`: blocks of memory, and strings into them. Those that compilers call come with Rust's own library.

use core::ffi::{c_char, c_int, c_void};

use super::errno;
use super::standard::malloc;
use super::strings::bounded;

/// # Safety
/// `size` bytes at `block` are readable, or as many as come up to the one that is found.
#[unsafe(no_mangle)]
unsafe extern "C" fn memchr(block: *const c_void, byte: c_int, size: usize) -> *mut c_void {
    let bytes = block.cast::<u8>();
    // SAFETY: the caller's promise.
    let found = (0..size).find(|&offset| unsafe { bytes.add(offset).read() } == byte as u8);
    // SAFETY: within the block.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { bytes.add(offset) }.cast_mut().cast())
}

/// # Safety
/// `size` bytes at `block` are readable.
#[unsafe(no_mangle)]
unsafe extern "C" fn memrchr(block: *const c_void, byte: c_int, size: usize) -> *mut c_void {
    let bytes = block.cast::<u8>();
    // SAFETY: the caller's promise.
    let found = (0..size).rev().find(|&offset| unsafe { bytes.add(offset).read() } == byte as u8);
    // SAFETY: within the block.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { bytes.add(offset) }.cast_mut().cast())
}

/// # Safety
/// `size` bytes at `from` are readable, and at `to` writable, up to the one that ends the copy.
#[unsafe(no_mangle)]
unsafe extern "C" fn memccpy(to: *mut c_void, from: *const c_void, byte: c_int, size: usize) -> *mut c_void {
    let (to, from) = (to.cast::<u8>(), from.cast::<u8>());
    for offset in 0..size {
        // SAFETY: the caller's promise.
        let copied = unsafe {
            let copied = from.add(offset).read();
            to.add(offset).write(copied);
            copied
        };
        if copied == byte as u8 {
            // SAFETY: within the block, or at its end.
            return unsafe { to.add(offset + 1) }.cast();
        }
    }
    core::ptr::null_mut()
}

/// # Safety
/// Both blocks have these sizes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmem(
    block: *const c_void,
    size: usize,
    part: *const c_void,
    part_size: usize,
) -> *mut c_void {
    // SAFETY: the caller's promise.
    let (bytes, wanted) = unsafe {
        (
            core::slice::from_raw_parts(block.cast::<u8>(), size),
            core::slice::from_raw_parts(part.cast::<u8>(), part_size),
        )
    };
    let found = (0..=size).find(|&offset| bytes[offset..].starts_with(wanted));
    // SAFETY: within the block.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { bytes.as_ptr().add(offset) }.cast_mut().cast())
}

/// # Safety
/// `text` is a string, or has `limit` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn strndup(text: *const c_char, limit: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bounded(text, limit) };
    let copy = malloc(bytes.len() + 1);
    if !copy.is_null() {
        // SAFETY: there is room for the bytes and the zero.
        unsafe {
            copy.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            copy.add(bytes.len()).write(0);
        }
    }
    copy.cast()
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strdup(text: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { strndup(text, usize::MAX) }
}

/// # Safety
/// `size` bytes at `buffer` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn strerror_r(error: c_int, buffer: *mut c_char, size: usize) -> c_int {
    let text = errno::text(error).to_bytes_with_nul();
    if text.len() > size {
        return errno::ERANGE;
    }
    // SAFETY: the caller's promise.
    unsafe { buffer.cast::<u8>().copy_from(text.as_ptr(), text.len()) };
    0
}
