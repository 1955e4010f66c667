! Single instructions that a check must execute, and short loops.

    .text

! uint32_t spin_without_stack(const uint32_t *word)
! Waits until the word is not 0 with a stack pointer that nothing is mapped at; returns the stack pointer that it finds
! afterwards.
    .global spin_without_stack
spin_without_stack:
    mov %sp, %o2
    set 0x1000, %sp
1:  ld [%o0], %o1
    tst %o1
    be 1b
    nop
    mov %sp, %o0
    retl
    mov %o2, %sp

! void count_interrupts(uint32_t turns), void count_clock(uint32_t turns): do it so many times. The loop adds three
! instructions to each.
    .global count_interrupts
count_interrupts:
    save %sp, -96, %sp
1:  call bulkhead_interrupts_disable
    nop
    call bulkhead_interrupts_restore
    nop
    subcc %i0, 1, %i0
    bne 1b
    nop
    ret
    restore

    .global count_clock
count_clock:
    save %sp, -96, %sp
1:  call bulkhead_clock_now
    nop
    subcc %i0, 1, %i0
    bne 1b
    nop
    ret
    restore

! What faults. The handler goes on behind it.
.macro fault name, text:vararg
    .global fault_\name
fault_\name:
    \text
    retl
    nop
.endm

    fault read, ld [%o0], %o0
    fault write, st %o0, [%o0]
    fault unimplemented, unimp 0
    fault division, udiv %o0, %g0, %o0
    fault privilege, lda [%o0] 0x19, %o0
    fault breakpoint, ta 1
    fault alignment, ld [%sp + 2], %o0
    fault coprocessor, ld [%o0], %csr
    fault jump, jmp %sp + 2
