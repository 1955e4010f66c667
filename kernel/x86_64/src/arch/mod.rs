//! What only assembly can say: the way into the kernel, and single instructions.
//!
//! The functions here are the processor's own instructions with names. Each is sound to call from the kernel
//! because it runs alone, at privilege level 0, with interrupts off; what a caller must see to besides is said.

use bulkhead_abi::Hypercall;
use bulkhead_abi::machine::i386::{CODE_SELECTOR, DATA_SELECTOR, HYPERCALL_VECTOR, TLS_SELECTOR};
#[cfg(feature = "trace")]
use bulkhead_abi::trace::{Header, Ring, STEP};
use core::arch::{asm, global_asm};
use core::mem::offset_of;

use crate::board::Board;
use crate::context::{CONTEXTS, Context, Registers};
use crate::descriptors::{DEVICE_VECTOR, TIMER_VECTOR};

global_asm!(include_str!("boot.S"));
global_asm!(
    include_str!("entry.S"),
    code_selector = const CODE_SELECTOR,
    data_selector = const DATA_SELECTOR,
    hypercall_vector = const HYPERCALL_VECTOR,
    timer_vector = const TIMER_VECTOR,
    device_vector = const DEVICE_VECTOR,
    first_message_call = const Hypercall::SamplingWrite as u32,
);
global_asm!(
    include_str!("debugger.S"),
    board = sym crate::BOARD,
    current = const Board::CURRENT,
    contexts = sym CONTEXTS,
    context_size = const size_of::<Context>(),
    registers = const offset_of!(Context, registers),
    segments = const Context::SEGMENTS,
    floating_point = const Context::FLOATING_POINT,
    page_tables = const offset_of!(Context, page_tables),
    clock_origin = const offset_of!(Board, origin),
    clock_multiplier = const offset_of!(Board, rates.to_nanoseconds.multiplier),
    clock_shift = const offset_of!(Board, rates.to_nanoseconds.shift),
);

/// Model-specific registers (Intel SDM volume 4, section 2.1).
pub(crate) mod msr {
    pub(crate) const APIC_BASE: u32 = 0x1b;
    pub(crate) const TSC_DEADLINE: u32 = 0x6e0;
    pub(crate) const PAGE_ATTRIBUTES: u32 = 0x277;
    pub(crate) const EXTENDED_FEATURES: u32 = 0xc000_0080;
    /// Code segment, stack pointer and instruction pointer of `sysenter`.
    pub(crate) const SYSENTER: [u32; 3] = [0x174, 0x175, 0x176];
}

/// Stops for good.
pub(crate) fn stop() -> ! {
    loop {
        // SAFETY: interrupts off and a halt change no memory.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) }
    }
}

/// Lets interrupts in until one has come.
#[inline(always)]
pub(crate) fn wait() {
    // SAFETY: the only handlers that run in the kernel, `entry_timer`, `entry_device` and `entry_ignore`, keep every
    // register and touch no memory but the stack below us, the local APIC and a word that is theirs. `sti` takes effect
    // after `hlt` has begun.
    unsafe { asm!("sti", "hlt", "cli") }
}

/// Lets interrupts in for an instant.
#[inline(always)]
pub(crate) fn let_interrupts_in() {
    // SAFETY: as for `wait`.
    unsafe { asm!("sti", "nop", "cli") }
}

