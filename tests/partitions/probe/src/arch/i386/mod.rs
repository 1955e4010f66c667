//! The probe on i386: its assembly, as functions, and the attacks that only this processor knows.

pub(crate) mod device;
mod frames;
mod registers;
mod segments;
mod stack;

use core::arch::global_asm;
use core::ptr::addr_of;

use bulkhead_abi::machine::i386::HYPERCALL_VECTOR;
use bulkhead_guest::FaultKind;
use bulkhead_guest::arch::FaultFrame;

use super::Code;
use crate::attempt::Report;

pub(crate) use bulkhead_abi::machine::i386::{INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};

/// Addresses where the kernel or a device might be.
pub(crate) const FOREIGN: [u32; 3] = [0x8010_0000, 0xfee0_0000, 0xffff_fffc];

/// A function that returns, and nothing else: `ret`.
pub(crate) const RETURN: [u32; 2] = [0xc3, 0];

/// Where memory begins of which the partition may have some, physically.
pub(crate) const PHYSICAL: u32 = 0x0020_0000;

/// Whether code cannot be written, data not executed, and the information page is there.
pub(crate) const KEEPS_RIGHTS: bool = true;

/// Where a partition's memory ends that is to end here.
pub(crate) const fn mapped_end(end: u32) -> u32 {
    end
}

/// Bits of a fault's address that the processor does not tell.
pub(crate) const ADDRESS_UNKNOWN: u32 = 0;

/// Whether an instruction that must fault may do nothing instead: QEMU 10.0 has no cache and does not ask for the
/// level.
pub(crate) fn may_do_nothing(name: &str) -> bool {
    matches!(name, "invd" | "wbinvd")
}

/// When the kernel has noticed the end of a window if nothing keeps it, in nanoseconds after that: what it takes to arm
/// the alarm, and what the hardware is late.
pub(crate) const NOTICED_MAX: u64 = 160;

/// How far apart the moments are that are tried, in nanoseconds.
pub(crate) const MOMENTS_APART: u64 = 5;

/// Lengths of messages that the kernel copies in three, two and one of the longest steps it makes at a time, and how
/// long that takes at the most, in nanoseconds; and the same of messages that are not in line.
pub(crate) const STEPS: [(u32, u64); 3] = [(6 << 10, 1_200), (4 << 10, 800), (2047, 0)];
pub(crate) const ODD_STEPS: [(u32, u64); 3] = [(6 << 10, 1_200), (4 << 10, 800), (2047, 0)];

/// How much a moment moves that is to come at every instruction, in nanoseconds: less than the clock's steps.
pub(crate) const APART: u64 = 1;

/// How late a handler may run after its window's start, in nanoseconds.
pub(crate) const LATE_MAX: u32 = 2_000;

global_asm!(include_str!("attempt.S"));
global_asm!(include_str!("frames.S"));
global_asm!(include_str!("pause.S"));
global_asm!(include_str!("registers.S"));
global_asm!(include_str!("snippets.S"));
global_asm!(include_str!("stack.S"));
global_asm!(include_str!("segments.S"), tls_selector = const bulkhead_abi::machine::i386::TLS_SELECTOR);
global_asm!(include_str!("state.S"));
global_asm!(include_str!("stopwatch.S"));

/// Carries out an attack that only this processor knows.
pub(crate) fn attack(name: &str, rest: &str) -> Option<u32> {
    match name {
        "frames" => Some(frames::attack(rest)),
        "register-calls" => Some(registers::attack()),
        "segments" => Some(segments::attack()),
        "stack-segment" => Some(segments::foreign_stack(probe_stack_in_tls)),
        "stack-segment-spin" => Some(segments::foreign_stack(probe_spin_in_tls)),
        "stack" => Some(stack::attack(rest)),
        _ => None,
    }
}

