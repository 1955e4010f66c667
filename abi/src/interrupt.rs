//! The virtual interrupt lines of a partition.

/// A virtual interrupt line: a bit of the shared page's `pending` and `mask` words.
///
/// Lines 3 to 15 are reserved for the kernel, 16 to 31 are the partition's own: the kernel never touches them,
/// so the guest layer may use them for software interrupts.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The partition's timer has reached its deadline.
    Timer = 0,
    /// A window of this partition has begun.
    Window = 1,
    /// The console has input for this partition.
    Console = 2,
}

impl Line {
    /// How many lines a partition has.
    pub const COUNT: u32 = 32;

    /// The line's bit in `pending` and `mask`.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}
