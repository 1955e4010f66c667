//! What only assembly can say: the way into the kernel, and single instructions.

use bulkhead_abi::machine::sparc::SHARED_PAGE;
#[cfg(feature = "trace")]
use bulkhead_abi::trace::{Header, Kind, Record, Ring, STEP};
use bulkhead_abi::{INTERFACE_VERSION, SharedPage};
use core::arch::{asm, global_asm};
use core::mem::offset_of;

use bulkhead_kernel_core::device::Width;

use crate::board::Board;
use crate::context::{CONTEXTS, Context};
use crate::interrupts::DeviceInterrupts;
use crate::paging;
use crate::timer;

global_asm!(include_str!("boot.S"));
global_asm!(
    include_str!("trap.S"),
    globals = const offset_of!(Context, globals),
    outs = const offset_of!(Context, outs),
    psr = const offset_of!(Context, psr),
    next_program_counter = const offset_of!(Context, next_program_counter),
    invalid = const offset_of!(Context, invalid),
    resident = const offset_of!(Context, resident),
    floating_exception = const offset_of!(Context, floating_exception),
    stack_start = const offset_of!(Context, stack_start),
    stack_room = const offset_of!(Context, stack_room),
    enabled = const SHARED_PAGE as i32 + offset_of!(SharedPage, interrupts_enabled) as i32,
    pending = const SHARED_PAGE as i32 + offset_of!(SharedPage, pending) as i32,
    mask = const SHARED_PAGE as i32 + offset_of!(SharedPage, mask) as i32,
    interface_version = const INTERFACE_VERSION,
    board = sym crate::BOARD,
    timer = const offset_of!(Board, timer) + timer::ADDRESS,
    counter = const timer::CLOCK_COUNTER,
    last = const offset_of!(Board, timer) + timer::LAST,
    counts = const offset_of!(Board, timer) + timer::COUNTS,
    multiplier = const offset_of!(Board, timer) + timer::MULTIPLIER,
    shift = const offset_of!(Board, timer) + timer::SHIFT,
    contexts = sym CONTEXTS,
    mask_register = const offset_of!(DeviceInterrupts, mask_register),
    heard_of = const offset_of!(DeviceInterrupts, of_devices),
    heard = const offset_of!(DeviceInterrupts, heard),
);
global_asm!(
    include_str!("debugger.S"),
    board = sym crate::BOARD,
    current = const Board::CURRENT,
    contexts = sym CONTEXTS,
    context_size = const size_of::<Context>(),
    windows = const offset_of!(Context, windows),
    globals = const offset_of!(Context, globals),
    outs = const offset_of!(Context, outs),
    psr = const offset_of!(Context, psr),
    invalid = const offset_of!(Context, invalid),
    resident = const offset_of!(Context, resident),
    floating_point = const offset_of!(Context, floating_point),
    page_tables = sym paging::TABLES,
    clock_device = const offset_of!(Board, timer) + timer::ADDRESS,
    clock_last = const offset_of!(Board, timer) + timer::LAST,
    clock_counts = const offset_of!(Board, timer) + timer::COUNTS,
    clock_multiplier = const offset_of!(Board, timer) + timer::MULTIPLIER,
    clock_shift = const offset_of!(Board, timer) + timer::SHIFT,
);

#[cfg(feature = "trace")]
global_asm!(
    include_str!("record.S"),
    board = sym crate::BOARD,
    current = const Board::CURRENT,
    call = const Kind::Call.of(0),
    written = const offset_of!(Header, written),
    record = const offset_of!(Ring, records) + offset_of!(Record, what),
    argument = const offset_of!(Ring, records) + offset_of!(Record, argument),
    step = const STEP,
);

/// Registers of the memory management unit, in its address space (SPARC V8 manual, appendix H; LEON3: ASI 0x19).
pub(crate) mod mmu {
    pub(crate) const CONTROL: u32 = 0x000;
    pub(crate) const CONTEXT_TABLE: u32 = 0x100;
    pub(crate) const CONTEXT: u32 = 0x200;
    pub(crate) const FAULT_STATUS: u32 = 0x300;
    pub(crate) const FAULT_ADDRESS: u32 = 0x400;
}

