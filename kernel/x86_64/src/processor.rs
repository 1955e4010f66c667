//! What this processor has, and the control registers that make use of it.

use core::arch::x86_64::{__cpuid, __cpuid_count};

use bulkhead_kernel_core::identification;

use crate::arch::{self, msr};

/// Features that change what the kernel does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// The kernel may not touch pages of level 3.
    pub(crate) smap: bool,
    /// The kernel may not execute pages of level 3.
    pub(crate) smep: bool,
    /// Level 3 may not read descriptor table registers.
    pub(crate) umip: bool,
    /// The local APIC's timer can count to a time stamp.
    pub(crate) tsc_deadline: bool,
}

// Control register 0 (Intel SDM volume 3A, 2.5).
const CR0_MONITOR_COPROCESSOR: u64 = 1 << 1;
const CR0_EMULATION: u64 = 1 << 2;
const CR0_TASK_SWITCHED: u64 = 1 << 3;
const CR0_NUMERIC_ERROR: u64 = 1 << 5;
const CR0_WRITE_PROTECT: u64 = 1 << 16;
const CR0_ALIGNMENT_MASK: u64 = 1 << 18;
const CR0_CACHE_OFF: u64 = 3 << 29;

// Control register 4.
const CR4_PHYSICAL_ADDRESS_EXTENSION: u64 = 1 << 5;
const CR4_MACHINE_CHECK: u64 = 1 << 6;
const CR4_GLOBAL_PAGES: u64 = 1 << 7;
const CR4_FXSAVE: u64 = 1 << 9;
const CR4_SSE_EXCEPTIONS: u64 = 1 << 10;
const CR4_UMIP: u64 = 1 << 11;
const CR4_SMEP: u64 = 1 << 20;
const CR4_SMAP: u64 = 1 << 21;

/// Asks the processor what it has (Intel SDM volume 2A, `CPUID`).
pub(crate) fn features() -> Features {
    let (highest, basic) = (__cpuid(0).eax, __cpuid(1));
    let (ebx, ecx) = if highest >= 7 {
        let extended = __cpuid_count(7, 0);
        (extended.ebx, extended.ecx)
    } else {
        (0, 0)
    };
    Features {
        smap: ebx & 1 << 20 != 0,
        smep: ebx & 1 << 7 != 0,
        umip: ecx & 1 << 2 != 0,
        tsc_deadline: basic.ecx & 1 << 24 != 0,
    }
}

/// Time stamps per second, where the processor says so.
pub(crate) fn time_stamp_frequency() -> Option<u64> {
    identification::time_stamp_frequency(__cpuid(0).eax, |leaf| {
        let said = __cpuid(leaf);
        [said.eax, said.ebx, said.ecx, said.edx]
    })
}

// The extended feature register (Intel SDM volume 3A, 2.2.1): long mode, that it is on, and pages without execution.
// What is not among these is off, `syscall` for one.
const EXTENDED_FEATURES: u64 = 1 << 8 | 1 << 10 | 1 << 11;

/// The memory types by page attributes as a reset leaves them (Intel SDM volume 3A, 11.12.4).
const PAGE_ATTRIBUTES: u64 = 0x0007_0406_0007_0406;

/// Sets what a loader may have left otherwise, and what a guest would get to: entries that are not in the interrupt
/// table, breakpoints, memory types.
fn claim() {
    // SAFETY: every processor with long mode has these registers; the kernel uses no memory type but those of a reset.
    unsafe {
        arch::msr_write(msr::EXTENDED_FEATURES, arch::msr_read(msr::EXTENDED_FEATURES) & EXTENDED_FEATURES);
        for register in msr::SYSENTER {
            arch::msr_write(register, 0);
        }
        arch::msr_write(msr::PAGE_ATTRIBUTES, PAGE_ATTRIBUTES);
        arch::clear_breakpoints();
    }
}

/// Sets the control registers: everything that level 3 could do and does not need is off, AVX and the FS and GS base
/// instructions among it.
pub(crate) fn configure(features: Features) {
    claim();
    let off = CR0_EMULATION | CR0_TASK_SWITCHED | CR0_ALIGNMENT_MASK | CR0_CACHE_OFF;
    let on = CR0_MONITOR_COPROCESSOR | CR0_NUMERIC_ERROR | CR0_WRITE_PROTECT;
    let cr0 = arch::cr0() & !off | on;
    let mut cr4 = CR4_PHYSICAL_ADDRESS_EXTENSION | CR4_MACHINE_CHECK | CR4_GLOBAL_PAGES;
    cr4 |= CR4_FXSAVE | CR4_SSE_EXCEPTIONS;
    for (has, bit) in [(features.smap, CR4_SMAP), (features.smep, CR4_SMEP), (features.umip, CR4_UMIP)] {
        if has {
            cr4 |= bit;
        }
    }
    // SAFETY: paging stays on, and the bits are those that every processor with long mode has or that `features`
    // found.
    unsafe { arch::set_control(cr0, cr4) };
}
