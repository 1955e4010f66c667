! The switch from task to task.

! void bulkhead_context_switch(Context *save, uintptr_t load, uintptr_t stack, void (*entry)(void))
! In:  interrupts disabled.
! Out: *save = stack pointer, from which on lie the window's save area, the floating-point state and the globals that
!      nobody else keeps.
!      If load is not 0: returns in the context that was saved there.
!      If load is 0: calls entry, which does not return, on the stack that ends at the argument stack, with FSR 0.
! Uses 248 bytes of the stack that is left, besides the save area.
    .section .text.bulkhead_context_switch, "ax", @progbits
    .globl bulkhead_context_switch
    .type bulkhead_context_switch, @function
bulkhead_context_switch:
    save %sp, -248, %sp
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std %f\number, [%sp + 104 + 4 * \number]
    .endr
    st %fsr, [%sp + 96]
    st %g7, [%sp + 100]
    ! All windows to their stacks: this one too, by one more below it.
    mov %i1, %o1
    mov %i2, %o2
    mov %i3, %o3
    st %sp, [%i0]
    save %sp, -96, %sp
    ta 3
    mov %i1, %l1
    mov %i2, %l2
    mov %i3, %l3
    tst %l1
    be 1f
    nop
    ! This window is the other task's now: `restore` loads what its stack holds.
    mov %l1, %fp
    sub %fp, 96, %sp
    restore
    ! Where debuggers show a task that does not execute: with this window.
    .globl bulkhead_context_resumed
bulkhead_context_resumed:
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd [%sp + 104 + 4 * \number], %f\number
    .endr
    ld [%sp + 96], %fsr
    ld [%sp + 100], %g7
    ret
    restore
1:  andn %l2, 7, %l2
    sub %l2, 104, %sp
    clr %fp
    clr %i7
    st %g0, [%sp + 96]
    ld [%sp + 96], %fsr
    call %l3
    nop
    unimp 0
    .size bulkhead_context_switch, . - bulkhead_context_switch

! void bulkhead_context_keep_floating_point(uint32_t state[34])
! void bulkhead_context_floating_point_back(const uint32_t state[34])
! FSR at offset 0, f0 to f31 from offset 8 on; the array is aligned to 8.
    .section .text.bulkhead_context_floating_point, "ax", @progbits
    .globl bulkhead_context_keep_floating_point
    .type bulkhead_context_keep_floating_point, @function
bulkhead_context_keep_floating_point:
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std %f\number, [%o0 + 8 + 4 * \number]
    .endr
    retl
    st %fsr, [%o0]
    .size bulkhead_context_keep_floating_point, . - bulkhead_context_keep_floating_point
    .globl bulkhead_context_floating_point_back
    .type bulkhead_context_floating_point_back, @function
bulkhead_context_floating_point_back:
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd [%o0 + 8 + 4 * \number], %f\number
    .endr
    retl
    ld [%o0], %fsr
    .size bulkhead_context_floating_point_back, . - bulkhead_context_floating_point_back