/// Calls one of the functions of `trap.S` that access a device.
macro_rules! access {
    ($name:literal, $address:expr, $value:expr) => {{
        let (said, failed): (u32, u32);
        asm!(
            concat!("call ", $name),
            "nop",
            inout("o0") $address => said,
            out("o1") failed,
            in("o2") $value,
            out("o3") _,
            out("o7") _,
            options(nostack)
        );
        (said, failed)
    }};
}

/// Writes a record into the ring, as it lies at address 0. Instructions take its time into g5 and what is written into
/// g7.
///
/// Nothing refers to the ring. The low 16 bits of what is written are, in words, the place of a record. Kind and time
/// lie in it side by side. The count comes last. No Rust code reads the ring, or writes it after the start. The
/// compiler leaves g5 to g7 alone, which SPARC's ABI keeps for a system: so a record takes no register that its caller
/// needs, besides g4.
#[cfg(feature = "trace")]
macro_rules! record {
    ($option:ident, $what:expr, $argument:expr, $take:literal $(, $name:ident = $operand:expr)*) => {
        asm!(
            $take,
            "sll %g7, 16, %g6",
            "srl %g6, 14, %g6",
            "std %g4, [%g6 + {records} + {record}]",
            "st {argument}, [%g6 + {records} + {argument_place}]",
            "add %g7, {step}, %g7",
            "st %g7, [%g0 + {written}]",
            written = const offset_of!(Header, written),
            records = const offset_of!(Ring, records),
            record = const offset_of!(Record, what),
            argument_place = const offset_of!(Record, argument),
            step = const STEP,
            in("g4") $what,
            argument = in(reg) $argument,
            $($name = in(reg) $operand, last = const offset_of!(Board, timer) + timer::LAST,)*
            options($option, nostack, preserves_flags),
        )
    };
}

unsafe extern "C" {
    /// The context that [`leave_kernel`] runs and that an entry fills.
    pub(crate) static mut current_context: *mut Context;
    static floating_point_late: u32;
    static floating_point_status: [u32; 2];
    /// Continues the current context's guest.
    pub(crate) fn leave_kernel() -> !;
    fn wait_for_interrupt();
    #[link_name = "let_interrupts_in"]
    fn open_for_interrupts();
    fn power_off() -> !;
    #[link_name = "evict_windows"]
    fn store_windows(context: *mut Context);
    fn floating_point_save(state: *mut u32);
    fn floating_point_load(state: *const u32);
}

/// Whether a floating-point exception has ever come while the kernel stored the registers.
#[inline(always)]
pub(crate) fn exceptions_came_late() -> bool {
    // SAFETY: a word that the trap handler writes while nothing else runs.
    unsafe { core::ptr::read_volatile(&raw const floating_point_late) != 0 }
}

/// FSR as the last floating-point exception found it.
pub(crate) fn floating_point_state() -> u32 {
    // SAFETY: as for `exceptions_came_late`.
    unsafe { core::ptr::read_volatile(&raw const floating_point_status)[1] }
}

/// Stops for good: the processor's error mode.
pub(crate) fn stop() -> ! {
    // SAFETY: nothing runs after it.
    unsafe { power_off() }
}

/// Lets interrupts in until one has come.
pub(crate) fn wait() {
    // SAFETY: the handler of an interrupt in the kernel changes no register, and no memory but what is its own.
    unsafe { wait_for_interrupt() }
}

/// What a register of a partition's device says; none if no device answers.
///
/// # Safety
/// The address is a device's, mapped, and a multiple of the width.
pub(crate) unsafe fn device_read(address: u32, width: Width) -> Option<u32> {
    // SAFETY: the caller's promise; the functions change no registers but those named there.
    let (value, failed) = unsafe {
        match width {
            Width::Byte => access!("device_read_byte", address, 0),
            Width::Half => access!("device_read_half", address, 0),
            Width::Word => access!("device_read_word", address, 0),
        }
    };
    if failed == 0 { Some(value) } else { None }
}

