//! Objects of any kind: names and identifiers.

use core::ffi::c_char;

use super::{number, with_executive};
use crate::executive::object::Id;

#[unsafe(no_mangle)]
extern "C" fn rtems_object_get_classic_name(id: u32, name: *mut u32) -> u32 {
    number(with_executive(|executive| executive.name_of(Id(id))), name)
}

/// # Safety
/// `length` bytes at `name` are writable, or it is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_object_get_name(id: u32, length: usize, name: *mut c_char) -> *mut c_char {
    if name.is_null() || length == 0 {
        return core::ptr::null_mut();
    }
    let Ok(found) = with_executive(|executive| executive.name_of(Id(id))) else {
        return core::ptr::null_mut();
    };
    let text = found.to_be_bytes();
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let count = end.min(length - 1);
    for (offset, &byte) in text[..count].iter().enumerate() {
        let byte = if byte.is_ascii_graphic() || byte == b' ' { byte } else { b'*' };
        // SAFETY: the caller's promise; `count` is less than `length`.
        unsafe { name.add(offset).write(byte as c_char) };
    }
    // SAFETY: as above.
    unsafe { name.add(count).write(0) };
    name
}
