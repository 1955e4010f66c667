//! Ranges of guest memory: what a guest alleges, and what has been checked.

use bulkhead_abi::Error;

/// A range that a guest has named. It cannot be used for anything but a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alleged {
    address: usize,
    length: usize,
}

impl Alleged {
    /// What the guest said: an address and a length in bytes.
    #[must_use]
    pub const fn new(address: usize, length: usize) -> Self {
        Self { address, length }
    }
}

/// A range that lies in a partition's memory, as an offset from the memory's start. Only [`Region`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    offset: usize,
    length: usize,
}

impl Checked {
    /// Bytes from the start of the partition's memory.
    #[must_use]
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// Length in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        self.length
    }

    /// The rest of the range behind so many bytes.
    #[inline(always)]
    #[must_use]
    pub const fn behind(self, bytes: usize) -> Self {
        let bytes = if bytes < self.length { bytes } else { self.length };
        Self { offset: self.offset + bytes, length: self.length - bytes }
    }

    /// The first bytes of the range, at most `length`.
    #[must_use]
    pub const fn first(self, length: usize) -> Self {
        Self { offset: self.offset, length: if length < self.length { length } else { self.length } }
    }
}

/// The memory of a partition in the guest's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub base: usize,
    /// Size in bytes.
    pub size: usize,
    /// Offset from the base up to which the guest may only read.
    pub read_only: usize,
}

impl Region {
    /// Checks a range that the kernel is to read for the guest.
    ///
    /// # Errors
    /// `BadAddress` if any byte of it, or its start when it is empty, lies outside.
    pub fn readable(&self, alleged: Alleged) -> Result<Checked, Error> {
        let offset = alleged.address.wrapping_sub(self.base);
        match self.size.checked_sub(alleged.length) {
            Some(last) if offset <= last => Ok(Checked { offset, length: alleged.length }),
            _ => Err(Error::BadAddress),
        }
    }

    /// Checks a range that the kernel is to write for the guest.
    ///
    /// # Errors
    /// `BadAddress` if the guest could not write every byte of it itself.
    pub fn writable(&self, alleged: Alleged) -> Result<Checked, Error> {
        let checked = self.readable(alleged)?;
        if checked.offset >= self.read_only { Ok(checked) } else { Err(Error::BadAddress) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REGION: Region = Region { base: 0x10_0000, size: 0x40_0000, read_only: 0x3000 };

    #[test]
    fn the_corners() {
        let readable = |address, length| REGION.readable(Alleged::new(address, length)).is_ok();
        assert!(readable(0x10_0000, 0x40_0000));
        assert!(readable(0x4f_ffff, 1));
        assert!(readable(0x50_0000, 0));
        assert!(!readable(0x50_0000, 1));
        assert!(!readable(0x0f_ffff, 1));
        assert!(!readable(0x0f_ffff, 2));
        assert!(!readable(0x10_0001, 0x40_0000));
        assert!(!readable(usize::MAX, 2));
        assert!(!readable(0x10_0000, usize::MAX));
        assert!(!readable(0, 0));
        let writable = |address, length| REGION.writable(Alleged::new(address, length)).is_ok();
        assert!(writable(0x10_3000, 8));
        assert!(!writable(0x10_2fff, 8));
    }

    proptest! {
        #[test]
        fn a_checked_range_lies_inside(
            address: usize,
            length: usize,
            base in 0usize..1 << 40,
            size in 0usize..1 << 40,
            read_only in 0usize..1 << 40,
        ) {
            let region = Region { base, size, read_only };
            if let Ok(checked) = region.readable(Alleged::new(address, length)) {
                prop_assert!(checked.offset + checked.length <= size);
                prop_assert_eq!(base + checked.offset, address);
            } else {
                let inside = address >= base && address.checked_add(length).is_some_and(|end| end <= base + size);
                prop_assert!(!inside);
            }
        }
    }
}
