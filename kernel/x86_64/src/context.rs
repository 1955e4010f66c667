//! What the processor holds of a partition, and where it is kept while another one runs.

use bulkhead_abi::START_MAGIC;
use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_cell::Single;

use crate::arch::Segments;

/// The registers of a guest in the order in which entry and processor push them, the last pushed first.
#[repr(C)]
pub(crate) struct Registers {
    pub(crate) rdi: u64,
    pub(crate) rsi: u64,
    pub(crate) rbp: u64,
    pub(crate) rbx: u64,
    pub(crate) rdx: u64,
    pub(crate) rcx: u64,
    pub(crate) rax: u64,
    pub(crate) vector: u64,
    pub(crate) error: u64,
    pub(crate) rip: u64,
    pub(crate) cs: u64,
    pub(crate) rflags: u64,
    pub(crate) rsp: u64,
    pub(crate) ss: u64,
}

/// Flags at an entry of the guest: interrupts of the hardware on, bit 1 always set, everything else clear.
pub(crate) const ENTRY_FLAGS: u64 = 0x202;

/// Bytes of what the processor pushes.
const FRAME_SIZE: u64 = 5 * 8;

impl Registers {
    const ZERO: Self = Self {
        rdi: 0,
        rsi: 0,
        rbp: 0,
        rbx: 0,
        rdx: 0,
        rcx: 0,
        rax: 0,
        vector: 0,
        error: 0,
        rip: 0,
        cs: i386::CODE_SELECTOR as u64,
        rflags: ENTRY_FLAGS,
        rsp: 0,
        ss: i386::DATA_SELECTOR as u64,
    };
}

/// The x87 and SSE state as `fxsave` lays it out (Intel SDM volume 1, table 10-2).
#[repr(C, align(16))]
pub(crate) struct FloatingPoint([u8; 512]);

impl FloatingPoint {
    /// The state after `fninit`, with all SSE exceptions masked.
    const RESET: Self = {
        let mut bytes = [0; 512];
        // x87 control word: all exceptions masked, 64-bit precision.
        bytes[0] = 0x7f;
        bytes[1] = 0x03;
        // MXCSR: all exceptions masked.
        bytes[24] = 0x80;
        bytes[25] = 0x1f;
        Self(bytes)
    };
}

/// A partition's processor state.
///
/// The task state segment points to the end of `registers`. The padding before them takes what processor and entry
/// push if a fault of the kernel's own interrupts the few instructions of an entry or of the way out, so that even then
/// no other state is harmed: from there the kernel goes on on the stack for failures.
#[repr(C, align(64))]
pub(crate) struct Context {
    floating_point: FloatingPoint,
    pub(crate) page_tables: u64,
    pub(crate) tls_base: u32,
    segments: Segments,
    padding: [u64; 15],
    pub(crate) registers: Registers,
}

impl Context {
    /// Offsets that a debugger asks for.
    pub(crate) const SEGMENTS: usize = core::mem::offset_of!(Self, segments);
    pub(crate) const FLOATING_POINT: usize = core::mem::offset_of!(Self, floating_point);

    const ZERO: Self = Self {
        floating_point: FloatingPoint::RESET,
        page_tables: 0,
        tls_base: 0,
        segments: Segments { ds: 0, es: 0, fs: 0, gs: 0 },
        padding: [0; 15],
        registers: Registers::ZERO,
    };

    /// Puts everything but the page tables into the state of the entry point.
    pub(crate) fn reset(&mut self, entry: u64, start_information: u64) {
        self.floating_point = FloatingPoint::RESET;
        self.tls_base = 0;
        self.segments = Segments::START;
        self.registers =
            Registers { rip: entry, rax: u64::from(START_MAGIC), rbx: start_information, ..Registers::ZERO };
    }

    /// Keeps what the processor holds of the partition, besides what its entry has pushed.
    #[inline(always)]
    pub(crate) fn save(&mut self) {
        // SAFETY: the field is 512 bytes at a multiple of 16, as `fxsave` demands, and CR4.OSFXSR is on. The 32-bit
        // form keeps the instruction pointer's selector, which 32-bit guests can see.
        unsafe { core::arch::x86_64::_fxsave(self.floating_point.0.as_mut_ptr()) };
        self.segments = Segments::save();
    }

    /// Gives the processor back what it held of the partition.
    ///
    /// # Safety
    /// The descriptor of the TLS segment must be this partition's already.
    #[inline(always)]
    pub(crate) unsafe fn restore(&self) {
        // `fxrstor` leaves the x87 instruction and data pointers as they are when no exception waits, on some
        // processors (AMD APM volume 2, 11.4.4); `fninit` clears them first.
        // SAFETY: the image is what `fxsave` stored, or `RESET`: no reserved bit of MXCSR is set, so that it cannot
        // fault. The segment values are the guest's own.
        unsafe {
            core::arch::asm!("fninit", options(nostack));
            core::arch::x86_64::_fxrstor(self.floating_point.0.as_ptr());
            self.segments.load();
        }
    }

    /// Where the stack of an entry from this partition begins, and where its frame lies then.
    #[inline(always)]
    pub(crate) fn entry_stack(&self) -> (u64, u64) {
        let top = core::ptr::from_ref(&self.registers).wrapping_add(1) as u64;
        (top, top - FRAME_SIZE)
    }
}

// The processor aligns the stack down to 16 bytes when it enters the kernel: that must change nothing.
const _: () = {
    assert!(core::mem::offset_of!(Context, registers).is_multiple_of(16));
    assert!(core::mem::size_of::<Registers>() == 14 * 8);
    assert!(core::mem::offset_of!(Registers, vector) == 56);
    assert!(core::mem::offset_of!(Registers, cs) == 80);
    assert!(core::mem::offset_of!(Registers, rflags) == 88);
    assert!(core::mem::offset_of!(Registers, ss) == 104);
};

/// The context of every partition.
pub(crate) static CONTEXTS: Single<[Context; PARTITIONS_MAX]> =
    Single::new([const { Context::ZERO }; PARTITIONS_MAX]);
