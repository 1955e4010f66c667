//! `<stdlib.h>`: memory and numbers. `exit` is with the other ways to end.

use core::ffi::{c_char, c_int, c_long, c_ulong};
use core::ptr::NonNull;

use super::strings::bounded;
use crate::edge::{Source, heap, terminate};

#[unsafe(no_mangle)]
pub(super) extern "C" fn malloc(size: usize) -> *mut u8 {
    heap(|heap| heap.allocate(size)).map_or(core::ptr::null_mut(), NonNull::as_ptr)
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let Some(bytes) = count.checked_mul(size) else {
        return core::ptr::null_mut();
    };
    let block = malloc(bytes);
    if !block.is_null() {
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(0, bytes) };
    }
    block
}

/// # Safety
/// `block` is null or was allocated and not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    let Some(old) = NonNull::new(block) else {
        return malloc(size);
    };
    // SAFETY: the caller's promise.
    let old_size = heap(|heap| unsafe { heap.size(old) });
    if size <= old_size {
        return block;
    }
    let new = malloc(size);
    if !new.is_null() {
        // SAFETY: both blocks have this size; the old one is the caller's to free.
        unsafe {
            new.copy_from_nonoverlapping(block, old_size);
            free(block);
        }
    }
    new
}

/// # Safety
/// `block` is null or was allocated and not freed.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn free(block: *mut u8) {
    if let Some(block) = NonNull::new(block) {
        // SAFETY: the caller's promise.
        heap(|heap| unsafe { heap.release(block) });
    }
}

#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    terminate(Source::Panic, 0)
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_classic_assertion_failed() -> ! {
    terminate(Source::Assert, 0)
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn atoi(text: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { strtol(text, core::ptr::null_mut(), 10) as c_int }
}

/// # Safety
/// `text` is a string; `end` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn strtol(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_long {
    // SAFETY: the caller's promise.
    let (negative, magnitude) = unsafe { parse(text, end, base) };
    if negative {
        c_long::try_from(-i128::from(magnitude)).unwrap_or(c_long::MIN)
    } else {
        c_long::try_from(magnitude).unwrap_or(c_long::MAX)
    }
}

/// # Safety
/// `text` is a string; `end` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn strtoul(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulong {
    // SAFETY: the caller's promise.
    let (negative, magnitude) = unsafe { parse(text, end, base) };
    let value = c_ulong::try_from(magnitude).unwrap_or(c_ulong::MAX);
    if negative { value.wrapping_neg() } else { value }
}

/// Sign and magnitude of a number after white space, and where it ends.
///
/// # Safety
/// `text` is a string; `end` is null or writable.
unsafe fn parse(text: *const c_char, end: *mut *mut c_char, base: c_int) -> (bool, u64) {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bounded(text, usize::MAX) };
    let at = |position: usize| bytes.get(position).copied().unwrap_or(0);
    let mut position = 0;
    while at(position).is_ascii_whitespace() {
        position += 1;
    }
    let negative = at(position) == b'-';
    if matches!(at(position), b'-' | b'+') {
        position += 1;
    }
    let hexadecimal = at(position) == b'0' && at(position + 1) | 0x20 == b'x';
    let base = match base {
        0 if hexadecimal => 16,
        0 if at(position) == b'0' => 8,
        0 => 10,
        2..=36 => base as u32,
        _ => 10,
    };
    if base == 16 && hexadecimal && (at(position + 2) as char).is_ascii_hexdigit() {
        position += 2;
    }
    let first = position;
    let mut magnitude = 0u64;
    while let Some(digit) = (at(position) as char).to_digit(base) {
        magnitude = magnitude.saturating_mul(u64::from(base)).saturating_add(u64::from(digit));
        position += 1;
    }
    if !end.is_null() {
        let consumed = if position == first { 0 } else { position };
        // SAFETY: the caller's promise; the position is within the string.
        unsafe { end.write(text.add(consumed).cast_mut()) };
    }
    (negative, magnitude)
}
