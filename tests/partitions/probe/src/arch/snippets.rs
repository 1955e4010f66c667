//! The tables of short pieces of code that each processor's assembly defines.

use core::ffi::{CStr, c_char};
use core::iter;

/// Code to attempt.
pub(crate) type Code = unsafe extern "C" fn(u32);

#[repr(C)]
struct Snippet {
    name: *const c_char,
    code: Option<Code>,
}

unsafe extern "C" {
    static probe_faults: Snippet;
    static probe_harmless: Snippet;
}

fn table(first: *const Snippet) -> impl Iterator<Item = (&'static str, Code)> {
    let mut next = first;
    iter::from_fn(move || {
        // SAFETY: the tables end with a snippet without code, behind which nothing is read.
        let snippet = unsafe { &*next };
        let code = snippet.code?;
        next = next.wrapping_add(1);
        // SAFETY: the names are zero-terminated strings of the image.
        let name = unsafe { CStr::from_ptr(snippet.name) };
        Some((name.to_str().unwrap_or("?"), code))
    })
}

/// The instructions that must fault.
pub(crate) fn faulting_instructions() -> impl Iterator<Item = (&'static str, Code)> {
    table(&raw const probe_faults)
}

/// The instructions that must not.
pub(crate) fn harmless_instructions() -> impl Iterator<Item = (&'static str, Code)> {
    table(&raw const probe_harmless)
}
