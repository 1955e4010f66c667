! Where guests, devices and faults enter the kernel, and where it leaves (SPARC V8 manual, chapter 7).
!
! A trap decrements the window pointer whatever WIM says: l1 and l2 of the trap window hold PC and nPC. The guest's
! window is the one above it, and the guest's outs are the trap window's ins.
!
! What WIM says while a guest runs, for a window position p other than the guest's current one:
!   clear   p holds a frame of the guest's, or can be had by a `save` at once;
!   set     p is the guest's one invalid window (context.invalid); or p holds a frame of the guest's whose registers
!           are in the context (above the current one); or p holds what the kernel left there (below it), and must be
!           cleared before the guest may have it.
! So the kernel saves all windows when it needs them, and gives them back one by one when the guest does.

    .section .text.traps, "ax", @progbits

! Offsets into a context (context.rs).
    .set CONTEXT_GLOBALS, 512
    .set CONTEXT_OUTS, 544
    .set CONTEXT_PSR, 576
    .set CONTEXT_PC, 580
    .set CONTEXT_NPC, 584
    .set CONTEXT_INVALID, 588
    .set CONTEXT_SHARED, 592

    .set PSR_ET, 0x20
    .set PSR_PS, 0x40
    .set PSR_S, 0x80
    .set PSR_PIL, 0xf00
    .set PSR_EF, 0x1000

.macro trap_to target, number
    rd %psr, %l0
    ba \target
    mov \number, %l3
    nop
.endm

.macro traps numbers:vararg
    .irp number, \numbers
    trap_to trap_slow, \number
    .endr
.endm

    .balign 4096
    .global trap_table
trap_table:
    traps 0x00, 0x01, 0x02, 0x03, 0x04
    trap_to trap_overflow, 0x05
    trap_to trap_underflow, 0x06
    traps 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10
    .irp number, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f
    trap_to trap_interrupt, \number
    .endr
    .irp high, 2, 3, 4, 5, 6, 7
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f
    trap_to trap_slow, 0x\high\low
    .endr
    .endr
    traps 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88
    trap_to trap_disable, 0x89
    trap_to trap_enable, 0x8a
    traps 0x8b, 0x8c, 0x8d, 0x8e, 0x8f
    .irp high, 9, a, b, c, d, e, f
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f
    trap_to trap_slow, 0x\high\low
    .endr
    .endr

! After a write of PSR, WIM or TBR, three instructions until it is sure to be so.
.macro settle
    nop
    nop
    nop
.endm

! An interrupt. In the kernel it only ends a wait: the portable kernel looks at the clock afterwards.
trap_interrupt:
    andcc %l0, PSR_PS, %g0
    be trap_slow
    nop
    set wait_begin, %l4
    cmp %l1, %l4
    bcs 1f
    nop
    set wait_end, %l4
    cmp %l1, %l4
    bcc 1f
    nop
    mov %l4, %l1
    add %l4, 4, %l2
1:  wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! ta 9: disable interrupts. Out: g1 = PSR as the guest sees it, whose interrupt level says whether they were.
trap_disable:
    andcc %l0, PSR_PS, %g0
    bne trap_slow
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_SHARED], %l4
    ld [%l4], %l5
    st %g0, [%l4]
    add %l0, 1, %g1             ! The guest's own window.
    and %g1, 7, %g1
    andn %l0, 7, %l6
    or %g1, %l6, %g1
    or %g1, PSR_ET, %g1
    tst %l5
    be,a 1f
    or %g1, PSR_PIL, %g1
1:  wr %l0, %psr
    settle
    jmp %l2
    rett %l2 + 4

! ta 10: sets the interrupt level from g1 as ta 9 returned it, and delivers what is due.
trap_enable:
    andcc %l0, PSR_PS, %g0
    bne trap_slow
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_SHARED], %l4
    andcc %g1, PSR_PIL, %g0
    bne,a 1f
    st %g0, [%l4]
    ld [%l4 + 4], %l5
    ld [%l4 + 8], %l6
    mov 1, %l7
    andcc %l5, %l6, %g0
    bne trap_slow               ! It sets the enable word too.
    nop
    st %l7, [%l4]
1:  wr %l0, %psr
    settle
    jmp %l2
    rett %l2 + 4