/// Whether `int number` has done what it must: only the call goes through, and two report themselves.
pub(crate) fn software_interrupt_is_good(number: u32, report: Option<Report>) -> bool {
    match number {
        3 => report.is_some_and(|report| report.is(FaultKind::Debug)),
        4 => report.is_some_and(|report| report.is(FaultKind::Arithmetic)),
        _ if number == u32::from(HYPERCALL_VECTOR) => report.is_none(),
        // The error code names the vector: eight times, or sixteen times in some versions of QEMU; bit 1 is set.
        _ => report.is_some_and(|report| {
            report.is(FaultKind::Privilege) && [number * 8 + 2, number * 16 + 2].contains(&report.error)
        }),
    }
}

unsafe extern "C" {
    fn probe_attempt(code: Code, argument: u32) -> bool;
    static mut probe_resume_pc: u32;
    static probe_resume_sp: u32;
    static probe_stamp: u32;
    fn probe_state(pattern: *const [u32; 4], turns: u32) -> u32;
    fn probe_state_is_fresh() -> u32;
    fn probe_longest_pause(turns: u32) -> u32;
    fn probe_edge(last: *mut u32, first: *mut u32) -> u32;
    fn probe_count_nothing() -> u32;
    fn probe_count_null() -> u32;
    fn probe_count_clock() -> u32;
    fn probe_count_timer(low: u32, high: u32) -> u32;
    fn probe_count_interrupts() -> u32;
    fn probe_count_tls(base: u32) -> u32;
    fn probe_stamp_entry();
    fn probe_pause(turns: u32);
    pub(crate) fn probe_wait_on_stack(stack: u32);
    pub(crate) fn probe_jump(address: u32);
    pub(crate) fn probe_load_ds(selector: u32);
    pub(crate) fn probe_load_es(selector: u32);
    pub(crate) fn probe_load_fs(selector: u32);
    pub(crate) fn probe_load_gs(selector: u32);
    pub(crate) fn probe_load_ss(selector: u32);
    pub(crate) fn probe_keep_gs(selector: u32);
    pub(crate) fn probe_read_tls(offset: u32);
    pub(crate) fn probe_stack_in_tls(unused: u32);
    pub(crate) fn probe_spin_in_tls(unused: u32);
}

/// Calls code that may fault; true if it did.
pub(crate) fn attempt(code: Code, argument: u32) -> bool {
    // SAFETY: the assembly saves and restores what the code may spoil; a fault leads back to it.
    unsafe { probe_attempt(code, argument) }
}

/// Has a faulting attempt end; false if there is none under way.
pub(crate) fn resume_after_attempt(frame: &mut FaultFrame) -> bool {
    // SAFETY: one processor; the assembly writes these before the attempt and not during it.
    unsafe {
        let program_counter = addr_of!(probe_resume_pc).read_volatile();
        if program_counter == 0 {
            return false;
        }
        frame.program_counter = program_counter;
        frame.stack_pointer = addr_of!(probe_resume_sp).read_volatile();
        frame.flags = 0x202;
    }
    true
}

/// Whether registers keep a pattern for so many turns of a loop.
pub(crate) fn state_survives(pattern: &[u32; 4], turns: u32) -> bool {
    // SAFETY: leaves the registers as the calling convention wants them.
    unsafe { probe_state(pattern, turns) == 0 }
}

/// Whether the floating-point registers are as at a start.
pub(crate) fn state_is_fresh() -> bool {
    // SAFETY: only reads registers.
    unsafe { probe_state_is_fresh() == 1 }
}

/// A call in another mode than the partition was given: with a foreign segment as the stack's.
pub(crate) const WRONG_MODE: Option<Code> = Some(probe_stack_in_tls);

/// Faults that no instruction of the tables makes: an overflow that is checked, and zero by zero with the exception of
/// the floating-point unit not masked (Intel SDM volume 1, 8.5.1.1).
pub(crate) fn odd_faults() -> impl Iterator<Item = Code> {
    [stub(4), zero_by_zero as Code].into_iter()
}

unsafe extern "C" fn zero_by_zero(_: u32) {
    // SAFETY: faults, as is wanted; nothing here computes with the unit.
    unsafe {
        core::arch::asm!(
            "fninit",
            "push 0x37e",
            "fldcw word ptr [esp]",
            "add esp, 4",
            "fldz",
            "fldz",
            "fdivp",
            "fwait",
        );
    };
}

