//! i386: the functions that a kit built with `RTEMS_PARAVIRT` calls, and those of its `cpu_asm` and `idtr` objects.
//!
//! The offsets of RTEMS's structures are absolute symbols (`bulkhead_rtems_…`) that `kit/i386/processor.c` defines from
//! the kit's headers.

use core::arch::global_asm;

use bulkhead_cell::Single;
use bulkhead_guest::partition;

global_asm!(
    include_str!("interrupts.S"),
    include_str!("context.S"),
    include_str!("exceptions.S"),
    enabled_value = const INTERRUPTS_ENABLED,
    table = sym _Global_descriptor_table,
    set_thread_pointer = sym set_thread_pointer,
    options(att_syntax),
);

/// Bit 9 of EFLAGS, which is how RTEMS keeps interrupt states (`EFLAGS_INTR_ENABLE`).
const INTERRUPTS_ENABLED: u32 = 1 << 9;

/// The entry that RTEMS uses for processor 0.
const THREAD_POINTER_ENTRY: usize = 3;

/// RTEMS's idea of a descriptor table. Inline code of the kit writes descriptor 3, the thread pointer's segment, with
/// thread dispatching disabled.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static _Global_descriptor_table: Single<[[u32; 2]; 8]> = Single::new([[0; 2]; 8]);

/// Gives the kernel the base of the descriptor that RTEMS has written into its table (Intel SDM volume 3A, figure
/// 3-8: base 15:0 in the first word's upper half, 23:16 and 31:24 in the second word's lowest and highest byte).
#[unsafe(export_name = "bulkhead_rtems_set_thread_pointer")]
extern "C" fn set_thread_pointer() {
    // SAFETY: the table is plain memory; nobody writes it meanwhile.
    let [low, high] = unsafe { (*_Global_descriptor_table.address())[THREAD_POINTER_ENTRY] };
    partition::set_tls_base((low >> 16 | (high & 0xff) << 16 | high & 0xff00_0000) as usize);
}

/// What RTEMS expects before its first function runs: nothing.
pub(crate) const fn prepare() {}

/// Bytes of a cache line on every x86-64 processor so far.
pub(crate) const CACHE_LINE_SIZE: usize = 64;

/// Has the processor fetch its instructions anew: it does so by itself when it jumps to them (Intel SDM volume 3A,
/// 11.6).
pub(crate) const fn code_changed() {}

/// Whether [`cycles`] enters the kernel.
pub(crate) const READING_IS_A_CALL: bool = false;

/// The processor's cycle counter.
#[inline(always)]
pub(crate) fn cycles() -> u64 {
    // SAFETY: every processor that can run the kernel has the counter, and the kernel lets partitions read it.
    unsafe { core::arch::x86::_rdtsc() }
}
