//! POK for x86, as its partitions see it: ring 3, segments that begin at address 0, calls through `int $42`; and what
//! our file in its kernel adds (`hosts/pok/kernel/bulkhead.c`).

#![no_std]
#![forbid(unsafe_code)]

use bulkhead_abi::machine::i386;
use bulkhead_abi::{Hypercall, InformationPage};

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
    assert!(DATA as usize + size_of::<Data>() <= bulkhead_abi::PAGE_SIZE);
    assert!(SHARED_PAGE == INFORMATION_PAGE + bulkhead_abi::PAGE_SIZE as u32);
    assert!(i386::MEMORY_BASE == SHARED_PAGE + bulkhead_abi::PAGE_SIZE as u32);
};
