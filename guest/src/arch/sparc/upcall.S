! Interrupt upcalls: from the kernel to the handlers and back to what was interrupted.

! How deep interrupts are nested, 0 outside handlers.
    .section .data.bulkhead_interrupt_depth, "aw", @progbits
    .balign 4
bulkhead_interrupt_depth:
    .word 0

! Interrupt entry: the kernel continues here.
! In:  interrupts disabled; every register, the stack pointer and the window too, as in the interrupted code.
! Out: back in the interrupted code, every register and the condition codes as before, interrupts enabled at the level
! that it had, nothing due.
! A window of its own holds what the interrupted code must find again: a C function keeps its ins and locals. The frame
! of 96 bytes on the interrupted stack is the one that every window needs.
    .section .text.bulkhead_interrupt_entry, "ax", @progbits
    .globl bulkhead_interrupt_entry
    .type bulkhead_interrupt_entry, @function
bulkhead_interrupt_entry:
    ! For debuggers (DWARF 5, 6.4): the window is the interrupted code's; pc, their register 68, is l1, or where a call
    ! returns to if that is 0: breg17 0, dup, bra 3, drop, breg31 8. And npc, 69, is l2.
    .cfi_sections .debug_frame
    .cfi_startproc
    save %sp, -96, %sp
    .cfi_def_cfa %fp, 0
    .cfi_window_save
    .cfi_escape 0x16, 68, 9, 0x81, 0, 0x12, 0x28, 0, 3, 0x13, 0x8f, 8
    .cfi_register 69, 18
    ld [%g0 + host_upcall_flags], %l0
    ld [%g0 + host_upcall_program_counter], %l1
    ld [%g0 + host_upcall_next], %l2
.Lbulkhead_dispatch:
    rd %y, %l3
    mov %g1, %l4
    mov %g2, %l5
    mov %g3, %l6
    mov %g4, %l7
    sethi %hi(bulkhead_interrupt_depth), %o1
    ld [%o1 + %lo(bulkhead_interrupt_depth)], %o2
    tst %o2
    bne 1f
    add %o2, 1, %o2
    set bulkhead_interrupt_stack_end - 96, %sp
1:  st %o2, [%o1 + %lo(bulkhead_interrupt_depth)]
    call {next_above}
    mov %l0, %o0
    ! Handlers are called from this window. Most lines come alone: then what is due is looked at no further.
2:  tst %o1
    be,a 3f
    sub %fp, 96, %sp
    mov host_pending, %o2
    ld [%o2], %o3
7:  andn %o3, %o1, %o4
    .word 0xd9e2814b            ! casa [%o2] 0xa, %o3, %o4: in one step, but an assembler for V8 knows none.
    cmp %o3, %o4
    bne,a 7b
    mov %o4, %o3
    ld [%o0 + {function}], %o1
    call %o1
    ld [%o0 + {argument}], %o0
    ld [%g0 + host_pending], %o0
    ld [%g0 + host_mask], %o1
    andcc %o0, %o1, %o1
    be 2b
    nop
    call {next_above}
    mov %l0, %o0
    ba 2b
    nop
3:  sethi %hi(bulkhead_interrupt_depth), %o1
    ld [%o1 + %lo(bulkhead_interrupt_depth)], %o0
    subcc %o0, 1, %o0
    bne 4f
    st %o0, [%o1 + %lo(bulkhead_interrupt_depth)]
    ! Not in a handler any more: the layer above may switch to another task here and come back when it likes.
    call bulkhead_after_interrupts
    nop
4:  wr %l3, %y
    mov %l4, %g1
    mov %l5, %g2
    mov %l6, %g3
    tst %l1
    be 5f
    mov %l7, %g4
6:  mov %l1, %o0
    mov %l2, %o1
    mov %l0, %o2
    host_return
    unimp 0
    ! Called: there is no need of a trap to return, unless something is due.
5:  or %l0, 1, %o0
    st %o0, [%g0 + host_enabled]
    ld [%g0 + host_pending], %o0
    ld [%g0 + host_mask], %o1
    andcc %o0, %o1, %g0
    add %i7, 8, %l1
    bne 6b
    add %l1, 4, %l2
    ret
    restore
    .cfi_endproc
    .size bulkhead_interrupt_entry, . - bulkhead_interrupt_entry

! void bulkhead_interrupts_deliver(void)
! In:  interrupts enabled, at whatever level. Out: the same, what was due has been handled. Changes no register but
! condition codes.
! Disables interrupts and makes the window that an upcall at the return address would have made, but with no place in
! l1: nothing of the interrupted code's is to be put back that a return does not.
    .globl bulkhead_interrupts_deliver
    .type bulkhead_interrupts_deliver, @function
bulkhead_interrupts_deliver:
    save %sp, -96, %sp
    ld [%g0 + host_enabled], %l0
    st %g0, [%g0 + host_enabled]
    sub %l0, 1, %l0
    and %l0, host_level, %l0
    ba .Lbulkhead_dispatch
    clr %l1
    .size bulkhead_interrupts_deliver, . - bulkhead_interrupts_deliver

! uint32_t bulkhead_interrupt_nesting(void)
! Out: o0 = how many dispatches are active, 0 outside handlers.
    .section .text.bulkhead_interrupt_nesting, "ax", @progbits
    .globl bulkhead_interrupt_nesting
    .type bulkhead_interrupt_nesting, @function
bulkhead_interrupt_nesting:
    sethi %hi(bulkhead_interrupt_depth), %o0
    retl
    ld [%o0 + %lo(bulkhead_interrupt_depth)], %o0
    .size bulkhead_interrupt_nesting, . - bulkhead_interrupt_nesting

! void bulkhead_no_after_interrupts(void)
! What the linker script takes for bulkhead_after_interrupts if the layer above has none.
    .section .text.bulkhead_no_after_interrupts, "ax", @progbits
    .globl bulkhead_no_after_interrupts
    .type bulkhead_no_after_interrupts, @function
bulkhead_no_after_interrupts:
    retl
    nop
    .size bulkhead_no_after_interrupts, . - bulkhead_no_after_interrupts