/// Writes a register of a partition's device; false if no device answers.
///
/// # Safety
/// As for [`device_read`].
pub(crate) unsafe fn device_write(address: u32, width: Width, value: u32) -> bool {
    // SAFETY: as for `device_read`.
    let (_, failed) = unsafe {
        match width {
            Width::Byte => access!("device_write_byte", address, value),
            Width::Half => access!("device_write_half", address, value),
            Width::Word => access!("device_write_word", address, value),
        }
    };
    failed == 0
}

/// Lets interrupts in for an instant.
pub(crate) fn let_interrupts_in() {
    // SAFETY: as for `wait`.
    unsafe { open_for_interrupts() }
}

/// Brings all frames of the running guest into its context.
pub(crate) fn evict_windows(context: &mut Context) {
    // SAFETY: the context is where the current entry has put the guest's registers; the windows of the kernel's own
    // calls stay as they are.
    unsafe { store_windows(context) }
}

/// Stores the floating-point registers: FSR, an unused word, f0 to f31.
pub(crate) fn save_floating_point(state: &mut [u32; 34]) {
    // SAFETY: the state has room for all of it and is aligned; the function sets EF.
    unsafe { floating_point_save(state.as_mut_ptr()) }
}

/// Loads the floating-point registers, as [`save_floating_point`] stored them.
pub(crate) fn load_floating_point(state: &[u32; 34]) {
    // SAFETY: as for `save_floating_point`; the kernel itself uses no floating-point register.
    unsafe { floating_point_load(state.as_ptr()) }
}

/// Fills memory with zeros, 64 bytes at a time as far as that goes: byte by byte it would take as long as all else that
/// a step of a preparation does.
///
/// # Safety
/// The range must be the caller's to write.
pub(crate) unsafe fn clear(start: *mut u8, length: usize) {
    let head = (start.addr().wrapping_neg() % 8).min(length);
    // SAFETY: the caller's promise.
    unsafe { core::ptr::write_bytes(start, 0, head) };
    let (start, length) = (start.wrapping_add(head), length - head);
    let whole = length / 64 * 64;
    if whole != 0 {
        // SAFETY: the caller's promise; the addresses are aligned to 8. The compiler keeps nothing in `%g1`. What it
        // has compared it keeps in the condition codes, because it does not see that the loop changes them.
        unsafe {
            asm!(
                "rd %psr, {codes}",
                "clr %g1",
                "2:",
                "std %g0, [{0}]",
                "std %g0, [{0} + 8]",
                "std %g0, [{0} + 16]",
                "std %g0, [{0} + 24]",
                "std %g0, [{0} + 32]",
                "std %g0, [{0} + 40]",
                "std %g0, [{0} + 48]",
                "std %g0, [{0} + 56]",
                "subcc {1}, 64, {1}",
                "bne 2b",
                "add {0}, 64, {0}",
                "wr {codes}, %psr",
                "nop",
                "nop",
                "nop",
                inout(reg) start => _,
                inout(reg) whole => _,
                codes = out(reg) _,
                options(nostack, preserves_flags),
            );
        }
    }
    // SAFETY: the caller's promise.
    unsafe { core::ptr::write_bytes(start.wrapping_add(whole), 0, length - whole) };
}

