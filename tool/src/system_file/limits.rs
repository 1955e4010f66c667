//! What a system file's numbers may be, where the interface crate does not say it.

/// Memory of the machine if the system file names none, in bytes.
pub const MACHINE_MEMORY_DEFAULT: u64 = 128 << 20;

/// The least memory a machine can have, in bytes: kernel, table and something to run.
pub const MACHINE_MEMORY_MIN: u64 = 4 << 20;

/// The slowest clock of a LEON3 board, in hertz.
pub const LEON3_CLOCK_MIN: u32 = 1_000_000;
/// The fastest.
pub const LEON3_CLOCK_MAX: u32 = 4_000_000_000;

/// The longest major frame in nanoseconds: one hour.
pub const MAJOR_FRAME_MAX: u64 = 3_600_000_000_000;

/// The least time of an instruction of the kernel's, in nanoseconds: what QEMU's `-icount shift=0` counts.
pub const INSTRUCTION_TIME_MIN: u64 = 1;
/// The most.
pub const INSTRUCTION_TIME_MAX: u64 = 10_000;

/// The longest refresh period of a sampling channel in nanoseconds: the kernel takes up to 2^62.
pub const REFRESH_MAX: u64 = 4_000_000_000_000_000_000;

/// The longest time of a watchdog, of a lateness and of a restart period, in nanoseconds: less than the kernel takes.
pub(crate) const TIME_MAX: u64 = REFRESH_MAX;

/// The unit of a machine's memory, in bytes.
pub(super) const MACHINE_MEMORY_UNIT: u64 = 1 << 20;

/// Characters of a name besides letters and digits.
pub(super) const NAME_EXTRA: &str = "-_.";
