//! What the interface leaves to each processor: where things lie and how a call is made.

pub use crate::memory_map::{LEON3, MemoryMap, X86_64};
pub use crate::sparc;

/// i386 guests: 32-bit protected mode, flat segments, privilege level 3.
pub mod i386 {
    /// The interrupt vector of a hypercall, `int $0x80`.
    ///
    /// Number in `eax`, arguments in `ebx`, `ecx`, `edx`, `esi`, `edi`; result in `eax`; every other register is kept.
    pub const HYPERCALL_VECTOR: u8 = 0x80;

    /// Where the information page is mapped, read-only.
    pub const INFORMATION_PAGE: u32 = 0x0010_e000;

    /// Where the shared page is mapped.
    pub const SHARED_PAGE: u32 = 0x0010_f000;

    /// Where a partition's memory begins and its image is linked. Everything below the information page is
    /// unmapped, so that a null pointer faults.
    ///
    /// Nothing below is executable, and that is as far as the processor's virtual-8086 mode reaches: a guest that gets
    /// there, which some emulators allow, does not execute one instruction in it.
    pub const MEMORY_BASE: u32 = 0x0011_0000;

    /// The most memory a partition can have, in bytes: up to the last 16 MiB of the address space.
    pub const MEMORY_SIZE_MAX: u32 = 0xff00_0000 - MEMORY_BASE;

    /// Code segment selector of a guest.
    pub const CODE_SELECTOR: u16 = 0x23;

    /// Data and stack segment selector of a guest.
    pub const DATA_SELECTOR: u16 = 0x2b;

    /// Selector of the thread-local storage segment: 4 GiB from the base that [`crate::Hypercall::SetTlsBase`]
    /// gave. The call also loads `gs` with it.
    ///
    /// It is entry 3 of the table because RTEMS loads that entry into `gs` by itself (`0x18`, asking for level 0,
    /// which a segment of level 3 allows a guest), in code that no link-time pack can replace.
    pub const TLS_SELECTOR: u16 = 0x1b;

    // State at the entry point: `ebx` holds the address of the start information, `eax` is
    // [`crate::START_MAGIC`], `esp` is 0, the direction flag is clear, segments are flat, the x87 and SSE units
    // are in their reset state with all exceptions masked.
}
