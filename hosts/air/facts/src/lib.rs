//! AIR 5.6 for SPARC, as its partitions see it: user mode of the processor, calls through `ta 0` and `ta 2`, a table of
//! handlers for everything that traps; and the words that the tool leaves for the binding.

#![no_std]
#![forbid(unsafe_code)]

use core::mem::{offset_of, size_of};

use bulkhead_abi::{PAGE_SIZE, PortDirection, PortKind, StartInformation, Word64};

/// The software trap of the kernel's services: number in `%o5`, arguments from `%o0` on, the answer in `%o0`, in `%o0`
/// and `%o1` where it has 64 bits; every other register is kept.
pub const SERVICE_TRAP: u8 = 0;

/// The software trap for what a partition does to its virtual processor: registers as for [`SERVICE_TRAP`].
pub const PROCESSOR_TRAP: u8 = 2;

/// The numbers of the services that the binding asks for.
///
/// During those that are said to be *divisible*, a tick is neither delivered nor kept for later.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The ticks since the first major frame began, 64 bits.
    Ticks = 9,
    /// How a partition stands: [`OWN`], address of a [`Status`]. Divisible.
    Status = 12,
    /// Sets a partition's mode: [`OWN`], a [`Mode`].
    SetMode = 13,
    /// How a port stands: kind, [`OWN`], number, address of what is told: [`QueueStatus`]. Divisible.
    PortStatus = 20,
    /// Creates a port: kind, address of its name of [`NAME_SIZE`] bytes, address of a [`QueueStatus`] or
    /// [`SamplingStatus`] with what the configuration says, address of a word for its number. Divisible.
    CreatePort = 22,
    /// Reads a port: kind, number, address, address of a word for the length, address of a [`SamplingStatus`].
    /// All of the message is stored. Divisible.
    ReadPort = 23,
    /// Writes a port: kind, number, address, bytes, address of a status that is not looked at. Divisible.
    WritePort = 24,
    /// What has happened since the last time this was asked, as bits: [`WINDOW_STARTS`].
    Events = 28,
    /// Takes the last error off the health monitor: address of two words for it. Divisible.
    TakeError = 33,
    /// Writes to the console: address, bytes; ends at a zero. Divisible.
    Print = 36,
    /// Gives up the rest of the window.
    EndWindow = 42,
}

/// The numbers of what a partition does to its virtual processor.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// Turns traps off: ticks wait.
    TrapsOff = 2,
    /// Turns traps on: a tick that waits comes at once.
    TrapsOn = 3,
    /// Sets the address of the table of handlers.
    SetTable = 7,
    /// Sets the condition codes and the rest of PSR.
    SetState = 9,
    /// Goes on in the window above, traps on: program counter, next one, that window's stack pointer.
    Return = 10,
}

/// The partition itself, where a call wants the number of one.
pub const OWN: u32 = u32::MAX;

/// The modes of a partition.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It runs no more.
    Idle = 0,
    /// Its image is loaded and entered.
    ColdStart = 1,
    /// The same; not from the mode that a cold start leaves.
    WarmStart = 2,
    /// It runs.
    Normal = 3,
}

/// The event of a window that has begun.
pub const WINDOW_STARTS: u32 = 0x20;

/// How many handlers the table has: addresses, 0 for none.
pub const HANDLERS: usize = 256;

/// The first and the last trap number of an interrupt; the tick's is one of them.
pub const INTERRUPTS: (u32, u32) = (0x11, 0x1e);

/// Traps without a handler here. Those of windows and calls are the kernel's own; but after a service in C it looks
/// into the table for the trap of services too. To the last one the health monitor's errors go if it has a handler;
/// without one each goes to its own.
pub const NOT_HANDLED: [u32; 6] = [0x05, 0x06, 0x80, 0x82, 0x83, 0x84];

/// From this trap number on a trap is a software trap, and the health monitor has nothing to do with it. For those
/// below it has passed over the instruction before the handler runs.
pub const SOFTWARE_TRAPS: u32 = 0x80;

/// Bits of PSR that a partition runs with besides its condition codes: floating point on.
pub const STATE: u32 = 0x1000;

