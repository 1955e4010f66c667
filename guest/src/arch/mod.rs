//! The seam to the processor.
//!
//! A processor's module defines a [`FaultFrame`] and the value that enables interrupts, and in assembly the entry point
//! of a partition, the interrupt entry, the fault entry and the C functions that `docs/porting.md` lists. `assembly.rs`
//! makes of these the type [`Processor`] that implements [`Arch`].

#[cfg(target_os = "none")]
mod assembly;
#[cfg(all(target_arch = "x86", target_os = "none"))]
#[path = "i386/mod.rs"]
mod processor;
#[cfg(all(target_arch = "sparc", target_os = "none"))]
#[path = "sparc/mod.rs"]
mod processor;
#[cfg(target_os = "none")]
pub use assembly::Processor;
#[cfg(target_os = "none")]
pub use processor::FaultFrame;
#[cfg(all(target_arch = "x86", target_os = "none"))]
#[doc(hidden)]
pub use processor::words as offsets;

#[cfg(not(target_os = "none"))]
mod simulated;
#[cfg(not(target_os = "none"))]
pub use simulated::{FaultFrame, Processor};

/// What the guest layer needs of a processor besides the entry points.
pub trait Arch {
    /// The value of the enable word that stands for "enabled". Any value but 0 does for the kernel; a processor
    /// can choose one that its executives recognize.
    const INTERRUPTS_ENABLED: u32;

    /// The enable word in the form that says by 0, and by nothing else, that no line may come. A processor with levels
    /// has other words for the highest of them, which programs may write.
    #[inline(always)]
    #[must_use]
    fn normal(word: u32) -> u32 {
        word
    }

    /// Delivers what is pending, as though an upcall had come at this place. Called with interrupts enabled,
    /// returns with interrupts enabled, at the level that they had.
    fn deliver();

    /// The clock in nanoseconds.
    fn clock_now() -> u64;

    /// How many interrupt dispatches are active: 0 outside handlers, 1 in a handler, more in a handler that
    /// interrupted another one.
    fn interrupt_depth() -> u32;

    /// Address of the interrupt entry, for the kernel.
    fn interrupt_entry() -> usize;

    /// Address of the fault entry, for the kernel.
    fn fault_entry() -> usize;

    /// What the entry point was given: the address of the start information.
    fn start_information() -> usize;
}

/// Where the words lie that an executive's own assembly reads and writes: enabling, disabling and restoring interrupts
/// in its own context switch. Addresses; what each word means is said at [`bulkhead_abi::SharedPage`]. On i386 they are
/// the symbols `bulkhead_host_enabled`, `bulkhead_host_pending` and `bulkhead_host_mask`, because hosts have them at
/// different places (`host_words!`).
#[cfg(target_arch = "sparc")]
pub mod words {
    use super::processor::interface;

    /// The enable word.
    pub const ENABLED: usize = interface::ENABLED;
    /// Where PSR has the interrupt level. The enable word is one more than the level in this place, and 0 for the
    /// highest.
    pub const LEVEL: u32 = interface::LEVEL;
    /// A word of the executive's own, which needs no register for its address. 0 at the partition's start.
    pub const EXECUTIVE: usize = interface::EXECUTIVE;
    /// The traps that tell an executive how many frames it has to store, and turn floating point on and off.
    pub const FRAMES_TRAP: u8 = interface::FRAMES_TRAP;
    /// See `FRAMES_TRAP`.
    pub const FLOATING_POINT_TRAP: u8 = interface::FLOATING_POINT_TRAP;
    /// The pending word.
    pub const PENDING: usize = interface::PENDING;
    /// The mask word.
    pub const MASK: usize = interface::MASK;
}
