//! Strings that end with a zero.

use core::ffi::{c_char, c_int};

/// The bytes of a string up to its zero, at most `limit` of them.
///
/// # Safety
/// `text` is a string, or has `limit` bytes.
pub(super) unsafe fn bounded<'a>(text: *const c_char, limit: usize) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: the caller's promise: nothing behind the zero or the limit is read.
    while length < limit && unsafe { text.add(length).read() } != 0 {
        length += 1;
    }
    // SAFETY: these bytes were read just now.
    unsafe { core::slice::from_raw_parts(text.cast(), length) }
}

/// # Safety
/// `text` is a string, or has `limit` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn strnlen(text: *const c_char, limit: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { bounded(text, limit) }.len()
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn strcmp(first: *const c_char, second: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { strncmp(first, second, usize::MAX) }
}

/// # Safety
/// Both are strings, or have `limit` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn strncmp(first: *const c_char, second: *const c_char, limit: usize) -> c_int {
    for offset in 0..limit {
        // SAFETY: the caller's promise; the loop ends at the first zero.
        let (one, other) = unsafe { (first.add(offset).read() as u8, second.add(offset).read() as u8) };
        if one != other || one == 0 {
            return c_int::from(one) - c_int::from(other);
        }
    }
    0
}

/// # Safety
/// `to` has room for the string `from`.
#[unsafe(no_mangle)]
unsafe extern "C" fn strcpy(to: *mut c_char, from: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = bounded(from, usize::MAX);
        to.cast::<u8>().copy_from(bytes.as_ptr(), bytes.len());
        to.add(bytes.len()).write(0);
    }
    to
}

/// # Safety
/// `to` has `size` bytes, `from` is a string or has as many.
#[unsafe(no_mangle)]
unsafe extern "C" fn strncpy(to: *mut c_char, from: *const c_char, size: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = bounded(from, size);
        to.cast::<u8>().copy_from(bytes.as_ptr(), bytes.len());
        to.add(bytes.len()).write_bytes(0, size - bytes.len());
    }
    to
}

/// # Safety
/// `to` is a string with room for the string `from` behind it.
#[unsafe(no_mangle)]
unsafe extern "C" fn strcat(to: *mut c_char, from: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { strcpy(to.add(bounded(to, usize::MAX).len()), from) };
    to
}

/// # Safety
/// `to` is a string with room for `size` bytes and a zero behind it; `from` is a string or has `size` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn strncat(to: *mut c_char, from: *const c_char, size: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        let end = to.add(bounded(to, usize::MAX).len());
        let bytes = bounded(from, size);
        end.cast::<u8>().copy_from(bytes.as_ptr(), bytes.len());
        end.add(bytes.len()).write(0);
    }
    to
}

/// # Safety
/// `to` has room for the string `from`. Returns where its zero is.
#[unsafe(no_mangle)]
unsafe extern "C" fn stpcpy(to: *mut c_char, from: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { strcpy(to, from).add(bounded(from, usize::MAX).len()) }
}

/// # Safety
/// `to` has `size` bytes, `from` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlcpy(to: *mut c_char, from: *const c_char, size: usize) -> usize {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bounded(from, usize::MAX) };
    if let Some(room) = size.checked_sub(1) {
        let count = bytes.len().min(room);
        // SAFETY: less than the size.
        unsafe {
            to.cast::<u8>().copy_from(bytes.as_ptr(), count);
            to.add(count).write(0);
        }
    }
    bytes.len()
}

/// # Safety
/// `to` has `size` bytes, `from` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlcat(to: *mut c_char, from: *const c_char, size: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let used = bounded(to, size).len();
        used + strlcpy(to.add(used), from, size - used)
    }
}

/// The text as `strcoll` compares it: in the locale "C" it is itself.
///
/// # Safety
/// As [`strlcpy`].
#[unsafe(no_mangle)]
unsafe extern "C" fn strxfrm(to: *mut c_char, from: *const c_char, size: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { strlcpy(to, from, size) }
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strchr(text: *const c_char, character: c_int) -> *mut c_char {
    // SAFETY: the caller's promise; the zero counts as part of the string.
    let bytes =
        unsafe { core::slice::from_raw_parts(text.cast::<u8>(), bounded(text, usize::MAX).len() + 1) };
    let found = bytes.iter().position(|&byte| byte == character as u8);
    // SAFETY: within the string.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { text.add(offset) }.cast_mut())
}

/// # Safety
/// `text` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strrchr(text: *const c_char, character: c_int) -> *mut c_char {
    // SAFETY: the caller's promise; the zero counts as part of the string.
    let bytes =
        unsafe { core::slice::from_raw_parts(text.cast::<u8>(), bounded(text, usize::MAX).len() + 1) };
    let found = bytes.iter().rposition(|&byte| byte == character as u8);
    // SAFETY: within the string.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { text.add(offset) }.cast_mut())
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strstr(text: *const c_char, part: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    let (bytes, wanted) = unsafe { (bounded(text, usize::MAX), bounded(part, usize::MAX)) };
    let found = (0..=bytes.len()).find(|&offset| bytes[offset..].starts_with(wanted));
    // SAFETY: within the string.
    found.map_or(core::ptr::null_mut(), |offset| unsafe { text.add(offset) }.cast_mut())
}
