//! The checks that need the instructions of SPARC.

mod levels;
mod registers;

use core::arch::{asm, global_asm};

use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{FaultKind, clock, timer};

pub(crate) use levels::levels;
pub(crate) use registers::{fault_with_all_registers, registers};

/// The longest that disabling and enabling may take, in nanoseconds: under `-icount shift=0` these are executed
/// instructions, calls and returns included.
pub(crate) const DISABLE_AND_RESTORE: u32 = 14;

/// The longest that reading the clock may take: a trap, since user mode has no counter.
pub(crate) const CLOCK: u32 = 500;

/// The longest from reading the clock, enabling interrupts to reading the clock in a handler whose line is due.
pub(crate) const TO_HANDLER: u32 = 700;

/// The longest that handling one due line with an empty handler may take, with what this program does after each
/// interrupt.
pub(crate) const WHOLE_DISPATCH: u32 = 1500;

/// How often what is measured is repeated: the counter's steps are longer than the shortest paths.
pub(crate) const TURNS: u32 = 1000;

/// Bits of a fault's address that the processor does not tell.
pub(crate) const ADDRESS_UNKNOWN: u32 = 0xfff;

/// Whether an interrupt needs the interrupted code's stack. Here only the register windows do, and only when there is
/// no room left for them.
pub(crate) const INTERRUPTS_USE_THE_STACK: bool = false;

/// The stack pointer that `without_stack` has.
pub(crate) const NO_STACK: u32 = 0x1000;

/// What a fault handler has put into the result's register.
pub(crate) const GIVEN: u32 = 0x1234_5678;

/// What the timer counts in, in nanoseconds, about.
const STEP: u32 = 100;

global_asm!(include_str!("machine.S"));
global_asm!(include_str!("../../../../arch/sparc/instructions.S"));

unsafe extern "C" {
    fn spin_without_stack(word: *const u32) -> u32;
    fn wait_for_instructions(count: u32);
    fn count_interrupts(turns: u32);
    fn count_clock(turns: u32);
    fn fault_read(address: u32) -> u32;
    fn fault_write(address: u32);
    fn fault_unimplemented();
    fn fault_division();
    fn fault_privilege();
    fn fault_breakpoint();
    fn fault_alignment();
    fn fault_coprocessor();
    fn fault_jump();
}

/// Waits, with the stack pointer at an unmapped address, until an interrupt handler has made the word not 0; the stack
/// pointer then.
pub(crate) fn without_stack(word: *const u32) -> u32 {
    // SAFETY: the function uses no stack between changing the pointer and putting it back.
    unsafe { spin_without_stack(word) }
}

/// The clock's low half.
#[inline(always)]
pub(crate) fn counter() -> u32 {
    clock::now() as u32
}

/// The stack pointer, about.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov %sp, {}", out(reg) value, options(nomem, nostack)) };
    value
}

/// Arms the timer, so that it comes at every instruction if it is called with one interval after the other: what is too
/// fine for the timer passes here.
pub(crate) fn arm(interval: u32) {
    timer::set(clock::now() + u64::from(interval / STEP * STEP));
    // SAFETY: executes so many instructions, no more than there are, which do nothing.
    unsafe { wait_for_instructions(interval % STEP) };
}

/// What a turn takes of a thousand: reading the clock is less than one of them.
fn thousandth(turns: impl Fn(u32)) -> u32 {
    let before = counter();
    turns(TURNS);
    counter().wrapping_sub(before) / TURNS
}

/// What measuring costs by itself: the loop.
pub(crate) fn cost_of_nothing() -> u32 {
    3
}

/// What disabling and restoring interrupts costs.
pub(crate) fn cost_of_interrupts() -> u32 {
    // SAFETY: leaves the interrupts as they are.
    thousandth(|turns| unsafe { count_interrupts(turns) })
}

/// What reading the clock costs.
pub(crate) fn cost_of_clock() -> u32 {
    // SAFETY: has no effect.
    thousandth(|turns| unsafe { count_clock(turns) })
}

/// Disables and enables interrupts as RTEMS's objects do.
pub(crate) fn disable_and_enable_by_traps() {
    // SAFETY: the level is as before behind it; no compiled code keeps %g1.
    unsafe { asm!("ta 9", "ta 10", "nop") };
}

/// The word that thread-local storage begins with.
pub(crate) fn first_thread_word() -> u32 {
    let value: u32;
    // SAFETY: the base that was set is an address of ours.
    unsafe { asm!("ld [%g7], {}", out(reg) value, options(nostack, readonly)) };
    value
}

/// Goes on behind the faulting instruction with a value in the register that `read` loads.
pub(crate) fn step_over(frame: &mut FaultFrame) {
    frame.set_program_counter(frame.next_program_counter as usize);
    frame.outs[0] = GIVEN;
}

/// Reads a word at an address that faults.
pub(crate) fn read(address: u32) -> u32 {
    // SAFETY: the handler skips the instruction.
    unsafe { fault_read(address) }
}

/// Writes a word at an address that faults.
pub(crate) fn write(address: u32) {
    // SAFETY: the handler skips the instruction.
    unsafe { fault_write(address) }
}

/// Executes what faults in other ways; which kind of fault, and which trap type, is to be reported.
// SAFETY: of all of them: the handler skips the instruction.
pub(crate) const FAULTS: [(FaultKind, u32, fn()); 7] = [
    // SAFETY: as said.
    (FaultKind::Instruction, 0x02, || unsafe { fault_unimplemented() }),
    // SAFETY: as said.
    (FaultKind::Arithmetic, 0x2a, || unsafe { fault_division() }),
    // SAFETY: as said.
    (FaultKind::Privilege, 0x03, || unsafe { fault_privilege() }),
    // SAFETY: as said.
    (FaultKind::Debug, 0x81, || unsafe { fault_breakpoint() }),
    // SAFETY: as said.
    (FaultKind::Alignment, 0x07, || unsafe { fault_alignment() }),
    // SAFETY: as said.
    (FaultKind::Alignment, 0x07, || unsafe { fault_jump() }),
    // SAFETY: as said.
    (FaultKind::Instruction, 0x24, || unsafe { fault_coprocessor() }),
];
