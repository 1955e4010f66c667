//! SPARC V8 guests: user mode, register windows.

/// The software trap of a hypercall, `ta 0x20`.
///
/// Number in `%g1`, arguments in `%o0` to `%o4`; result in `%o0`; every other register is kept.
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
