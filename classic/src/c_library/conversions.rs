//! `<stdlib.h>` and `<inttypes.h>`: numbers from text.

use core::ffi::{c_char, c_int};

use super::errno::{self, EINVAL, ERANGE};
use super::strings::bounded;
use crate::numbers::{self, Float, Integer};

/// An integer at the beginning of a string; `end` learns where it ends.
///
/// # Safety
/// `text` is a string; `end` is null or writable.
unsafe fn integer(text: *const c_char, end: *mut *mut c_char, base: c_int) -> Integer {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bounded(text, usize::MAX) };
    if !matches!(base, 0 | 2..=36) {
        errno::set(EINVAL);
    }
    let number = numbers::integer(bytes, u32::try_from(base).unwrap_or(1));
    let number = number.unwrap_or(Integer { negative: false, magnitude: 0, overflow: false, length: 0 });
    // SAFETY: the caller's promise.
    unsafe { store_end(text, end, number.length) };
    number
}

/// # Safety
/// `text` has so many bytes; `end` is null or writable.
unsafe fn store_end(text: *const c_char, end: *mut *mut c_char, length: usize) {
    if !end.is_null() {
        // SAFETY: the caller's promise.
        unsafe { end.write(text.add(length).cast_mut()) };
    }
}

/// The value of a conversion; what is out of range is an error.
fn ranged<T>((value, out_of_range): (T, bool)) -> T {
    if out_of_range {
        errno::set(ERANGE);
    }
    value
}

macro_rules! integers {
    ($($name:ident $take:ident $bits:literal $type:ty;)*) => {
        $(
            /// # Safety
            /// `text` is a string; `end` is null or writable.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(text: *const c_char, end: *mut *mut c_char, base: c_int) -> $type {
                // SAFETY: the caller's promise.
                ranged(unsafe { integer(text, end, base) }.$take($bits)) as $type
            }
        )*
    };
}

// `long` has 32 bits on both processors, `long long` and `intmax_t` 64.
integers! {
    strtol signed 32 i32;
    strtoul unsigned 32 u32;
    strtoll signed 64 i64;
    strtoull unsigned 64 u64;
    strtoimax signed 64 i64;
    strtoumax unsigned 64 u64;
}

/// A floating-point number at the beginning of a string; `end` learns where it ends.
///
/// # Safety
/// `text` is a string; `end` is null or writable.
unsafe fn floating<T: Float>(text: *const c_char, end: *mut *mut c_char) -> T {
    // SAFETY: the caller's promise.
    let number = numbers::floating::<T>(unsafe { bounded(text, usize::MAX) });
    // SAFETY: the caller's promise.
    unsafe { store_end(text, end, number.map_or(0, |number| number.length)) };
    number.map_or(T::from_bits(0), |number| ranged((number.value, number.out_of_range)))
}

/// # Safety
/// `text` is a string; `end` is null or writable.
unsafe extern "C" fn strtod(text: *const c_char, end: *mut *mut c_char) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { floating::<f64>(text, end) }.to_bits()
}
returning!(double, 2, strtod, strtod);

/// # Safety
/// `text` is a string; `end` is null or writable.
unsafe extern "C" fn strtof(text: *const c_char, end: *mut *mut c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { floating::<f32>(text, end) }.to_bits()
}
returning!(float, 2, strtof, strtof);