/// Reads the time stamp counter.
#[inline(always)]
pub(crate) fn time_stamp() -> u64 {
    // SAFETY: reads a counter; it exists on every processor with long mode.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Writes a record of a time stamp into the ring.
///
/// # Safety
/// Nothing refers to the ring.
#[cfg(feature = "trace")]
#[inline(always)]
pub(crate) unsafe fn write_record(stamp: u64, what: u32, argument: u32) {
    // SAFETY: the low 16 bits of what is written are, in words, the place of one of the ring's records. The count comes
    // last. No Rust code reads the ring, or writes it after the start.
    unsafe {
        asm!(
            "movzx {place:e}, word ptr [rip + {ring} + {written}]",
            "mov [{ring} + {place} * 4 + {records}], {what:e}",
            "mov [{ring} + {place} * 4 + {records} + 4], {stamp}",
            "mov [{ring} + {place} * 4 + {records} + 12], {argument:e}",
            "add dword ptr [rip + {ring} + {written}], {step}",
            ring = sym crate::trace::RING,
            written = const offset_of!(Header, written),
            records = const offset_of!(Ring, records),
            step = const STEP,
            place = out(reg) _,
            stamp = in(reg) stamp,
            what = in(reg) what,
            argument = in(reg) argument,
            options(nostack),
        );
    }
}

/// The same, of this moment.
///
/// # Safety
/// As for [`write_record`].
#[cfg(feature = "trace")]
#[inline(always)]
pub(crate) unsafe fn write_record_now(what: u32, argument: u32) {
    // SAFETY: as for `write_record`.
    unsafe {
        asm!(
            "rdtsc",
            "movzx {place:e}, word ptr [rip + {ring} + {written}]",
            "mov [{ring} + {place} * 4 + {records}], {what:e}",
            "mov [{ring} + {place} * 4 + {records} + 4], eax",
            "mov [{ring} + {place} * 4 + {records} + 8], edx",
            "mov [{ring} + {place} * 4 + {records} + 12], {argument:e}",
            "add dword ptr [rip + {ring} + {written}], {step}",
            ring = sym crate::trace::RING,
            written = const offset_of!(Header, written),
            records = const offset_of!(Ring, records),
            step = const STEP,
            place = out(reg) _,
            out("eax") _,
            out("edx") _,
            what = in(reg) what,
            argument = in(reg) argument,
            options(nostack),
        );
    }
}

/// Counts down to zero, two instructions for each.
#[cfg(feature = "vary")]
#[inline(always)]
pub(crate) fn count_down(from: u32) {
    // SAFETY: counts in a register.
    unsafe { asm!("2:", "sub {0:e}, 1", "jnc 2b", inout(reg) from => _, options(nomem, nostack)) }
}

/// Copies bytes, eight at a time.
///
/// # Safety
/// The ranges must be the caller's to read and to write, and apart.
#[inline(always)]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    // SAFETY: the caller's promise; the direction flag is clear in the kernel.
    unsafe {
        asm!(
            "rep movsq",
            "mov ecx, {rest:e}",
            "rep movsb",
            rest = in(reg) length % 8,
            inout("rcx") length / 8 => _,
            inout("rsi") from => _,
            inout("rdi") to => _,
            options(nostack, preserves_flags),
        );
    }
}

/// Says which interrupts the processor takes: those of a higher priority class than this one, 0 to 15.
#[inline(always)]
pub(crate) fn set_priority(class: u8) {
    // SAFETY: the local APIC's task priority; it keeps interrupts out and changes no memory.
    unsafe { asm!("mov cr8, {}", in(reg) u64::from(class), options(nomem, nostack, preserves_flags)) }
}

