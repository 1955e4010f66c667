! RTEMS's context switch. The kernel keeps the register windows, so that no privileged instruction is left.
!
! It says how many frames besides the current one only registers hold. The switch stores those from the innermost to the
! outermost and never goes back: where the last of them was, with none above it, is the window of the heir. As each
! store is the partition's own, the processor looks where it goes.
!
! A context keeps the interrupt level and whether floating point is on where RTEMS keeps them: in its PSR, bits 8 to 11
! and bit 12. Floating-point registers are dead at a call; who interrupts a thread keeps them
! (kit/sparc/processor.c). The thread pointer, g7, is a plain register that never changes in a thread.

    .set LEVEL, {level}
    .set FLOATING_POINT, 0x1000

! uint32_t bulkhead_rtems_floating_point
! Bit 12 as it is in PSR now: a word of the shared page, which needs no register for its address.
    .globl bulkhead_rtems_floating_point
    .set bulkhead_rtems_floating_point, {executive}

! void _CPU_Context_switch(Context_Control *executing, Context_Control *heir)
! Returns to the heir's caller with the heir's locals, ins, stack, thread pointer, interrupt state and floating-point
! enable. The windows of the executing thread are on its stack then. RTEMS's own switch is told by the heir's context,
! which is that of the executing thread already: then the first context is a thread's too, whose stack is looked at.
    .section .text._CPU_Context_switch, "ax", @progbits
    .globl _CPU_Context_switch
    .globl _CPU_Context_switch_no_return
    .type _CPU_Context_switch, @function
    .type _CPU_Context_switch_no_return, @function
_CPU_Context_switch:
_CPU_Context_switch_no_return:
    ld [%g6 + %lo(bulkhead_rtems_executing)], %o2
    add %o2, bulkhead_rtems_thread_context, %o2
    cmp %o2, %o1
    bne 1f
    sethi %hi(bulkhead_rtems_stack_mark), %o5
    ld [%o0 + bulkhead_rtems_context_thread_stack], %o4
    cmp %sp, %o4
    blu .Lbulkhead_rtems_left_stack
    ld [%o4], %o4
    or %o5, %lo(bulkhead_rtems_stack_mark), %o5
    cmp %o4, %o5
    bne .Lbulkhead_rtems_left_stack
1:  ld [%g6 + %lo(bulkhead_rtems_isr_dispatch_disable)], %o4
    ld [%g0 + {executive}], %o2
    ld [%g0 + {enabled}], %o5
    st %g5, [%o0 + %lo(bulkhead_rtems_context_g5)]
    .irp number, 0, 2, 4, 6
    std %l\number, [%o0 + %lo(bulkhead_rtems_context_locals + 4 * \number)]
    std %i\number, [%o0 + %lo(bulkhead_rtems_context_ins + 4 * \number)]
    .endr
    std %o6, [%o0 + %lo(bulkhead_rtems_context_stack)]
    st %o4, [%o0 + %lo(bulkhead_rtems_context_isr_dispatch_disable)]
    sub %o5, 1, %o5
    and %o5, LEVEL, %o5         ! Of 0, which disables, the highest.
    or %o2, %o5, %o2
    st %o2, [%o0 + %lo(bulkhead_rtems_context_psr)]

! In: o1 = context. No interrupt comes until all is loaded: on the way up it would find a stack pointer below which
! there is what has been stored.
.Lbulkhead_rtems_restore:
    st %g0, [%g0 + {enabled}]
    ta {frames_trap}
    subcc %g1, 1, %g1
    bneg 2f
    mov %o1, %g2
    mov %o0, %g3                ! Whose frames these are, if one of them cannot be stored (kit/sparc/processor.c).
    restore
    .globl bulkhead_rtems_stores
bulkhead_rtems_stores:
1:  .irp number, 0, 2, 4, 6
    std %l\number, [%sp + 4 * \number]
    std %i\number, [%sp + 32 + 4 * \number]
    .endr
    subcc %g1, 1, %g1
    bge,a 1b
    restore
    .globl bulkhead_rtems_stores_end
