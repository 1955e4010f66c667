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
