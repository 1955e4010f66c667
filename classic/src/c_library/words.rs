//! `<string.h>` and `<strings.h>`: what strings consist of, and how they compare.

use core::ffi::{c_char, c_int};

use bulkhead_cell::Single;

use super::strings::{bounded, strcmp};

/// How many characters at a string's beginning a test holds for.
///
/// # Safety
/// Both are strings.
unsafe fn span(text: *const c_char, set: *const c_char, within: bool) -> usize {
    // SAFETY: the caller's promise.
    let (bytes, set) = unsafe { (bounded(text, usize::MAX), bounded(set, usize::MAX)) };
    bytes.iter().take_while(|byte| set.contains(byte) == within).count()
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strspn(text: *const c_char, set: *const c_char) -> usize {
    // SAFETY: the caller's promise.
    unsafe { span(text, set, true) }
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strcspn(text: *const c_char, set: *const c_char) -> usize {
    // SAFETY: the caller's promise.
    unsafe { span(text, set, false) }
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strpbrk(text: *const c_char, set: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise: the string's zero at the most.
    unsafe {
        let found = text.add(span(text, set, false));
        if found.read() == 0 { core::ptr::null_mut() } else { found.cast_mut() }
    }
}

/// Where a word ends; the rest of the string goes to `rest`, null behind the last word.
///
/// # Safety
/// Both are strings, `rest` is writable.
unsafe fn cut(word: *mut c_char, set: *const c_char, rest: *mut *mut c_char) {
    // SAFETY: the caller's promise: the string's zero at the most.
    unsafe {
        let end = word.add(span(word, set, false));
        if end.read() == 0 {
            rest.write(core::ptr::null_mut());
        } else {
            end.write(0);
            rest.write(end.add(1));
        }
    }
}

/// # Safety
/// `text` is a string or null, `set` a string, and `rest` this function's if `text` is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn strtok_r(text: *mut c_char, set: *const c_char, rest: *mut *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        let text = if text.is_null() { rest.read() } else { text };
        if text.is_null() {
            return text;
        }
        let word = text.add(span(text, set, true));
        if word.read() == 0 {
            rest.write(core::ptr::null_mut());
            return core::ptr::null_mut();
        }
        cut(word, set, rest);
        word
    }
}

/// # Safety
/// As [`strtok_r`].
#[unsafe(no_mangle)]
unsafe extern "C" fn strtok(text: *mut c_char, set: *const c_char) -> *mut c_char {
    static REST: Single<*mut c_char> = Single::new(core::ptr::null_mut());
    // SAFETY: the caller's promise; tasks that use it at the same time are the program's mistake, as C has it.
    unsafe { strtok_r(text, set, REST.address()) }
}

/// # Safety
/// `text` points to a string or to null, `set` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn strsep(text: *mut *mut c_char, set: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        let word = text.read();
        if !word.is_null() {
            cut(word, set, text);
        }
        word
    }
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strcoll(first: *const c_char, second: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { strcmp(first, second) }
}

/// # Safety
/// Both are strings, or have `limit` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn strncasecmp(first: *const c_char, second: *const c_char, limit: usize) -> c_int {
    for offset in 0..limit {
        // SAFETY: the caller's promise; the loop ends at the first zero.
        let bytes = unsafe { [first.add(offset).read() as u8, second.add(offset).read() as u8] };
        let [one, other] = bytes.map(|byte| byte.to_ascii_lowercase());
        if one != other || one == 0 {
            return c_int::from(one) - c_int::from(other);
        }
    }
    0
}

/// # Safety
/// Both are strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn strcasecmp(first: *const c_char, second: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { strncasecmp(first, second, usize::MAX) }
}

/// The least bit that is set, from 1; 0 if there is none.
#[unsafe(no_mangle)]
extern "C" fn ffs(value: c_int) -> c_int {
    if value == 0 { 0 } else { value.trailing_zeros() as c_int + 1 }
}
