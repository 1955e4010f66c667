//! The machines that kernels run on.

use crate::system_table::ByteOrder;

/// A machine that a kernel runs on, as the tool and the kernel's check of the system table know it.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMap {
    /// Physical address where RAM begins.
    pub memory_start: u64,
    /// Physical address of the system table. The kernel itself lies below.
    pub table: u64,
    /// The order of the bytes of a word.
    pub order: ByteOrder,
    /// First address of a partition's memory in the partition's own addresses.
    pub partition_memory: u64,
    /// The most memory that a kernel maps, in bytes from `memory_start` on.
    pub memory_max: u64,
    /// The most memory that a partition can have, in bytes.
    pub partition_memory_max: u64,
    /// The shortest window, in executed instructions: what the kernel's longest path may take and a switch behind it,
    /// so that no window is over before its partition has had the processor. The budgets of docs/performance.md, which
    /// tests hold the kernel to.
    pub window_min: u32,
    /// How large a partition's room for page tables and interface pages is, given how far its memory and the
    /// regions behind it reach; both in bytes.
    pub tables_size: fn(u64) -> u64,
}

/// A PC with an x86-64 processor; partitions are i386 code.
pub const X86_64: MemoryMap = MemoryMap {
    memory_start: 0,
    table: crate::system_table::PHYSICAL_ADDRESS_X86_64,
    order: ByteOrder::Little,
    // What QEMU's q35 machine always maps in one piece below 4 GiB.
    memory_max: 2 << 30,
    partition_memory: crate::machine::i386::MEMORY_BASE as u64,
    partition_memory_max: crate::machine::i386::MEMORY_SIZE_MAX as u64,
    window_min: 1_000 + 600,
    tables_size: crate::system_table::tables_size_x86_64,
};

/// A LEON3 system: SPARC V8 with the reference MMU.
pub const LEON3: MemoryMap = MemoryMap {
    memory_start: 0x4000_0000,
    table: 0x4010_0000,
    order: ByteOrder::Big,
    // Up to the peripheral bus, whose bridge is at 0x8000_0000.
    memory_max: 1 << 30,
    partition_memory: crate::sparc::MEMORY_BASE as u64,
    partition_memory_max: crate::sparc::MEMORY_SIZE_MAX as u64,
    window_min: 3_000 + 860,
    tables_size: crate::system_table::tables_size_leon3,
};
