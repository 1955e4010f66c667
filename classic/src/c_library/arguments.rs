//! The arguments of a C function with a variable number of them.

use core::ffi::c_char;

use super::strings::bounded;
use crate::format::Arguments;

/// C's `va_list` on processors where it is a pointer to the arguments in words, one after the other: i386 and SPARC.
pub(crate) type ArgumentList = *const u32;

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
}
