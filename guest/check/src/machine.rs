//! The few things that a check must do with processor instructions.

use core::arch::asm;

/// What `all_registers` found.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registers {
    pub(crate) eax: u32,
    pub(crate) ecx: u32,
    pub(crate) edx: u32,
    pub(crate) ebx: u32,
    pub(crate) ebp: u32,
    pub(crate) esi: u32,
    pub(crate) edi: u32,
    pub(crate) esp_change: u32,
    pub(crate) flags: u32,
}

core::arch::global_asm!(
    // void spin_with_all_registers(const uint32_t *word, struct registers *found)
    // Loads every register with a pattern, sets the carry and the direction flag, waits until the word is not 0, and
    // stores what the registers are then.
    ".globl spin_with_all_registers",
    "spin_with_all_registers:",
    "pushl %ebx",
    "pushl %ebp",
    "pushl %esi",
    "pushl %edi",
    "movl 20(%esp), %eax",
    "movl $0x22222222, %ecx",
    "movl $0x33333333, %edx",
    "movl $0x44444444, %ebx",
    "movl $0x55555555, %ebp",
    "movl $0x66666666, %esi",
    "movl $0x77777777, %edi",
    "movl %esp, spin_stack_pointer",
    "stc",
    "std",
    "1: movl (%eax), %eax",
    // The test must change no flags.
    "xchgl %eax, %ecx",
    "jecxz 3f",
    "xchgl %eax, %ecx",
    "jmp 2f",
    "3: xchgl %eax, %ecx",
    "movl 20(%esp), %eax",
    "jmp 1b",
    "2: pushfl",
    "pushl %eax",
    "movl 32(%esp), %eax",
    "movl %ecx, 4(%eax)",
    "movl %edx, 8(%eax)",
    "movl %ebx, 12(%eax)",
    "movl %ebp, 16(%eax)",
    "movl %esi, 20(%eax)",
    "movl %edi, 24(%eax)",
    "popl %ecx",
    "movl %ecx, 0(%eax)",
    "popl %ecx",
    "movl %ecx, 32(%eax)",
    "movl %esp, %ecx",
    "subl spin_stack_pointer, %ecx",
    "movl %ecx, 28(%eax)",
    "cld",
    "popl %edi",
    "popl %esi",
    "popl %ebp",
    "popl %ebx",
    "ret",
    ".section .bss.spin_stack_pointer, \"aw\", @nobits",
    ".balign 4",
    "spin_stack_pointer: .skip 4",
    ".text",
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
    fn spin_with_all_registers(word: *const u32, found: *mut Registers);
    fn spin_without_stack(word: *const u32) -> u32;
}

/// Waits, with a pattern in every register, until an interrupt handler has made the word not 0 (to the value that is
/// then found in eax); what the registers are then.
pub(crate) fn all_registers(word: *const u32) -> Registers {
    let mut found = Registers::default();
    // SAFETY: the word is one that a handler writes, `found` is ours.
    unsafe { spin_with_all_registers(word, &raw mut found) };
    found
}

/// Waits, with the stack pointer at an unmapped address, until an interrupt handler has made the word not 0; the stack
/// pointer then.
pub(crate) fn without_stack(word: *const u32) -> u32 {
    // SAFETY: the function uses no stack between changing the pointer and putting it back.
    unsafe { spin_without_stack(word) }
}

/// The time-stamp counter.
#[inline(always)]
pub(crate) fn counter() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reads a counter.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags)) };
    u64::from(low) | u64::from(high) << 32
}

/// The stack pointer, about.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, esp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}
