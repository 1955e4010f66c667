//! POK for x86, as its partitions see it: ring 3, segments that begin at address 0, calls through `int $42`; and what
//! our file in its kernel adds (`hosts/pok/kernel/bulkhead.c`).

#![no_std]
#![forbid(unsafe_code)]

use bulkhead_abi::machine::i386;
use bulkhead_abi::{Hypercall, InformationPage, PortDirection, PortKind};

/// The interrupt vector of a call: number in `eax`, address of a [`Arguments`] in `ebx`, answer in `eax`, every other
/// register kept. An answer other than 0 is an error.
pub const CALL_VECTOR: u8 = 42;

/// The numbers of POK's own calls that a guest makes.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Writes to the console: address, bytes.
    ConsoleWrite = 10,
    /// Reads one character from the console: address of the character. There is no telling that none has come.
    ConsoleRead = 11,
    /// Reads the clock: address of 64 bits for nanoseconds.
    ClockRead = 20,
    /// Reads a sampling port: port, address of room for its longest message, addresses of a word for the length and of
    /// one for the validity.
    SamplingRead = 102,
    /// Writes to a sampling port: port, address, bytes.
    SamplingWrite = 104,
    /// Sends to a queuing port: port, address, bytes, 0 for not waiting.
    QueuingSend = 111,
    /// Receives from a queuing port: port, 0 for not waiting, most bytes, address, address of a word for the length.
    /// POK's queues are of bytes: what was sent is not kept apart.
    QueuingReceive = 112,
    /// How many bytes there are to be received: port. Our file answers that.
    QueuingStatus = 114,
}

/// The number of a call of the partition interface: our file in the kernel has [`Hypercall::Idle`],
/// [`Hypercall::TimerSet`], [`Hypercall::SetTlsBase`], [`Hypercall::Halt`] and [`Hypercall::SetUpcalls`].
#[must_use]
pub const fn added(call: Hypercall) -> u32 {
    0x4255_0000 + call as u32
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

/// Where a guest's information page is: our file in the kernel knows this address and the next.
pub const INFORMATION_PAGE: u32 = i386::INFORMATION_PAGE;

/// Where a guest's shared page is.
pub const SHARED_PAGE: u32 = i386::SHARED_PAGE;

/// Where the time is in the information page: nanoseconds, low word first, changed only while the guest does not run.
pub const NOW: u32 = 0x800;

/// Where the program's data are in the information page: [`Data`].
pub const DATA: u32 = 0x810;

/// Where a program's data lie and what they are at its start, for a restart. Addresses.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// First byte of the data.
    pub begin: u32,
    /// First byte of the data that are zero.
    pub zeroed: u32,
    /// First byte after them.
    pub end: u32,
    /// A copy of what lies from `begin` to `zeroed`, above the partition's memory.
    pub copy: u32,
}

impl Data {
    /// The words as they lie in memory.
    #[must_use]
    pub const fn words(&self) -> [u32; 4] {
        [self.begin, self.zeroed, self.end, self.copy]
    }
}

/// Where it is said where the partition's ports are described, and how many there are, in the information page: two
/// words.
pub const PORTS: u32 = 0x820;

/// What POK calls the kind of a port.
#[must_use]
pub const fn kind(kind: PortKind) -> u8 {
    match kind {
        PortKind::Sampling => 2,
        PortKind::Queuing => 1,
    }
}

/// What POK calls a direction.
#[must_use]
pub const fn direction(direction: PortDirection) -> u8 {
    match direction {
        PortDirection::Source => 2,
        PortDirection::Destination => 1,
    }
}

/// The most bytes in a port of POK: it flushes them through a buffer of this size.
pub const PORT_SIZE_MAX: u64 = 512;

/// The most ports of POK, which counts them with 8 bits.
pub const PORTS_MAX: usize = 255;

/// Bytes of the port by which a queuing destination says how many messages it has taken: a word.
pub const TAKEN_SIZE: u32 = 4;

/// Bytes of a queue in POK for so many records of this size. POK takes a queue whose end meets its start for full or
/// empty by a flag; with one byte more they never meet, and its end moves with every message.
#[must_use]
pub const fn queue_size(record: u64, depth: u64) -> u64 {
    record * depth + 1
}

/// The selector of the data of the partition that runs, the same for every partition.
pub const DATA_SELECTOR: u16 = 253 << 3 | 3;

/// The time between two looks at the schedule in nanoseconds: windows begin and end with one.
pub const QUANTUM: u64 = 1_000_000;

/// The step of the clock in nanoseconds, as POK counts it: 11 cycles of 1193182 Hz.
pub const TICK: u64 = 9_219;

/// The most slots that a schedule can have: POK counts them with 8 bits.
pub const SLOTS_MAX: usize = 255;

/// Memory that POK takes besides its partitions, in bytes, the images in its own file apart: it begins at 1 MiB, and
/// has less than 100 KiB and two stacks for each partition.
pub const KERNEL_MEMORY: u64 = 4 << 20;

const _: () = {
    assert!(size_of::<InformationPage>() <= NOW as usize);
    assert!(NOW + 8 <= DATA);
    assert!(DATA as usize + size_of::<Data>() <= PORTS as usize);
    assert!(PORTS as usize + 8 <= bulkhead_abi::PAGE_SIZE);
    assert!(SHARED_PAGE == INFORMATION_PAGE + bulkhead_abi::PAGE_SIZE as u32);
    assert!(i386::MEMORY_BASE == SHARED_PAGE + bulkhead_abi::PAGE_SIZE as u32);
};