/// Copies bytes, 64 at a time where both addresses are multiples of 8.
///
/// # Safety
/// The ranges must be the caller's to read and to write, and apart.
#[inline(always)]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    let aligned = (from.addr() | to.addr()).is_multiple_of(8);
    let whole = if aligned { length / 64 * 64 } else { 0 };
    if whole != 0 {
        // SAFETY: the caller's promise; the addresses are aligned to 8. The condition codes are as for `clear`.
        unsafe {
            asm!(
                "rd %psr, {codes}",
                "2:",
                "ldd [{0}], %o2",
                "ldd [{0} + 8], %o4",
                "std %o2, [{1}]",
                "std %o4, [{1} + 8]",
                "ldd [{0} + 16], %o2",
                "ldd [{0} + 24], %o4",
                "std %o2, [{1} + 16]",
                "std %o4, [{1} + 24]",
                "ldd [{0} + 32], %o2",
                "ldd [{0} + 40], %o4",
                "std %o2, [{1} + 32]",
                "std %o4, [{1} + 40]",
                "ldd [{0} + 48], %o2",
                "ldd [{0} + 56], %o4",
                "std %o2, [{1} + 48]",
                "std %o4, [{1} + 56]",
                "add {0}, 64, {0}",
                "subcc {2}, 64, {2}",
                "bne 2b",
                "add {1}, 64, {1}",
                "wr {codes}, %psr",
                "nop",
                "nop",
                "nop",
                inout(reg) from => _,
                inout(reg) to => _,
                inout(reg) whole => _,
                codes = out(reg) _,
                out("o2") _,
                out("o3") _,
                out("o4") _,
                out("o5") _,
                options(nostack, preserves_flags),
            );
        }
    }
    if length != whole {
        // SAFETY: the caller's promise.
        unsafe {
            core::ptr::copy_nonoverlapping(from.wrapping_add(whole), to.wrapping_add(whole), length - whole);
        }
    }
}

/// Counts down to zero, three instructions for each.
#[cfg(feature = "vary")]
#[inline(always)]
pub(crate) fn count_down(from: u32) {
    // SAFETY: counts in a register. The condition codes are as for `clear`.
    unsafe {
        asm!(
            "rd %psr, {codes}",
            "2:",
            "subcc {0}, 1, {0}",
            "bgeu 2b",
            "nop",
            "wr {codes}, %psr",
            "nop",
            "nop",
            "nop",
            inout(reg) from => _,
            codes = out(reg) _,
            options(nomem, nostack, preserves_flags),
        );
    }
}

/// Writes a record, with the reading of the counter that the board has: eight instructions, with what the caller loads
/// twelve at most.
///
/// # Safety
/// As `record!` has it.
#[cfg(feature = "trace")]
#[inline(always)]
pub(crate) unsafe fn write_record(board: &Board, what: u32, argument: u32) {
    // SAFETY: the caller's promise.
    unsafe {
        record!(
            readonly,
            what,
            argument,
            "ld [{board} + {last}], %g5\nld [%g0 + {written}], %g7",
            board = board
        )
    };
}

/// The same, of this moment. The counter is a word of a device, and its address stands before what is written.
///
/// # Safety
/// As `record!` has it.
#[cfg(feature = "trace")]
#[inline(always)]
pub(crate) unsafe fn write_record_now(what: u32, argument: u32) {
    // SAFETY: the caller's promise.
    unsafe { record!(nomem, what, argument, "ldd [%g0 + {written} - 4], %g6\nld [%g6], %g5") };
}

/// Reads a register of the memory management unit.
pub(crate) fn mmu_read(register: u32) -> u32 {
    let value: u32;
    // SAFETY: reading touches no memory; reading the fault status clears it, which is meant.
    unsafe { asm!("lda [{0}] 0x19, {1}", in(reg) register, lateout(reg) value, options(nostack)) }
    value
}

/// Writes a register of the memory management unit.
///
/// # Safety
/// Everything of the kernel that is in use must stay mapped where it is.
pub(crate) unsafe fn mmu_write(register: u32, value: u32) {
    // SAFETY: the caller's promise.
    unsafe { asm!("sta {1}, [{0}] 0x19", in(reg) register, in(reg) value, options(nostack)) }
}

/// Forgets all translations that the memory management unit has kept.
pub(crate) fn mmu_flush() {
    // SAFETY: kept translations are only copies of the tables.
    unsafe { asm!("sta %g0, [{0}] 0x18", in(reg) 0x400, options(nostack)) }
}

/// Makes the caches forget what they have: memory has it too, because they write through.
pub(crate) fn flush_caches() {
    // SAFETY: nothing changes but what is cached.
    unsafe { asm!("flush %g0", options(nostack)) }
}

/// How many register windows the processor has (ASR17, GRLIB IP core manual, LEON3).
pub(crate) fn windows() -> u32 {
    let value: u32;
    // SAFETY: reads a register.
    unsafe { asm!("rd %asr17, {0}", lateout(reg) value, options(nostack, nomem)) }
    (value & 31) + 1
}
