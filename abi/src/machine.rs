//! What the interface leaves to each processor: where things lie and how a call is made.

use crate::system_table::ByteOrder;

/// A machine that a kernel runs on, as the tool and the kernel's check of the system table know it.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// Physical address where RAM begins.
    pub memory_start: u64,
    /// Physical address of the system table. The kernel itself lies below.
    pub table: u64,
    /// The order of the bytes of a word.
    pub order: ByteOrder,
    /// First address of a partition's memory in the partition's own addresses.
    pub partition_memory: u64,
    /// The most memory that a partition can have, in bytes.
    pub partition_memory_max: u64,
    /// How large a partition's room for page tables and interface pages is, given the size of its memory; both in
    /// bytes.
    pub tables_size: fn(u64) -> u64,
}

/// A PC with an x86-64 processor; partitions are i386 code.
pub const X86_64: Board = Board {
    memory_start: 0,
    table: crate::system_table::PHYSICAL_ADDRESS_X86_64,
    order: ByteOrder::Little,
    partition_memory: i386::MEMORY_BASE as u64,
    partition_memory_max: i386::MEMORY_SIZE_MAX as u64,
    tables_size: crate::system_table::tables_size_x86_64,
};

/// A LEON3 system: SPARC V8 with the reference MMU.
pub const LEON3: Board = Board {
    memory_start: 0x4000_0000,
    table: 0x4010_0000,
    order: ByteOrder::Big,
    partition_memory: sparc::MEMORY_BASE as u64,
    partition_memory_max: sparc::MEMORY_SIZE_MAX as u64,
    tables_size: crate::system_table::tables_size_leon3,
};

/// SPARC V8 guests: user mode, register windows.
pub mod sparc {
    /// The software trap of a hypercall, `ta 0x20`.
    ///
    /// Number in `%g1`, arguments in `%o0` and `%o1`; result in `%o0`; every other register is kept.
    pub const HYPERCALL_TRAP: u8 = 0x20;

    /// The software trap that reads the clock: nanoseconds, high half in `%o0`, low half in `%o1`; every other
    /// register is kept. The processor has no cycle counter that user mode may read on every LEON3.
    pub const CLOCK_TRAP: u8 = 0x21;

    /// The software trap that returns from an upcall: as `restore`, then the program counter from `%o0`, the next
    /// program counter from `%o1` and the condition codes from `%o2` (laid out as in PSR), all three as the trap
    /// finds them before it restores. Interrupts are enabled, and what is due is delivered.
    pub const RETURN_TRAP: u8 = 0x22;

    /// The software trap that returns from a fault upcall: the program counter from `%g1`, the next one from `%g2`,
    /// the condition codes from `%g3` (laid out as in PSR). The two registers `%g1` and `%g2` are loaded from the
    /// words at [`SCRATCH`] and the next one, `%g3` from the one after it, all other registers are kept. The enable
    /// word is loaded from the fourth word there, `busy` of the fault record is cleared, and what is due is delivered.
    pub const FAULT_RETURN_TRAP: u8 = 0x23;

    /// Where the information page is mapped, read-only.
    pub const INFORMATION_PAGE: u32 = 0xffff_e000;

    /// Where the shared page is mapped: the last page, which `[%g0 + simm13]` reaches, so that its words need no
    /// register for an address.
    pub const SHARED_PAGE: u32 = 0xffff_f000;

    /// The upper half of the shared page, which is the partition's own.
    pub const SCRATCH: u32 = SHARED_PAGE + 0x800;

    /// Where a partition's memory begins and its image is linked. Everything below is unmapped.
    pub const MEMORY_BASE: u32 = 0x0010_0000;

    /// The most memory a partition can have, in bytes: up to where RAM begins on a LEON3.
    pub const MEMORY_SIZE_MAX: u32 = 0x4000_0000 - MEMORY_BASE;

    // State at the entry point: `%o0` is [`crate::START_MAGIC`], `%o1` the address of the start information, `%sp` and
    // all other registers are 0; the floating-point unit is on, its registers and FSR are 0.
    //
    // `UpcallRecord::flags` and `FaultRecord::flags` hold PSR as the guest sees it in the low half and the next
    // program counter in the high half.
}

/// i386 guests: 32-bit protected mode, flat segments, privilege level 3.
pub mod i386 {
    /// The interrupt vector of a hypercall, `int $0x80`.
    ///
    /// Number in `eax`, arguments in `ebx`, `ecx`, `edx`; result in `eax`; every other register is kept.
    pub const HYPERCALL_VECTOR: u8 = 0x80;

    /// Where the information page is mapped, read-only.
    pub const INFORMATION_PAGE: u32 = 0x000f_e000;

    /// Where the shared page is mapped.
    pub const SHARED_PAGE: u32 = 0x000f_f000;

    /// Where a partition's memory begins and its image is linked. Everything below the information page is
    /// unmapped, so that a null pointer faults.
    pub const MEMORY_BASE: u32 = 0x0010_0000;

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
