//! The virtual interrupt lines of a partition.

/// A virtual interrupt line: a bit of the shared page's `pending` and `mask` words.
///
/// Lines 5 to 7 are reserved for the kernel, 8 to 15 are those that the system file gives a partition: for the
/// doorbells of shared memory and for interrupts of its devices. 16 to 31 are the partition's own: the kernel never
/// touches them, so the guest layer may use them for software interrupts.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The partition's timer has reached its deadline.
    Timer = 0,
    /// A window of this partition has begun.
    Window = 1,
    /// The console has input for this partition.
    Console = 2,
    /// A message has come to a port, or there is room in a queue that was full: [`crate::SharedPage::ports`] says
    /// where.
    Port = 3,
    /// The health monitor tells of an error: [`crate::SharedPage::errors`] says which.
    Health = 4,
}

impl Line {
    /// How many lines a partition has.
    pub const COUNT: u32 = 32;

    /// The lines that the system file can give a doorbell.
    pub const DOORBELLS: core::ops::RangeInclusive<u32> = 8..=15;

    /// The lines that the system file can give an interrupt of a device: the same, each for one of both.
    pub const DEVICES: core::ops::RangeInclusive<u32> = Self::DOORBELLS;

    /// The line's bit in `pending` and `mask`.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}