/// Executes `int number` for any number.
pub(crate) fn software_interrupts() -> impl Iterator<Item = (u32, Code)> {
    (0..256).map(|number| (number, stub(number)))
}

// One function `int number; ret` for each number, four bytes apart.
global_asm!(
    ".text",
    ".balign 4",
    "probe_interrupts:",
    ".macro probe_interrupt",
    ".type probe_interrupt_\\@, @function",
    "probe_interrupt_\\@:",
    ".byte 0xcd, number, 0xc3",
    ".size probe_interrupt_\\@, . - probe_interrupt_\\@",
    "nop",
    ".set number, number + 1",
    ".endm",
    ".set number, 0",
    ".rept 256",
    "probe_interrupt",
    ".endr",
);

unsafe extern "C" {
    fn probe_interrupts();
}

fn stub(number: u32) -> Code {
    let address = probe_interrupts as *const () as usize + 4 * number as usize;
    // SAFETY: there is such a function at this address.
    unsafe { core::mem::transmute::<usize, Code>(address) }
}

/// Reads a word.
pub(crate) unsafe extern "C" fn read(address: u32) {
    // SAFETY: that it may fault is the point; the attempt takes care of it.
    unsafe { core::arch::asm!("mov {0}, [{0}]", inout(reg) address => _, options(readonly, nostack)) };
}

/// Writes a word.
pub(crate) unsafe extern "C" fn write(address: u32) {
    // SAFETY: as for `read`; addresses that do not fault are not passed.
    unsafe { core::arch::asm!("mov dword ptr [{}], 0x55", in(reg) address, options(nostack)) };
}

/// The address of an interrupt entry that only notes the time.
pub(crate) fn stamp_entry() -> u32 {
    probe_stamp_entry as *const () as u32
}

/// What that entry has noted.
pub(crate) fn stamp() -> u32 {
    // SAFETY: a word that the entry writes.
    unsafe { addr_of!(probe_stamp).read_volatile() }
}

/// The time stamp counter's low half.
pub(crate) fn time_stamp() -> u32 {
    // SAFETY: reads a counter.
    unsafe { core::arch::x86::_rdtsc() as u32 }
}

/// The longest pause of a loop of so many turns, in time stamps.
pub(crate) fn longest_pause(turns: u32) -> u32 {
    // SAFETY: spins and reads the counter.
    unsafe { probe_longest_pause(turns) }
}

/// Spins until time has been lost; the time stamps before and after.
pub(crate) fn edge() -> (u32, u32) {
    let (mut last, mut first) = (0, 0);
    // SAFETY: both pointers are good.
    unsafe { probe_edge(&mut last, &mut first) };
    (last, first)
}

/// Instructions of a measurement of nothing.
pub(crate) fn count_nothing() -> u32 {
    // SAFETY: reads the counter.
    unsafe { probe_count_nothing() }
}

/// Instructions of the call that does nothing.
pub(crate) fn count_null() -> u32 {
    // SAFETY: the call has no effect.
    unsafe { probe_count_null() }
}

/// Instructions of reading the clock.
pub(crate) fn count_clock() -> u32 {
    // SAFETY: no effect.
    unsafe { probe_count_clock() }
}

/// Instructions of arming the timer.
pub(crate) fn count_timer(deadline: u64) -> u32 {
    // SAFETY: arms the timer.
    unsafe { probe_count_timer(deadline as u32, (deadline >> 32) as u32) }
}

/// Instructions of disabling interrupts and restoring them.
pub(crate) fn count_interrupts() -> u32 {
    // SAFETY: leaves them as they were.
    unsafe { probe_count_interrupts() }
}

/// Instructions of setting the TLS base.
pub(crate) fn count_tls(base: u32) -> u32 {
    // SAFETY: nothing here uses the TLS segment.
    unsafe { probe_count_tls(base) }
}
