//! POK for x86, as its partitions see it: ring 3, segments that begin at address 0, calls through `int $42`.

/// The interrupt vector of a call: number in `eax`, address of a [`Arguments`] in `ebx`, answer in `eax`, every other
/// register kept.
pub const CALL_VECTOR: u8 = 42;

/// The numbers of the calls that a partition makes.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Writes to the console: address, bytes.
    ConsoleWrite = 10,
    /// Reads one character from the console: address of the character.
    ConsoleRead = 11,
    /// Reads the clock: address of 64 bits for nanoseconds.
    ClockRead = 20,
}

/// What a call's `ebx` points to.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// How many arguments there are.
    pub count: u32,
    /// The arguments; the rest is 0.
    pub values: [u32; 5],
}

/// The time between two looks at the schedule in nanoseconds: windows begin and end with one.
pub const QUANTUM: u64 = 1_000_000;
