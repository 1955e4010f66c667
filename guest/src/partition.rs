//! The partition itself: what it was told at its start, its status, and its end.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{Error, Mode, PartitionDescription, PartitionStatus, StartInformation, TickPolicy};

use crate::arch::{Arch, Processor};
use crate::host::{Host, Kernel};

/// How to start a partition again.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// All memory is set up anew.
    Cold = 0,
    /// Memory outside the image stays as it is.
    Warm = 1,
}

/// A window of the partition as it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many windows of the partition have begun, this one included.
    pub number: u32,
    /// When it was to begin by the schedule, in nanoseconds of the clock.
    pub start: u64,
    /// When it ends, in nanoseconds of the clock.
    pub end: u64,
}

/// What the partition was told at its start.
#[must_use]
pub fn start_information() -> &'static StartInformation {
    Kernel::start_information(Processor::start_information())
}

/// What stands before the first zero: names and command lines are padded with zeros.
#[must_use]
pub fn before_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The text up to the first zero, or as far as it is UTF-8.
fn text(bytes: &[u8]) -> &str {
    let bytes = before_zero(bytes);
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// The partition's name in the system file.
#[must_use]
pub fn name() -> &'static str {
    text(&start_information().name)
}

/// The partition's command line in the system file.
#[must_use]
pub fn command_line() -> &'static str {
    text(&start_information().command_line)
}

/// The partition's memory, as addresses.
#[must_use]
pub fn memory() -> Range<usize> {
    let information = start_information();
    let base = information.memory_base.load() as usize;
    base..base + information.memory_size.load() as usize
}

/// Whether bytes are the partition's own memory: what a kernel would look at, for bindings that use them themselves.
///
/// # Errors
/// `BadAddress` if one of them is not.
pub fn own(bytes: &[u8]) -> Result<(), Error> {
    let range = bytes.as_ptr_range();
    if is_own(&(range.start as usize..range.end as usize)) { Ok(()) } else { Err(Error::BadAddress) }
}

/// Whether addresses are in the partition's memory. Where there is no byte, none is elsewhere.
fn is_own(range: &Range<usize>) -> bool {
    let memory = memory();
    range.is_empty() || range.start >= memory.start && range.end <= memory.end
}

/// What is to become of clock ticks whose time passed while the partition was switched out.
#[must_use]
pub fn tick_policy() -> TickPolicy {
    let word = start_information().tick_policy.load(Ordering::Relaxed);
    if word == TickPolicy::Skip as u32 { TickPolicy::Skip } else { TickPolicy::CatchUp }
}

/// The window that runs now. Costs no call into the kernel.
#[must_use]
pub fn window() -> Window {
    let (number, start, end) = Kernel::window();
    Window { number, start, end }
}

/// The partition's status.
///
/// # Errors
/// What the kernel answered; none is expected.
pub fn status() -> Result<PartitionStatus, Error> {
    Kernel::status()
}

/// Gives up the processor until a line that is let through is pending or the partition's next window begins. With
/// interrupts enabled, the handlers have run when this returns; with interrupts disabled it returns all the same, so
/// that nothing is missed between a decision to idle and this call.
pub fn idle() {
    Kernel::idle();
}

/// Ends the partition. 0 means that all went well.
pub fn halt(status: u32) -> ! {
    Kernel::halt(status)
}

/// Starts the partition again. Returns only if the kernel refuses.
pub fn restart(kind: Restart) -> Error {
    Kernel::restart(kind as u32)
}

/// Changes the partition's mode; whether that was not its mode already. Only [`Mode::Normal`] returns: the others end
/// the partition, or start it again.
///
/// # Errors
/// `InvalidMode` for a warm start while a cold one is not done.
pub fn set_mode(mode: Mode) -> Result<bool, Error> {
    Kernel::set_mode(mode)
}

/// Whether the program has a service whose answer depends on the mode: the linker script says so.
#[cfg(target_os = "none")]
fn manages_modes() -> bool {
    unsafe extern "C" {
        static bulkhead_manages_modes: u32;
    }
    // SAFETY: the linker script has a word there, which the compiler must not guess.
    unsafe { (&raw const bulkhead_manages_modes).read_volatile() != 0 }
}

/// A simulated partition's program is a test.
#[cfg(not(target_os = "none"))]
const fn manages_modes() -> bool {
    false
}

