//! The checks that need the instructions of i386.

mod registers;

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::machine::i386::DATA_SELECTOR;
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{FaultKind, clock, timer};

use crate::faults;
use crate::report::check_equal;

/// The longest that disabling and enabling may take, in nanoseconds: under `-icount shift=0` these are executed
/// instructions, calls and returns included.
pub(crate) const DISABLE_AND_RESTORE: u32 = 14;

/// The longest that reading the clock may take.
pub(crate) const CLOCK: u32 = 30;

/// The longest from enabling interrupts to the first instruction of a handler whose line is due.
pub(crate) const TO_HANDLER: u32 = 40;

/// The longest that handling one due line with an empty handler may take, with what this program does after each
/// interrupt.
pub(crate) const WHOLE_DISPATCH: u32 = 90;

/// How often what is measured is repeated: the counter counts every instruction.
pub(crate) const TURNS: u32 = 1;

/// Bits of a fault's address that the processor does not tell.
pub(crate) const ADDRESS_UNKNOWN: u32 = 0;

/// Whether an interrupt needs the interrupted code's stack, so that one that is not there faults.
pub(crate) const INTERRUPTS_USE_THE_STACK: bool = true;

/// The stack pointer that `without_stack` has.
pub(crate) const NO_STACK: u32 = 0x1000;

pub(crate) use registers::registers;

core::arch::global_asm!(
    // uint32_t spin_without_stack(const uint32_t *word)
    // Waits until the word is not 0 with a stack pointer that nothing is mapped at; returns the stack pointer that it
    // finds afterwards.
    ".globl spin_without_stack",
    "spin_without_stack:",
    "pushl %ebx",
    "movl 8(%esp), %ecx",
    "movl %esp, %ebx",
    "movl $0x00001000, %esp",
    "1: cmpl $0, (%ecx)",
    "je 1b",
    "movl %esp, %eax",
    "movl %ebx, %esp",
    "popl %ebx",
    "ret",
    options(att_syntax),
);

unsafe extern "C" {
    fn spin_without_stack(word: *const u32) -> u32;
}

/// Waits, with the stack pointer at an unmapped address, until an interrupt handler has made the word not 0; the stack
/// pointer then.
pub(crate) fn without_stack(word: *const u32) -> u32 {
    // SAFETY: the function uses no stack between changing the pointer and putting it back.
    unsafe { spin_without_stack(word) }
}

/// The time-stamp counter.
#[inline(always)]
pub(crate) fn counter() -> u32 {
    let low: u32;
    // SAFETY: reads a counter.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") _, options(nomem, nostack, preserves_flags)) };
    low
}

/// The stack pointer, about.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, esp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Arms the timer, so that it comes at every instruction if it is called with one interval after the other.
pub(crate) fn arm(interval: u32) {
    timer::set(clock::now() + u64::from(interval));
}

/// Cycles between two readings of the counter with the given instructions in between.
macro_rules! cycles {
    ($($instruction:literal),*) => {{
        let (before, after): (u32, u32);
        // SAFETY: the instructions call functions of the guest layer as C does, and leave the stack as it was.
        unsafe {
            asm!(
                "rdtsc", "mov edi, eax", $($instruction,)* "rdtsc",
                out("edi") before, out("eax") after, out("ecx") _, out("edx") _,
            );
        }
        after.wrapping_sub(before)
    }};
}

/// What measuring costs by itself.
pub(crate) fn cost_of_nothing() -> u32 {
    cycles!()
}

/// What disabling and restoring interrupts costs.
pub(crate) fn cost_of_interrupts() -> u32 {
    cycles!("call bulkhead_interrupts_disable", "push eax", "call bulkhead_interrupts_restore", "add esp, 4")
}

/// What reading the clock costs.
pub(crate) fn cost_of_clock() -> u32 {
    cycles!("call bulkhead_clock_now")
}

/// There are no interrupt levels.
pub(crate) const fn levels() {}

/// The word that thread-local storage begins with.
pub(crate) fn first_thread_word() -> u32 {
    let value: u32;
    // SAFETY: the base that was set is an address of ours.
    unsafe { asm!("mov {}, gs:[0]", out(reg) value, options(nostack, readonly)) };
    value
}

/// Bytes of the instruction that is about to fault.
static SKIP: AtomicU32 = AtomicU32::new(0);

/// What a fault handler has put into the result's register.
pub(crate) const GIVEN: u32 = 0x1234_5678;

/// Goes on behind the faulting instruction (a breakpoint is reported there) with a value in the register that `read`
/// loads.
pub(crate) fn step_over(frame: &mut FaultFrame) {
    if frame.kind() != FaultKind::Debug {
        frame.program_counter += SKIP.load(Relaxed);
    }
    frame.eax = GIVEN;
}

/// Reads a word at an address that faults.
pub(crate) fn read(address: u32) -> u32 {
    SKIP.store(2, Relaxed);
    let value: u32;
    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("mov eax, [ecx]", in("ecx") address, out("eax") value) };
    value
}

/// Writes a word at an address that faults.
pub(crate) fn write(address: u32) {
    SKIP.store(2, Relaxed);
    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("mov [ecx], eax", in("ecx") address, out("eax") _) };
}

/// Executes what faults in other ways; which kind of fault, and which vector, is to be reported.
pub(crate) const FAULTS: [(FaultKind, u32, fn()); 4] = [
    (FaultKind::Instruction, 6, || {
        SKIP.store(2, Relaxed);
        // SAFETY: the handler skips the two bytes of the instruction.
        unsafe { asm!("ud2", out("eax") _) };
    }),
    (FaultKind::Arithmetic, 0, || {
        SKIP.store(2, Relaxed);
        // SAFETY: the handler skips the two bytes of the instruction.
        unsafe { asm!("div ecx", in("ecx") 0, out("eax") _, out("edx") _) };
    }),
    (FaultKind::Privilege, 13, || {
        SKIP.store(1, Relaxed);
        // SAFETY: the handler skips the byte of the instruction.
        unsafe { asm!("cli", out("eax") _) };
    }),
    // SAFETY: the breakpoint is reported behind the instruction.
    (FaultKind::Debug, 3, || unsafe { asm!("int3", out("eax") _) }),
];

/// A fault with no data segment loaded: the fault entry loads flat ones.
pub(crate) fn fault_with_all_registers() {
    SKIP.store(2, Relaxed);
    let selector: u32;
    // SAFETY: the handler skips the two bytes of the access; the fault entry has loaded flat segments again.
    unsafe {
        asm!(
            "xor eax, eax", "mov ds, eax", "mov es, eax", "mov eax, [ecx]", "mov ecx, ds",
            inout("ecx") 0x10 => selector, out("eax") _,
        );
    }
    check_equal!(faults::take(), (1, FaultKind::Memory as u32, 0x10));
    check_equal!(selector, u32::from(DATA_SELECTOR));
}