! A `save` into a window that is not to be had.
trap_overflow:
    andcc %l0, PSR_PS, %g0
    bne kernel_overflow
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l5
    and %l0, 7, %l6
    cmp %l5, %l6
    be overflow_of_guest
    rd %wim, %l5
    ! What the kernel left in this window. Its ins are the guest's outs.
    mov 1, %l7
    sll %l7, %l6, %l7
    andn %l5, %l7, %l5
    wr %l5, %wim
    settle
    clr %l3
    clr %l4
    clr %l5
    clr %l6
    clr %l7
    clr %o0
    clr %o1
    clr %o2
    clr %o3
    clr %o4
    clr %o5
    clr %o6
    clr %o7
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! All windows are in use: the kernel proper stores the oldest frame on its stack, checked.
overflow_of_guest:
    ba trap_slow
    mov 5, %l3

! A `restore` to a frame that is not in its registers.
trap_underflow:
    andcc %l0, PSR_PS, %g0
    bne kernel_underflow
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l5
    add %l0, 2, %l6
    and %l6, 7, %l6             ! The window wanted.
    cmp %l5, %l6
    be trap_slow
    rd %wim, %l5
    ! Its registers are in the context.
    mov 1, %l7
    sll %l7, %l6, %l7
    andn %l5, %l7, %l7          ! WIM when it is there.
    mov %g1, %l5
    sll %l6, 6, %l6
    add %l4, %l6, %g1
    wr %g0, %wim
    settle
    restore
    restore
    ldd [%g1 + 0], %l0
    ldd [%g1 + 8], %l2
    ldd [%g1 + 16], %l4
    ldd [%g1 + 24], %l6
    ldd [%g1 + 32], %i0
    ldd [%g1 + 40], %i2
    ldd [%g1 + 48], %i4
    ldd [%g1 + 56], %i6
    save
    save
    wr %l7, %wim
    mov %l5, %g1
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! The kernel's own windows go to its own stack.
kernel_overflow:
    rd %wim, %l3
    mov %g1, %l7
    srl %l3, 1, %g1
    sll %l3, 7, %l4
    or %g1, %l4, %g1
    and %g1, 0xff, %g1
    save
    wr %g1, %wim
    settle
    std %l0, [%sp + 0]
    std %l2, [%sp + 8]
    std %l4, [%sp + 16]
    std %l6, [%sp + 24]
    std %i0, [%sp + 32]
    std %i2, [%sp + 40]
    std %i4, [%sp + 48]
    std %i6, [%sp + 56]
    restore
    mov %l7, %g1
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

kernel_underflow:
    rd %wim, %l3
    sll %l3, 1, %l4
    srl %l3, 7, %l5
    or %l4, %l5, %l4
    and %l4, 0xff, %l4
    wr %l4, %wim
    settle
    restore
    restore
    ldd [%sp + 0], %l0
    ldd [%sp + 8], %l2
    ldd [%sp + 16], %l4
    ldd [%sp + 24], %l6
    ldd [%sp + 32], %i0
    ldd [%sp + 40], %i2
    ldd [%sp + 48], %i4
    ldd [%sp + 56], %i6
    save
    save
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! Everything else.
! In: l0 psr, l1 pc, l2 npc, l3 trap type.
trap_slow:
    andcc %l0, PSR_PS, %g0
    bne trap_in_kernel
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    rd %y, %l5
    st %l0, [%l4 + CONTEXT_PSR]
    st %l1, [%l4 + CONTEXT_PC]
    st %l2, [%l4 + CONTEXT_NPC]
    st %l5, [%l4 + CONTEXT_GLOBALS]
    st %g1, [%l4 + CONTEXT_GLOBALS + 4]
    std %g2, [%l4 + CONTEXT_GLOBALS + 8]
    std %g4, [%l4 + CONTEXT_GLOBALS + 16]
    std %g6, [%l4 + CONTEXT_GLOBALS + 24]
    std %i0, [%l4 + CONTEXT_OUTS]
    std %i2, [%l4 + CONTEXT_OUTS + 8]
    std %i4, [%l4 + CONTEXT_OUTS + 16]
    std %i6, [%l4 + CONTEXT_OUTS + 24]
    rd %wim, %g2
    wr %g0, %wim
    mov %l4, %g1
    mov %l3, %g3
    mov %l0, %g4
    and %l0, 7, %g5
    ! From the guest's current window upwards, until one is not in its registers.
1:  add %g5, 1, %g5
    and %g5, 7, %g5
    srl %g2, %g5, %g6
    andcc %g6, 1, %g0
    bne 2f
    sll %g5, 6, %g6
    restore
    add %g1, %g6, %g6
    std %l0, [%g6 + 0]
    std %l2, [%g6 + 8]
    std %l4, [%g6 + 16]
    std %l6, [%g6 + 24]
    std %i0, [%g6 + 32]
    std %i2, [%g6 + 40]
    std %i4, [%g6 + 48]
    ba 1b
    std %i6, [%g6 + 56]
    ! The kernel's windows: from the trap window downwards.