/// The mode is [`Mode::Normal`] from now on, unless the program has services of ARINC 653 that depend on the mode. An
/// executive calls it before the program's first task executes.
pub fn begin_normal() {
    if !manages_modes() {
        // A kernel without modes needs none.
        let _ = set_mode(Mode::Normal);
    }
}

/// Stops a partition ([`Mode::Idle`]), or starts it again ([`Mode::ColdStart`], [`Mode::WarmStart`]); whether there was
/// something to do.
///
/// # Errors
/// `NotPermitted` for another than this one without the right `system`, `BadArgument` if there is no such partition or
/// for [`Mode::Normal`].
pub fn control(number: u32, mode: Mode) -> Result<bool, Error> {
    Kernel::partition_control(number, mode)
}

/// How a partition stands.
///
/// # Errors
/// `NotPermitted` for another than this one without the right `system`, `BadArgument` if there is no such partition.
pub fn describe(number: u32) -> Result<PartitionDescription, Error> {
    Kernel::partition_describe(number)
}

/// The number of the partition with this name in the system file. It asks the kernel for one after the other, so that a
/// program does it once.
///
/// # Errors
/// `NotPermitted` if there is none that this partition may know.
pub fn find(name: &str) -> Result<u32, Error> {
    find_bytes(name.as_bytes())
}

/// The same with a name that need not be text.
pub(crate) fn find_bytes(name: &[u8]) -> Result<u32, Error> {
    let is_named =
        |number: &u32| describe(*number).is_ok_and(|description| before_zero(&description.name) == name);
    (0..PARTITIONS_MAX as u32).find(is_named).ok_or(Error::NotPermitted)
}

/// The base that the kernel was last given; at first one that no thread has.
static TLS_BASE: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Sets the base address of the thread-local storage segment. Costs a call into the kernel only if it changes.
pub fn set_tls_base(base: usize) {
    if TLS_BASE.load(Ordering::Relaxed) == base {
        return;
    }
    // In this order: an interrupt in between may switch to another thread and back, which leaves the kernel and the
    // word agreeing on this thread's base, and then both are set to it once more.
    TLS_BASE.store(base, Ordering::Relaxed);
    Kernel::set_tls_base(base);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated;

    #[test]
    fn text_ends_at_the_first_zero_and_before_what_is_no_text() {
        assert_eq!(text(b"control\0\0\0"), "control");
        assert_eq!(text(b"control"), "control");
        assert_eq!(text(b"\0"), "");
        assert_eq!(text(b"caf\xc3\xa9 \xff!\0"), "caf\u{e9} ");
    }

    #[test]
    fn the_start_information_is_the_kernels() {
        assert_eq!(name(), "simulated");
        assert_eq!(command_line(), "rate=50 verbose");
        assert_eq!(memory(), 0x10_0000..0x50_0000);
    }

    #[test]
    fn bytes_are_the_partitions_own_from_the_first_to_the_last() {
        let Range { start, end } = memory();
        for range in [start..start + 1, start..end, end - 1..end, 0..0, end..end] {
            assert!(is_own(&range), "{range:#x?}");
        }
        for range in [start - 1..start, start - 1..start + 1, end - 1..end + 1, end..end + 1, 0..usize::MAX] {
            assert!(!is_own(&range), "{range:#x?}");
        }
        assert_eq!((own(b""), own(b"elsewhere")), (Ok(()), Err(Error::BadAddress)));
    }

    #[test]
    fn a_program_without_modes_is_in_the_normal_one() {
        assert_eq!(simulated::health::mode(), Mode::ColdStart);
        begin_normal();
        assert_eq!((simulated::health::mode(), set_mode(Mode::Normal)), (Mode::Normal, Ok(false)));
        assert_eq!((find("neighbour"), control(1, Mode::Idle)), (Ok(1), Ok(true)));
        assert_eq!(describe(1).map(|neighbour| neighbour.mode()), Ok(Mode::Idle));
    }

    #[test]
    fn the_kernel_is_told_a_storage_base_only_when_it_changes() {
        for base in [0x1000, 0x1000, 0x2000, 0x1000, 0x1000] {
            set_tls_base(base);
        }
        assert_eq!(simulated::tls_calls(), 3);
    }
}