/// Reads two bytes from an I/O port.
pub(crate) fn port_read_half(port: u16) -> u16 {
    let value: u16;
    // SAFETY: as for `port_read`.
    unsafe { asm!("in ax, dx", in("dx") port, out("ax") value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Reads four bytes from an I/O port.
pub(crate) fn port_read_word(port: u16) -> u32 {
    let value: u32;
    // SAFETY: as for `port_read`.
    unsafe { asm!("in eax, dx", in("dx") port, out("eax") value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Writes two bytes to an I/O port.
pub(crate) fn port_write_half(port: u16, value: u16) {
    // SAFETY: as for `port_write`.
    unsafe { asm!("out dx, ax", in("dx") port, in("ax") value, options(nomem, nostack, preserves_flags)) }
}

/// Writes four bytes to an I/O port.
pub(crate) fn port_write_word(port: u16, value: u32) {
    // SAFETY: as for `port_write`.
    unsafe { asm!("out dx, eax", in("dx") port, in("eax") value, options(nomem, nostack, preserves_flags)) }
}

/// Reads a byte from an I/O port.
pub(crate) fn port_read(port: u16) -> u8 {
    let value: u8;
    // SAFETY: the kernel owns all ports, and none of the devices it reads can reach memory; what the devices of
    // partitions can reach, the system file has been asked about.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Writes a byte to an I/O port.
pub(crate) fn port_write(port: u16, value: u8) {
    // SAFETY: as for `port_read`.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack, preserves_flags)) }
}

/// Reads a model-specific register, which must exist.
pub(crate) fn msr_read(register: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reading has no effect on memory; callers name registers that the processor has said it has.
    unsafe { asm!("rdmsr", in("ecx") register, out("eax") low, out("edx") high, options(nomem, nostack)) }
    u64::from(high) << 32 | u64::from(low)
}

/// Writes a model-specific register, which must exist.
///
/// # Safety
/// The value must leave memory as the kernel knows it.
pub(crate) unsafe fn msr_write(register: u32, value: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!("wrmsr", in("ecx") register, in("eax") value as u32, in("edx") (value >> 32) as u32, options(nostack));
    }
}

/// Lets nothing that comes later overtake what was written to memory or a device.
pub(crate) fn fence() {
    // SAFETY: orders accesses; every processor with long mode has it.
    unsafe { core::arch::x86_64::_mm_mfence() }
}

/// Writes everything that the caches have to memory, where a device sees it that does not ask them.
pub(crate) fn write_caches_back() {
    // SAFETY: memory has the same contents for the processor before and after.
    unsafe { asm!("wbinvd", options(nostack, preserves_flags)) }
}

/// Switches every breakpoint off.
pub(crate) fn clear_breakpoints() {
    // SAFETY: bit 10 is always set; without the others no debug register has an effect.
    unsafe { asm!("mov dr7, {}", in(reg) 0x400u64, options(nomem, nostack, preserves_flags)) }
}

/// Reads control register 0.
pub(crate) fn cr0() -> u64 {
    let value: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr0", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Reads the address of the last page fault.
pub(crate) fn fault_address() -> u64 {
    let value: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr2", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Sets control registers 0 and 4.
///
/// # Safety
/// Paging must stay on, and every bit must be one that the processor has.
pub(crate) unsafe fn set_control(cr0: u64, cr4: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov cr4, {}", "mov cr0, {}", in(reg) cr4, in(reg) cr0, options(nostack)) }
}

/// Makes another set of page tables the current one.
///
/// # Safety
/// They must map everything of the kernel that is in use where it is now.
#[inline(always)]
pub(crate) unsafe fn set_page_tables(physical: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov cr3, {}", in(reg) physical, options(nostack, preserves_flags)) }
}

/// The segment registers that a guest can change and that the processor does not save: ds, es, fs, gs.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Segments {
    pub(crate) ds: u16,
    pub(crate) es: u16,
    pub(crate) fs: u16,
    pub(crate) gs: u16,
}

impl Segments {
    /// What a partition starts with.
    pub(crate) const START: Self =
        Self { ds: DATA_SELECTOR, es: DATA_SELECTOR, fs: DATA_SELECTOR, gs: TLS_SELECTOR };

    /// The registers' values.
    #[inline(always)]
    pub(crate) fn save() -> Self {
        let (ds, es, fs, gs): (u16, u16, u16, u16);
        // SAFETY: reads registers.
        unsafe {
            asm!("mov {0:x}, ds", "mov {1:x}, es", "mov {2:x}, fs", "mov {3:x}, gs",
                out(reg) ds, out(reg) es, out(reg) fs, out(reg) gs,
                options(nomem, nostack, preserves_flags));
        }
        Self { ds, es, fs, gs }
    }

    /// Sets the registers. None is used by 64-bit code.
    ///
    /// # Safety
    /// Each value must be one that [`Segments::save`] gave, or that a guest may load itself: then loading it cannot
    /// fault, because the descriptors that a guest can name are always there.
    #[inline(always)]
    pub(crate) unsafe fn load(self) {
        // SAFETY: the caller's promise.
        unsafe {
            asm!("mov ds, {0:x}", "mov es, {1:x}", "mov fs, {2:x}", "mov gs, {3:x}",
                in(reg) self.ds, in(reg) self.es, in(reg) self.fs, in(reg) self.gs,
                options(nostack, preserves_flags));
        }
    }
}

/// Loads gs.
///
/// # Safety
/// As for [`Segments::load`].
#[inline(always)]
pub(crate) unsafe fn load_gs(selector: u16) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov gs, {0:x}", in(reg) selector, options(nostack, preserves_flags)) }
}

/// Continues a guest from the register fields of its context.
///
/// # Safety
/// They must be those of the partition that was switched to, with the guest's selectors in them.
#[inline(always)]
pub(crate) unsafe fn leave_kernel(registers: *const Registers) -> ! {
    // SAFETY: the caller's promise. The kernel's stack is given up: an entry begins it anew.
    unsafe {
        asm!(
            "mov rsp, {0}",
            "pop rdi", "pop rsi", "pop rbp", "pop rbx", "pop rdx", "pop rcx", "pop rax",
            "add rsp, 16", // vector, error code
            "iretq",
            in(reg) registers,
            options(noreturn)
        )
    }
}

/// The same with the result of a call in its register.
///
/// # Safety
/// As for [`leave_kernel`].
#[inline(always)]
pub(crate) unsafe fn leave_kernel_with(registers: *const Registers, result: i32) -> ! {
    // SAFETY: as for `leave_kernel`.
    unsafe {
        asm!(
            "mov rsp, {0}",
            "pop rdi", "pop rsi", "pop rbp", "pop rbx", "pop rdx", "pop rcx",
            "add rsp, 24", // rax, vector, error code
            "iretq",
            in(reg) registers,
            in("eax") result,
            options(noreturn)
        )
    }
}
