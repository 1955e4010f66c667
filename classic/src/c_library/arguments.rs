//! The arguments of a C function with a variable number of them.

use core::ffi::c_char;

use super::strings::bounded;
use crate::format::Arguments;
#[cfg(target_arch = "x86")]
use crate::format::from_extended;

/// C's `va_list` on processors where it is a pointer to the arguments in words, one after the other: i386 and SPARC.
pub(crate) type ArgumentList = *const u32;

/// Takes a pointer from a list.
///
/// # Safety
/// A pointer was passed.
pub(super) unsafe fn pointer<T>(list: &mut ArgumentList) -> *mut T {
    // SAFETY: the caller's promise.
    unsafe {
        let word = list.read();
        *list = list.add(1);
        word as *mut T
    }
}

/// Reads arguments in their order.
pub(super) struct Reader(ArgumentList);

impl Reader {
    /// # Safety
    /// What is read is what was passed.
    pub(super) unsafe fn new(list: ArgumentList) -> Self {
        Self(list)
    }
}

impl Arguments for Reader {
    fn int(&mut self) -> u32 {
        // SAFETY: the creator's promise.
        unsafe {
            let value = self.0.read();
            self.0 = self.0.add(1);
            value
        }
    }

    fn long(&mut self) -> usize {
        self.int() as usize
    }

    fn long_long(&mut self) -> u64 {
        let (first, second) = (u64::from(self.int()), u64::from(self.int()));
        if cfg!(target_endian = "big") { first << 32 | second } else { second << 32 | first }
    }

    fn string(&mut self, limit: usize) -> Option<&[u8]> {
        let text = self.long() as *const c_char;
        // SAFETY: the creator's promise.
        (!text.is_null()).then(|| unsafe { bounded(text, limit) })
    }

    fn wide_string(&mut self, limit: usize) -> Option<&[u32]> {
        let text = self.long() as *const u32;
        if text.is_null() {
            return None;
        }
        let mut length = 0;
        // SAFETY: the creator's promise: nothing behind the zero or the limit is read.
        while length < limit && unsafe { text.add(length).read() } != 0 {
            length += 1;
        }
        // SAFETY: these characters were read just now.
        Some(unsafe { core::slice::from_raw_parts(text, length) })
    }

    fn store(&mut self, size: usize, count: usize) {
        let place = self.long();
        // SAFETY: the creator's promise: an integer of this size is there.
        unsafe {
            match size {
                1 => (place as *mut u8).write(count as u8),
                2 => (place as *mut u16).write(count as u16),
                8 => (place as *mut u64).write_unaligned(count as u64),
                _ => (place as *mut u32).write(count as u32),
            }
        }
    }

    /// On i386 it has x87's format, in three words (System V ABI, Intel386 supplement); on SPARC it is a `double`.
    #[cfg(target_arch = "x86")]
    fn long_double(&mut self) -> f64 {
        let significand = self.long_long();
        from_extended(significand, self.int() as u16)
    }
}