/// Bytes of a name.
pub const NAME_SIZE: usize = 256;

/// What [`Service::Status`] tells.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Number and window, period, duration.
    pub schedule: [u32; 6],
    /// Identifier and permissions.
    pub partition: [u32; 2],
    /// A [`Mode`].
    pub mode: u32,
    /// Why it was started: 0 with the system.
    pub condition: u32,
    /// Its state.
    pub state: u32,
    /// How often it was started again.
    pub restarts: u32,
}

/// What AIR calls the kind of a port.
#[must_use]
pub const fn kind(kind: PortKind) -> u32 {
    match kind {
        PortKind::Queuing => 1,
        PortKind::Sampling => 2,
    }
}

/// What AIR calls a direction.
#[must_use]
pub const fn direction(direction: PortDirection) -> u32 {
    match direction {
        PortDirection::Source => 0,
        PortDirection::Destination => 1,
    }
}

/// A queuing port: as the configuration has it, or how it stands.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStatus {
    /// How many messages wait.
    pub messages: u32,
    /// How many can wait.
    pub depth: u32,
    /// The longest message in bytes.
    pub message_size: u32,
    /// [`direction`].
    pub direction: u32,
    /// Nothing: 0.
    pub discipline: u32,
}

/// A sampling port: as the configuration has it, or what came with a message. The binding knows itself how long one is
/// valid, so that the period is 0.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplingStatus {
    /// How long a message is valid, in ticks; when it was written.
    pub times: [u32; 4],
    /// The longest message in bytes.
    pub message_size: u32,
    /// [`direction`].
    pub direction: u32,
    /// Nothing, age, news, validity.
    pub rest: [u32; 4],
    /// How it is to be read: 0 whatever the message is.
    pub operation: u32,
}

/// What the configuration calls a port of a partition: its number.
#[must_use]
pub const fn port_name(number: u32) -> [u8; 4] {
    [b'p', b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8, 0]
}

/// Where every partition's memory begins, in its own addresses; the kernel's is below.
pub const MEMORY: u32 = 0x4100_0000;

/// Where the memory of a partition's program begins: behind all that the tool leaves for the binding, unless its ports
/// have more messages than that.
pub const PROGRAM: u32 = MEMORY + (1 << 20);

/// The first address that no partition can have.
pub const MEMORY_END: u32 = 0x8000_0000;

/// What a partition's memory is given in: with the largest of AIR's units no partition lies where the kernel's own map
/// reaches in every partition.
pub const UNIT: u64 = 16 << 20;

/// Memory of the machine below all partitions: the kernel with its configuration and the images.
pub const KERNEL_MEMORY: u64 = 16 << 20;

/// The longest tick in nanoseconds, for a clock that is not too coarse, and the shortest.
pub const TICK: (u64, u64) = (1_000_000, 20_000);

/// A window of a partition in the major frame: start and end in nanoseconds.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Window {
    /// When it begins.
    pub start: Word64,
    /// When it ends.
    pub end: Word64,
}

/// What the tool leaves for the binding where the partition's memory begins, on pages of its own.
#[repr(C)]
#[derive(Debug)]
pub struct Block {
    /// What the partition is told about itself.
    pub start: StartInformation,
    /// Nanoseconds of a tick.
    pub tick: u32,
    /// First byte behind all that the image loads: a cold restart clears what follows.
    pub image_end: u32,
    /// Address of the partition's windows, and how many there are.
    pub windows: [u32; 2],
    /// Address of the partition's ports, and how many there are.
    pub ports: [u32; 2],
}

impl Block {
    /// Where the words behind the start information begin.
    pub const WORDS: usize = offset_of!(Self, tick);

    /// Bytes in memory.
    pub const SIZE: usize = size_of::<Self>();
}

const _: () = {
    assert!(size_of::<Status>() == 48);
    assert!(size_of::<SamplingStatus>() == 48);
    assert!(size_of::<QueueStatus>() == 20);
    assert!(Block::SIZE <= PAGE_SIZE);
    assert!((PROGRAM as usize).is_multiple_of(PAGE_SIZE));
    assert!(size_of::<Window>() == 16);
};