bulkhead_rtems_stores_end:
    ! The frame that the heir returns to is loaded too, since a window trap would take four times as long: above it in
    ! the window there, and the heir's in the one below. A thread that begins has none.
2:  ld [%g2 + %lo(bulkhead_rtems_context_ins + 4 * 6)], %sp
    tst %sp
    be 7f
    nop
    .irp number, 0, 2, 4, 6
    ldd [%sp + 4 * \number], %l\number
    ldd [%sp + 32 + 4 * \number], %i\number
    .endr
    save
7:  ld [%g2 + %lo(bulkhead_rtems_context_psr)], %o3
    ld [%g0 + {executive}], %o4
    sethi %hi(FLOATING_POINT), %o2
    xor %o4, %o3, %o4
    andcc %o4, %o2, %g0
    bne .Lbulkhead_rtems_turn_floating_point
    ld [%g2 + %lo(bulkhead_rtems_context_g5)], %g5
6:  ld [%g2 + %lo(bulkhead_rtems_context_g7)], %g7
    ld [%g2 + %lo(bulkhead_rtems_context_isr_dispatch_disable)], %o5
    .irp number, 0, 2, 4
    ldd [%g2 + %lo(bulkhead_rtems_context_locals + 4 * \number)], %l\number
    .endr
    .irp number, 0, 2, 4, 6
    ldd [%g2 + %lo(bulkhead_rtems_context_ins + 4 * \number)], %i\number
    .endr
    ldd [%g2 + %lo(bulkhead_rtems_context_stack)], %o6
    ! Last of all the interrupt level, and then a look at what came meanwhile. No thread is dispatched here, whatever
    ! isr_dispatch_disable still says.
    andcc %o3, LEVEL, %o4
    bne 3f
    or %o4, 1, %o3
4:  st %o3, [%g0 + {enabled}]
    ld [%g0 + {pending}], %o3
    tst %o3
    bne 5f
    st %o5, [%g6 + %lo(bulkhead_rtems_isr_dispatch_disable)]
    retl
    ldd [%g2 + %lo(bulkhead_rtems_context_locals + 4 * 6)], %l6
5:  ld [%g0 + {mask}], %o4
    andcc %o3, %o4, %g0
    bne bulkhead_interrupts_deliver
    ldd [%g2 + %lo(bulkhead_rtems_context_locals + 4 * 6)], %l6
    retl
    nop
3:  cmp %o4, LEVEL
    bne 4b
    ldd [%g2 + %lo(bulkhead_rtems_context_locals + 4 * 6)], %l6
    retl
    st %o5, [%g6 + %lo(bulkhead_rtems_isr_dispatch_disable)]

! The thread has left its stack: on the fault stack, where there is room, RTEMS is told.
.Lbulkhead_rtems_left_stack:
    st %g0, [%g0 + {enabled}]
    mov %sp, %o1
    set bulkhead_fault_stack_end - 96, %sp
    call bulkhead_rtems_context_left_stack
    nop
    unimp 0

! Floating point on or off as the heir has it, before its level is set: a handler that came between the two would
! believe the word.
.Lbulkhead_rtems_turn_floating_point:
    and %o3, %o2, %g1
    ta {floating_point_trap}
    ba 6b
    st %g1, [%g0 + {executive}]
    .size _CPU_Context_switch, . - _CPU_Context_switch

! void _SPARC_Start_multitasking(Context_Control *heir)
! void _CPU_Context_restore(Context_Control *context)
! void _CPU_Context_restore_heir, the same with the context in o1
! Do not return to their caller. The first one leaves the stack of the start, which is the interrupt stack, at once.
    .globl _SPARC_Start_multitasking
    .globl _CPU_Context_restore
    .globl _CPU_Context_restore_heir
    .type _SPARC_Start_multitasking, @function
    .type _CPU_Context_restore, @function
    .type _CPU_Context_restore_heir, @function
_SPARC_Start_multitasking:
    ld [%o0 + %lo(bulkhead_rtems_context_stack)], %o6
_CPU_Context_restore:
    mov %o0, %o1
_CPU_Context_restore_heir:
    ba .Lbulkhead_rtems_restore
    nop
    .size _CPU_Context_restore, . - _CPU_Context_restore
