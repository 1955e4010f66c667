//! What an interrupt leaves of the registers.

use core::sync::atomic::AtomicU32;

use crate::report::check_equal;

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
    options(att_syntax),
);

unsafe extern "C" {
    fn spin_with_all_registers(word: *const u32, found: *mut Registers);
}

/// Waits, with a pattern in every register, until an interrupt handler has made the word not 0 (to the value that is
/// then found in eax); what the registers are then.
pub(crate) fn all_registers(word: *const u32) -> Registers {
    let mut found = Registers::default();
    // SAFETY: the word is one that a handler writes, `found` is ours.
    unsafe { spin_with_all_registers(word, &raw mut found) };
    found
}

/// Checks that an interrupt leaves every register and the flags as they are. The handler's count becomes 1.
pub(crate) fn registers(ticks: &AtomicU32, arm: impl Fn()) {
    arm();
    let found = all_registers(ticks.as_ptr());
    check_equal!(found.eax, 1);
    check_equal!(found.ecx, 0x2222_2222);
    check_equal!(found.edx, 0x3333_3333);
    check_equal!(found.ebx, 0x4444_4444);
    check_equal!(found.ebp, 0x5555_5555);
    check_equal!(found.esi, 0x6666_6666);
    check_equal!(found.edi, 0x7777_7777);
    check_equal!(found.esp_change, 0);
    check_equal!(found.flags & 0x401, 0x401);
}
