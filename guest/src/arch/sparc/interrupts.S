! Disabling and enabling virtual interrupts: memory writes, no call into the kernel. The clock.

! uint32_t bulkhead_interrupts_disable(void)
! Out: o0 = the enable word before, 0 if interrupts were disabled already. Changes no other register.
    .section .text.bulkhead_interrupts_disable, "ax", @progbits
    .globl bulkhead_interrupts_disable
    .type bulkhead_interrupts_disable, @function
bulkhead_interrupts_disable:
    ld [%g0 + host_enabled], %o0
    retl
    st %g0, [%g0 + host_enabled]
    .size bulkhead_interrupts_disable, . - bulkhead_interrupts_disable

! void bulkhead_interrupts_restore(uint32_t previous)
! In:  o0 = what bulkhead_interrupts_disable returned, or any other value: 0 disables, the rest enables.
! Changes o1, o2 and condition codes. If this enables and a line is due, its handler has run when this returns.
    .section .text.bulkhead_interrupts_restore, "ax", @progbits
    .globl bulkhead_interrupts_restore
    .type bulkhead_interrupts_restore, @function
bulkhead_interrupts_restore:
    st %o0, [%g0 + host_enabled]
    ld [%g0 + host_pending], %o1
    ld [%g0 + host_mask], %o2
    andcc %o1, %o2, %g0
    bne,a 1f
    tst %o0
    retl
    nop
1:  bne bulkhead_interrupts_deliver
    nop
    retl
    nop
    .size bulkhead_interrupts_restore, . - bulkhead_interrupts_restore

! void bulkhead_interrupts_flash(uint32_t previous)
! In:  o0 = what bulkhead_interrupts_disable returned.
! Lets in what is due if `previous` enables; interrupts are disabled on return.
    .section .text.bulkhead_interrupts_flash, "ax", @progbits
    .globl bulkhead_interrupts_flash
    .type bulkhead_interrupts_flash, @function
bulkhead_interrupts_flash:
    save %sp, -96, %sp
    call bulkhead_interrupts_restore
    mov %i0, %o0
    st %g0, [%g0 + host_enabled]
    ret
    restore
    .size bulkhead_interrupts_flash, . - bulkhead_interrupts_flash

! int32_t bulkhead_interrupt_raise(uint32_t line)
! In:  o0 = a line. Out: o0 = 0, or {bad_argument} if it is not one of the partition's own.
! Changes o1 to o5 and condition codes. If the line is let through and interrupts are enabled at a lower level, its
! handler has run when this returns.
    .section .text.bulkhead_interrupt_raise, "ax", @progbits
    .globl bulkhead_interrupt_raise
    .type bulkhead_interrupt_raise, @function
bulkhead_interrupt_raise:
    andn %o0, 15, %o1
    cmp %o1, {first_own_line}
    bne 2f
    mov 1, %o2
    sll %o2, %o0, %o2
    mov host_pending, %o3
    ld [%o3], %o4
1:  or %o4, %o2, %o5
    .word 0xdbe2c14c            ! casa [%o3] 0xa, %o4, %o5: in one step, but an assembler for V8 knows none.
    cmp %o4, %o5
    bne,a 1b
    mov %o5, %o4
    ld [%g0 + host_mask], %o3
    ld [%g0 + host_enabled], %o1
    andcc %o2, %o3, %g0
    bne,a 3f
    tst %o1
    retl
    clr %o0
2:  retl
    mov {bad_argument}, %o0
3:  bne bulkhead_interrupts_deliver
    clr %o0
    retl
    nop
    .size bulkhead_interrupt_raise, . - bulkhead_interrupt_raise

! uint64_t bulkhead_clock_now(void)
! Out: o0, o1 = high and low half of the nanoseconds since the first major frame began.
    .section .text.bulkhead_clock_now, "ax", @progbits
    .globl bulkhead_clock_now
    .type bulkhead_clock_now, @function
bulkhead_clock_now:
    host_read_clock
    retl
    nop
    .size bulkhead_clock_now, . - bulkhead_clock_now
