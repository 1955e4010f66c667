//! The probe on SPARC: its assembly, as functions, and the attacks that only this processor knows.

#[cfg(feature = "air")]
mod air;
mod delay_slots;
pub(crate) mod device;
mod emulated;
mod floating_point;
mod privileged;
mod random;
mod stack;
pub(crate) mod stopwatch;
mod windows;

use core::arch::global_asm;
use core::ptr::addr_of;

use bulkhead_abi::machine::sparc;
use bulkhead_guest::FaultKind;
use bulkhead_guest::arch::FaultFrame;

use super::Code;
use crate::attempt::Report;

pub(crate) use bulkhead_abi::machine::sparc::{INFORMATION_PAGE, SHARED_PAGE};

/// Whether the kernel below is AIR, not ours.
const ON_AIR: bool = cfg!(feature = "air");

/// Where the memory of the partition begins.
pub(crate) const MEMORY_BASE: u32 = if ON_AIR { 0x4110_0000 } else { sparc::MEMORY_BASE };

/// Where memory begins of which the partition may have some, physically.
pub(crate) const PHYSICAL: u32 = if ON_AIR { 0x4200_0000 } else { 0x0020_0000 };

/// Whether code cannot be written, data not executed, and the information page is there.
pub(crate) const KEEPS_RIGHTS: bool = !ON_AIR;

/// Where a partition's memory ends that is to end here: AIR has units of 16 MiB.
pub(crate) const fn mapped_end(end: u32) -> u32 {
    if ON_AIR { end.next_multiple_of(16 << 20) } else { end }
}

/// Addresses where the kernel or a device might be: the kernel and RAM, the devices, their plug and play records, and
/// the first and the last record of a kernel that traces.
pub(crate) const FOREIGN: [u32; 8] =
    [0x4000_0000, 0x4010_0000, 0x8000_0100, 0x8000_0200, 0xffff_d000, 0xffff_dffc, 0x0040, 0x0004_003c];

/// A function that returns, and nothing else: `retl`, `nop`.
pub(crate) const RETURN: [u32; 2] = [0x81c3_e008, 0x0100_0000];

/// Bits of a fault's address that are not told: the processor's lowest, and on AIR all.
pub(crate) const ADDRESS_UNKNOWN: u32 = if ON_AIR { u32::MAX } else { 0xfff };

/// Whether an instruction that must fault may do nothing instead.
pub(crate) const fn may_do_nothing(_: &str) -> bool {
    false
}

/// When the kernel has noticed the end of a window if nothing keeps it, in nanoseconds after that: what it takes to arm
/// the alarm, and what the hardware is late.
pub(crate) const NOTICED_MAX: u64 = 700;

/// How far apart the moments are that are tried, in nanoseconds.
pub(crate) const MOMENTS_APART: u64 = 17;

/// Lengths of messages that the kernel copies in three, two and one of the longest steps it makes at a time, and how
/// long that takes at the most, in nanoseconds; and the same of messages that are not in line.
pub(crate) const STEPS: [(u32, u64); 3] = [(12 << 10, 5_000), (8 << 10, 3_500), (4095, 0)];
pub(crate) const ODD_STEPS: [(u32, u64); 3] = [(1536, 8_000), (1024, 5_500), (511, 0)];

/// How much a moment moves that is to come at every instruction, in nanoseconds: less than the clock's steps.
pub(crate) const APART: u64 = 13;

/// How late a handler may run after its window's start, in nanoseconds.
pub(crate) const LATE_MAX: u32 = 4_000;

global_asm!(include_str!("attempt.S"));
global_asm!(include_str!("pause.S"));
global_asm!(include_str!("snippets.S"));
global_asm!(
    include_str!("traps.S"),
    return_trap = const sparc::RETURN_TRAP,
    fault_return_trap = const sparc::FAULT_RETURN_TRAP,
);
global_asm!(include_str!("state.S"));

/// Carries out an attack that only this processor knows.
pub(crate) fn attack(name: &str, rest: &str) -> Option<u32> {
    match name {
        #[cfg(feature = "air")]
        "air" => Some(air::attack(rest)),
        "stack" => Some(stack::attack(rest)),
        "windows" => Some(windows::recursion(rest)),
        "window-calls" => Some(windows::calls()),
        "leak" => Some(windows::leak(rest)),
        "frames" => Some(windows::frames()),
        "traces" => Some(windows::traces()),
        "spaces" => Some(privileged::spaces()),
        "delay-slots" => Some(delay_slots::attack()),
        "emulated" => Some(emulated::registers()),
        "random" => Some(random::run(rest)),
        "registers" => Some(privileged::state_registers()),
        "floating-point" => Some(floating_point::attack(rest)),
        _ => None,
    }
}

unsafe extern "C" {
    fn probe_attempt(code: Code, argument: u32) -> bool;
    static mut probe_resume_pc: u32;
    static probe_traps: [Code; 128];
    fn probe_state(pattern: *const [u32; 4], turns: u32) -> u32;
    fn probe_state_is_fresh() -> u32;
    pub(crate) fn probe_jump(address: u32);
    #[link_name = "probe_read"]
    pub(crate) fn read(address: u32);
    #[link_name = "probe_write"]
    pub(crate) fn write(address: u32);
    fn probe_pause(turns: u32);
    fn probe_pause_longer(turns: u32);
    fn probe_pause_longest(turns: u32);
}

/// Calls code that may fault; true if it did.
pub(crate) fn attempt(code: Code, argument: u32) -> bool {
    // SAFETY: the assembly saves and restores what the code may spoil; a fault leads back to it.
    unsafe { probe_attempt(code, argument) }
}

/// Has a faulting attempt end; false if there is none under way.
pub(crate) fn resume_after_attempt(frame: &mut FaultFrame) -> bool {
    // SAFETY: one processor; the assembly writes it before the attempt and not during it.
    let program_counter = unsafe { addr_of!(probe_resume_pc).read_volatile() };
    if program_counter != 0 {
        frame.set_program_counter(program_counter as usize);
    }
    program_counter != 0
}

/// A call in another mode than the partition was given: there is none.
pub(crate) const WRONG_MODE: Option<Code> = None;

/// Faults that no instruction of the tables makes: an exception of the floating-point unit.
pub(crate) fn odd_faults() -> impl Iterator<Item = Code> {
    floating_point::exceptions()
}

/// Executes `ta number` for any number.
pub(crate) fn software_interrupts() -> impl Iterator<Item = (u32, Code)> {
    // SAFETY: a table of the image, which nobody writes.
    (0..).zip(unsafe { probe_traps })
}

/// Whether `ta number` has done what it must: the interface's go through, and two name other kinds of faults.
pub(crate) fn software_interrupt_is_good(number: u32, report: Option<Report>) -> bool {
    let served = [
        sparc::HYPERCALL_TRAP,
        sparc::CLOCK_TRAP,
        sparc::RETURN_TRAP,
        sparc::FAULT_RETURN_TRAP,
        sparc::FLUSH_TRAP,
        sparc::FRAMES_TRAP,
        sparc::FLOATING_POINT_TRAP,
    ];
    if [3, 9, 10].contains(&number) || served.map(u32::from).contains(&number) {
        return report.is_none();
    }
    let kind = match number {
        1 => FaultKind::Debug,
        2 => FaultKind::Arithmetic,
        _ => FaultKind::Privilege,
    };
    report.is_some_and(|report| report.is(kind) && report.vector == 0x80 + number)
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