2:  andn %g4, PSR_ET, %g4
    set PSR_PIL | PSR_EF, %g6
    or %g4, %g6, %g4
    wr %g4, %psr
    add %g4, 1, %g5
    and %g5, 7, %g5
    mov 1, %g6
    sll %g6, %g5, %g6
    wr %g6, %wim
    settle
    set kernel_stack_top - 96, %sp
    clr %fp
    mov %g3, %o0
    mov %g1, %o1
    wr %g4, PSR_ET, %psr
    settle
    call kernel_trap
    nop

! Runs the current context.
    .global leave_kernel
leave_kernel:
    rd %psr, %g4
    andn %g4, PSR_ET, %g4
    wr %g4, %psr
    settle
    sethi %hi(current_context), %g1
    ld [%g1 + %lo(current_context)], %g1
    ld [%g1 + CONTEXT_PSR], %g4
    wr %g0, %wim
    add %g4, 1, %g5
    and %g5, 7, %g5             ! The guest's window.
    sll %g5, 6, %g6
    add %g1, %g6, %g6
    wr %g4, %psr
    settle
    restore
    ldd [%g6 + 0], %l0
    ldd [%g6 + 8], %l2
    ldd [%g6 + 16], %l4
    ldd [%g6 + 24], %l6
    ldd [%g6 + 32], %i0
    ldd [%g6 + 40], %i2
    ldd [%g6 + 48], %i4
    ldd [%g6 + 56], %i6
    save
    mov 1, %g6
    sll %g6, %g5, %g6
    xnor %g6, %g0, %g6
    wr %g6, %wim
    mov %g1, %l4
    mov %g4, %l0
    ld [%l4 + CONTEXT_GLOBALS], %l5
    wr %l5, %y
    ld [%l4 + CONTEXT_PC], %l1
    ld [%l4 + CONTEXT_NPC], %l2
    ldd [%l4 + CONTEXT_OUTS], %i0
    ldd [%l4 + CONTEXT_OUTS + 8], %i2
    ldd [%l4 + CONTEXT_OUTS + 16], %i4
    ldd [%l4 + CONTEXT_OUTS + 24], %i6
    ld [%l4 + CONTEXT_GLOBALS + 4], %g1
    ldd [%l4 + CONTEXT_GLOBALS + 8], %g2
    ldd [%l4 + CONTEXT_GLOBALS + 16], %g4
    ldd [%l4 + CONTEXT_GLOBALS + 24], %g6
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! The kernel itself has caused a trap.
trap_in_kernel:
    add %l0, 1, %l4
    and %l4, 7, %l4
    mov 1, %l5
    sll %l5, %l4, %l5
    wr %l5, %wim
    settle
    mov %l3, %o0
    mov %l1, %o1
    set kernel_stack_top - 96, %sp
    set PSR_PIL | PSR_ET, %l4
    or %l0, %l4, %l4
    wr %l4, %psr
    settle
    call kernel_failure
    nop

! void wait_for_interrupt(void), void let_interrupts_in(void)
! Lets interrupts in, the first until one has come. An interrupt between begin and end continues at the end.
    .global wait_for_interrupt
wait_for_interrupt:
    rd %psr, %o0
    andn %o0, PSR_PIL, %o1
wait_begin:
    wr %o1, %psr
    settle
    wr %g0, %asr19              ! Power down (GRLIB IP core manual, LEON3).
wait_end:
    wr %o0, %psr
    settle
    retl
    nop

    .global let_interrupts_in
let_interrupts_in:
    rd %psr, %o0
    andn %o0, PSR_PIL, %o1
    wr %o1, %psr
    settle
    nop
    wr %o0, %psr
    settle
    retl
    nop

! void floating_point_save(uint32_t state[33]), void floating_point_load(const uint32_t state[33])
! FSR at offset 0, f0 to f31 from offset 8 on. EF must be set.
    .global floating_point_save
floating_point_save:
    st %fsr, [%o0]
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std %f\number, [%o0 + 8 + 4 * \number]
    .endr
    retl
    nop

    .global floating_point_load
floating_point_load:
    ld [%o0], %fsr
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd [%o0 + 8 + 4 * \number], %f\number
    .endr
    retl
    nop

! void power_off(void): traps off and a trap is the processor's error mode, which ends QEMU.
    .global power_off
power_off:
    rd %psr, %o0
    andn %o0, PSR_ET, %o0
    wr %o0, %psr
    settle
    ta 0
    nop
1:  ba 1b
    nop

    .section .data.current_context, "aw", @progbits
    .balign 4
    .global current_context
current_context:
    .word 0
