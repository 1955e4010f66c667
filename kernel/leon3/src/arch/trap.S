! Where guests, devices and faults enter the kernel, and where it leaves (SPARC V8 manual, chapter 7).
! A template: what stands in braces comes from mod.rs beside this file.
!
! A trap decrements the window pointer whatever WIM says: l1 and l2 of the trap window hold PC and nPC. The guest's
! window is the one above it, and the guest's outs are the trap window's ins.
!
! A guest's frames lie in the windows from its current one upwards to the one below `context.invalid`. WIM, while the
! guest runs, has bits for the invalid window and for those that hold what the kernel left there: they are cleared
! when the guest wants them.
!
! What is short is done here, in the trap window, with traps off. For everything else the kernel proper runs in the
! windows that the guest does not use, with only the invalid one in WIM. If it needs more, its own overflow stores the
! guest's oldest frames in the context; `context.resident` counts those that are still in registers.
!
! Registers in the trap window. A guest may find them by a later `save`: short paths clear all that is not its own, so
! that nothing of the kernel's, not even which window it was, stays there. The kernel proper's windows are cleared when
! the guest gets to them.
!   l0      PSR at the trap, with the trap window's number and traps off
!   l1, l2  PC and nPC at the trap
!   l3      the trap's number on the way to the kernel proper, otherwise free
!   l4      what the slot of the table has prepared, mostly the address of the context
!   l5-l7   free
!   i0-i7   the guest's outs; i6 is its stack pointer
! Globals are the guest's; a short path that needs g1 or g2 keeps them in locals.
!
! What is believed of a guest:
!   Which mode it was in: PS in PSR, which the processor sets.
!   PC: only where the same instruction is tried again (overflow, underflow), as the processor gave it.
!   nPC: nowhere (`align_next`). Addresses from its registers (ta 0x22) lose their lowest bits too.
!   Stack pointers: nowhere. Overflow, underflow, ta 3 and ta 0x24 check each; the others use none.
!   Its enable, pending and mask words: only for what it does to itself.

    .section .text.traps, "ax", @progbits

! Offsets into a context (context.rs).
    .set CONTEXT_GLOBALS, {globals}
    .set CONTEXT_OUTS, {outs}
    .set CONTEXT_PSR, {psr}
    .set CONTEXT_NPC, {next_program_counter}
    .set CONTEXT_INVALID, {invalid}
    .set CONTEXT_RESIDENT, {resident}
    .set CONTEXT_FLOATING_EXCEPTION, {floating_exception}
    .set CONTEXT_STACK_START, {stack_start}
    .set CONTEXT_STACK_ROOM, {stack_room}

! The running partition's shared page, as offsets from g0.
    .set SHARED_ENABLED, {enabled}
    .set SHARED_PENDING, {pending}
    .set SHARED_MASK, {mask}

    .set PSR_WINDOW, 7
    .set PSR_ET, 0x20
    .set PSR_PS, 0x40
    .set PSR_PIL, 0xf00
    .set PSR_EF, 0x1000
    .set PSR_CONDITIONS, 0x00f00000

! A slot of the trap table: l0 = psr, and one instruction that the target wants.
.macro trap_to target, instruction:vararg
    rd %psr, %l0
    ba \target
    \instruction
    nop
.endm

.macro traps numbers:vararg
    .irp number, \numbers
    trap_to trap_slow, mov \number, %l3
    .endr
.endm

    .balign 4096
    .global trap_table
trap_table:
    ! Reset, which is no trap of this table: where a boot loader enters that goes to the start of RAM.
    ba boot_entry
    nop
    nop
    nop
    traps 0x01, 0x02, 0x03, 0x04
    trap_to trap_overflow, andcc %l0, PSR_PS, %g0
    trap_to trap_underflow, andcc %l0, PSR_PS, %g0
    traps 0x07
    trap_to trap_floating_point, sethi %hi(floating_point_status), %l4
    traps 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10
    .irp number, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f
    trap_to trap_interrupt, mov \number, %l3
    .endr
    .irp high, 2, 3, 4, 5, 6, 7
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f
    traps 0x\high\low
    .endr
    .endr
    traps 0x80, 0x81, 0x82
    trap_to trap_flush, sethi %hi(current_context), %l4
    traps 0x84, 0x85, 0x86, 0x87, 0x88
    rd %psr, %g1
    ba trap_disable
    ld [%g0 + SHARED_ENABLED], %l5
    nop
    trap_to trap_enable, andcc %g1, PSR_PIL, %l5
    traps 0x8b, 0x8c, 0x8d, 0x8e, 0x8f
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f
    traps 0x9\low
    .endr
    trap_to trap_hypercall, tst %g1
    trap_to trap_clock, sethi %hi({board}), %l4
    trap_to trap_return, sethi %hi(current_context), %l4
    traps 0xa3
    trap_to trap_flush, sethi %hi(current_context), %l4
    trap_to trap_switch_floating_point, sethi %hi(PSR_EF), %l5
    rd %psr, %g1
    ba trap_frames
    sethi %hi(current_context), %l4
    nop
    .irp low, 7, 8, 9, a, b, c, d, e, f
    traps 0xa\low
    .endr
    .irp high, b, c, d, e, f
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f
    traps 0x\high\low
    .endr
    .endr

! After a write of PSR, WIM or TBR, three instructions until it is sure to be so.
.macro settle
    nop
    nop
    nop
.endm

! What a guest's nPC says is not believed: with an address that is not one of an instruction `rett` traps, and a trap
! there ends the system. Processors never show one; QEMU 7.2 does after `bn` and `fbn` in the delay slot of a jump.
.macro align_next
    andn %l2, 3, %l2
.endm

.macro clear registers:vararg
    .irp register, \registers
    clr %\register
    .endr
.endm

! A window's locals and ins, from and to memory.
.macro store_window at
    std %l0, [\at + 0]
    std %l2, [\at + 8]
    std %l4, [\at + 16]
    std %l6, [\at + 24]
    std %i0, [\at + 32]
    std %i2, [\at + 40]
    std %i4, [\at + 48]
    std %i6, [\at + 56]
.endm

.macro load_window at
    ldd [\at + 0], %l0
    ldd [\at + 8], %l2
    ldd [\at + 16], %l4
    ldd [\at + 24], %l6
    ldd [\at + 32], %i0
    ldd [\at + 40], %i2
    ldd [\at + 48], %i4
    ldd [\at + 56], %i6
.endm

! A window's locals and ins to its stack, unless the guest may not write there: 64 bytes in its writable memory,
! aligned. In: `start` = its first writable address, `room` = from how far behind that on no window fits. Changes g1.
.macro store_window_on_stack start, room, bad
    andcc %sp, 7, %g0
    bne \bad
    sub %sp, \start, %g1
    cmp %g1, \room
    bcs,a 8f
    std %l0, [%sp]              ! Only where the stack is good.
    ba \bad
    nop
8:  std %l2, [%sp + 8]
    std %l4, [%sp + 16]
    std %l6, [%sp + 24]
    std %i0, [%sp + 32]
    std %i2, [%sp + 40]
    std %i4, [%sp + 48]
    std %i6, [%sp + 56]
.endm

! ta 9: disable interrupts. In: l5 = the enable word, g1 = PSR. Out: g1 = PSR with the interrupt level that was; as its
! window always the last, which says nothing. Changes no condition codes, so that PSR stays as it is.
trap_disable:
    st %g0, [%g0 + SHARED_ENABLED]
    sub %l5, 1, %l5             ! From 0 comes the highest level.
    and %l5, PSR_PIL, %l5
    or %g1, PSR_ET | PSR_WINDOW, %g1
    or %g1, %l5, %g1
    align_next
    jmp %l2
    rett %l2 + 4

! ta 10: sets the interrupt level from g1 as ta 9 returned it. If a line waits that its mask lets through, the kernel
! proper does it, and looks whether it is above the level.
! In: l5 = the level; zero flag set if it is 0. Leaves in l3, l5 and l6 what is the guest's.
trap_enable:
    bne 3f
    ld [%g0 + SHARED_PENDING], %l6
1:  tst %l6
    bne 4f
    or %l5, 1, %l5
2:  wr %l0, %psr
    st %l5, [%g0 + SHARED_ENABLED]
    clr %l0
    align_next
    jmp %l2
    rett %l2 + 4
3:  cmp %l5, PSR_PIL
    bne 1b
    nop
    ba 2b
    clr %l5
4:  ld [%g0 + SHARED_MASK], %l3
    andcc %l6, %l3, %g0
    be 2b
    nop
    ba trap_slow
    mov 0x8a, %l3

! ta 0x20: a call. The first is answered at once. In: zero flag set if it is that.
trap_hypercall:
    bne,a trap_slow
    mov 0xa0, %l3
    set {interface_version}, %i0
    wr %l0, %psr
    align_next
    clr %l0
    nop
    jmp %l2
    rett %l2 + 4

! ta 0x21: the clock. As Timer::now, for which it leaves what it has read.
! In: l4 = upper part of the board's address. Out: i0, i1 = the time.
trap_clock:
    or %l4, %lo({board}), %l4
    rd %y, %l7
    ld [%l4 + {timer}], %l5
    ld [%l5 + {counter}], %l5
    ld [%l4 + {last}], %l6
    st %l5, [%l4 + {last}]
    sub %l6, %l5, %l6
    ldd [%l4 + {counts}], %i0
    addcc %i1, %l6, %i1
    addx %i0, 0, %i0
    std %i0, [%l4 + {counts}]
    ld [%l4 + {multiplier}], %l5
    ld [%l4 + {shift}], %l4
    ! The product, of 96 bits, in l3, i0 and l6.
    umul %i1, %l5, %l6
    rd %y, %i1
    umul %i0, %l5, %i0
    rd %y, %l3
    addcc %i0, %i1, %i0
    addx %l3, 0, %l3
    ! A shift by 32 and more is one by 32 first. The processor looks at the lowest five bits of a count only.
    andcc %l4, 32, %g0
    be 1f
    srl %l6, %l4, %i1
    srl %i0, %l4, %i1
    mov %l3, %i0
    clr %l3
1:  not %l4, %l5
    sll %i0, 1, %l6
    sll %l6, %l5, %l6
    or %i1, %l6, %i1
    srl %i0, %l4, %i0
    sll %l3, 1, %l6
    sll %l6, %l5, %l6
    or %i0, %l6, %i0
    wr %l7, %y
    clr %l3
    clr %l4
    clr %l5
    wr %l0, %psr
    align_next
    clr %l0
    clr %l6
    clr %l7
    jmp %l2
    rett %l2 + 4

! ta 0x22: returns from an upcall: `restore`, then on at o0, o1 with the condition codes and interrupt level of o2.
! If a line waits, the kernel proper does it. If the frame to return to is on the stack, that is loaded, and the trap
! comes again.
trap_return:
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l5
    add %l0, 2, %l6
    xor %l5, %l6, %l5
    andcc %l5, PSR_WINDOW, %g0
    be,a 1f
    mov %g1, %l5
    ld [%g0 + SHARED_PENDING], %l5
    ld [%g0 + SHARED_MASK], %l6
    andcc %l5, %l6, %g0
    bne,a trap_slow
    mov 0xa2, %l3
    and %i2, PSR_PIL, %l5
    or %l5, 1, %l5
    st %l5, [%g0 + SHARED_ENABLED]
    clear l0, l4, l5, l6
    restore                     ! The window of the upcall, which nobody needs any more.
    rd %psr, %l3
    sethi %hi(PSR_CONDITIONS), %l4
    and %o2, %l4, %l5
    andn %l3, %l4, %l3
    wr %l3, %l5, %psr
    andn %o0, 3, %l1            ! Anything else could not be jumped to.
    andn %o1, 3, %l2
    clr %l3
    clr %l4
    clr %l5
    jmp %l1
    rett %l2
1:  ba fill_and_retry           ! As an underflow of the frame that is returned from.
    mov %l4, %g1

! ta 3, and ta 0x24: all frames but the current one to their stacks. In: l4 = upper part of current_context.
trap_flush:
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l5
    sub %l5, %l0, %l6
    sub %l6, 2, %l6
    andcc %l6, PSR_WINDOW, %l6  ! How many.
    be 3f
    mov %g1, %l3
    mov %g3, %l5
    mov %g4, %l7
    mov %l6, %g3
    mov %g5, %l6
    mov %l4, %g4
    mov %g2, %l4
    ld [%g4 + CONTEXT_STACK_ROOM], %g2
    ld [%g4 + CONTEXT_STACK_START], %g4
    mov %l0, %g5
    restore
    restore
1:  store_window_on_stack %g4, %g2, 4f
    subcc %g3, 1, %g3
    bne,a 1b
    restore
    wr %g5, %psr
    settle
    mov %l3, %g1
    mov %l4, %g2
    mov %l5, %g3
    mov %l7, %g4
    mov %l6, %g5
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    add %l0, 2, %l5
    and %l5, PSR_WINDOW, %l5
    st %l5, [%l4 + CONTEXT_INVALID]
    mov 1, %l6
    sll %l6, %l5, %l6
    rd %wim, %l7
    wr %l7, %l6, %wim           ! Sets the bit, which was not set.
3:  clr %l3
    clr %l4
    clr %l5
    wr %l0, %psr
    align_next
    clr %l0
    clr %l6
    clr %l7
    jmp %l2
    rett %l2 + 4
4:  wr %g5, %psr
    settle
    mov %l3, %g1
    mov %l4, %g2
    mov %l5, %g3
    mov %l7, %g4
    mov %l6, %g5
    ba trap_slow
    mov 0x83, %l3

! ta 0x26: how many frames besides the current one have not gone to their stacks. The guest stores them with its own
! instructions, which the processor checks. In: g1 = PSR, l4 = upper part of current_context. Out: g1 = 0 to 6.
trap_frames:
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l4
    sub %l4, %g1, %g1
    sub %g1, 2, %g1
    and %g1, PSR_WINDOW, %g1
    clr %l4
    align_next
    jmp %l2
    rett %l2 + 4

! ta 0x25: floating point on or off. In: g1 = PSR with it on or off, l5 = that bit.
trap_switch_floating_point:
    andn %l0, %l5, %l0
    and %g1, %l5, %l5
    wr %l0, %l5, %psr
    clr %l0
    align_next
    jmp %l2
    rett %l2 + 4

! A `save` into a window that is not to be had. In: zero flag set if a guest's.
trap_overflow:
    bne kernel_overflow
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    ld [%l4 + CONTEXT_INVALID], %l3
    xor %l3, %l0, %l5
    andcc %l5, PSR_WINDOW, %g0
    bne overflow_into_remains
    mov %g1, %l5
    ! All are in use: the oldest frame, which is in the window below, goes to its stack.
    mov %g2, %l6
    ld [%l4 + CONTEXT_STACK_START], %g1
    ld [%l4 + CONTEXT_STACK_ROOM], %g2
    wr %g0, %wim
    save
    store_window_on_stack %g1, %g2, 1f
    restore
    add %l3, PSR_WINDOW, %g1
    and %g1, PSR_WINDOW, %g1
    st %g1, [%l4 + CONTEXT_INVALID]
    mov 1, %g2
    sll %g2, %g1, %g2
    wr %g2, %wim
    wr %l0, %psr
    mov %l5, %g1                ! What stays in l5 and l6 is the guest's.
    mov %l6, %g2
    clr %l0
    clr %l3
    clr %l4
    align_next
    jmp %l1
    rett %l2
1:  restore
    mov %l5, %g1
    mov %l6, %g2
    ba trap_slow
    mov 5, %l3

! What the kernel left in this window is cleared. Its ins are the guest's outs.
overflow_into_remains:
    and %l0, PSR_WINDOW, %l6
    mov 1, %l7
    sll %l7, %l6, %l7
    rd %wim, %l5
    wr %l5, %l7, %wim           ! Clears the bit, which was set.
    clear l3, l4, l5, l6, l7, o0, o1, o2, o3, o4, o5, o6, o7
    wr %l0, %psr
    align_next
    clr %l0
    nop
    jmp %l1
    rett %l2

! A `restore` to a frame that is not in its registers: the invalid window gets it from its stack.
! In: zero flag set if a guest's.
trap_underflow:
    bne kernel_underflow
    sethi %hi(current_context), %l4
    mov %g1, %l5
    ld [%l4 + %lo(current_context)], %g1
fill_and_retry:
    mov %g2, %l6
    rd %wim, %g2
    wr %g0, %wim
    restore
    restore
    ! In the window that is filled its locals are free.
    ld [%g1 + CONTEXT_STACK_START], %l0
    ld [%g1 + CONTEXT_STACK_ROOM], %l1
    andcc %sp, 7, %g0
    bne 1f
    sub %sp, %l0, %l0
    cmp %l0, %l1
    bcc 1f
    ld [%g1 + CONTEXT_INVALID], %l2
    mov 1, %l3
    sll %l3, %l2, %l4
    andn %g2, %l4, %g2
    add %l2, 1, %l2
    and %l2, PSR_WINDOW, %l2
    st %l2, [%g1 + CONTEXT_INVALID]
    sll %l3, %l2, %l4
    or %g2, %l4, %g2
    load_window %sp
    save
    save
    wr %g2, %wim
    wr %l0, %psr
    mov %l5, %g1                ! What stays in l5 and l6 is the guest's.
    mov %l6, %g2
    clr %l4
    align_next
    clr %l0
    jmp %l1
    rett %l2
1:  clr %l0                     ! Of l0 to l2 the kernel proper keeps nothing here.
    clr %l1
    clr %l2
    save
    save
    mov %l5, %g1
    mov %l6, %g2
    ba trap_slow
    mov 6, %l3

! A `save` of the kernel's: the oldest window goes to the context if it is a guest's, to its own stack if not.
kernel_overflow:
    ld [%l4 + %lo(current_context)], %l4
    mov %g1, %l6
    mov %g2, %l7
    ld [%l4 + CONTEXT_RESIDENT], %l5
    add %l0, PSR_WINDOW, %l3
    and %l3, PSR_WINDOW, %l3    ! The window below, and WIM for it.
    mov 1, %g2
    sll %g2, %l3, %g2
    subcc %l5, 1, %l5
    bneg 1f
    sll %l3, 6, %l3
    st %l5, [%l4 + CONTEXT_RESIDENT]
    add %l4, %l3, %g1
    save
    ba 2f
    wr %g2, %wim
1:  save
    wr %g2, %wim
    mov %sp, %g1
2:  settle
    store_window %g1
    restore
    mov %l6, %g1
    mov %l7, %g2
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! A `restore` of the kernel's: only to its own stack's frames.
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
    load_window %sp
    save
    save
    wr %l0, %psr
    settle
    jmp %l1
    rett %l2

! An interrupt. In the kernel it only ends a wait: the portable kernel looks at the clock afterwards.
trap_interrupt:
    andcc %l0, PSR_PS, %g0
    be trap_from_guest
    sethi %hi(current_context), %l4
    ! One of a device's is masked, and noted: the portable kernel looks for it there.
    set device_interrupts, %l4
    and %l3, 15, %l5
    mov 1, %l6
    sll %l6, %l5, %l6
    ld [%l4 + {heard_of}], %l5
    andcc %l6, %l5, %l6
    be 2f
    ld [%l4 + {mask_register}], %l5
    ld [%l5], %l7
    andn %l7, %l6, %l7
    st %l7, [%l5]
    ld [%l4 + {heard}], %l7
    or %l7, %l6, %l7
    st %l7, [%l4 + {heard}]
2:  set wait_begin, %l4
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

! A floating-point exception. It can come late, when the kernel stores the registers of the partition whose it is: then
! the partition gets it when it runs again. The queue is emptied, because the unit does nothing else before.
! FSR is kept as it is first: what kind of exception it is stands there only until FSR is stored.
! In: l4 = upper part of floating_point_status.
trap_floating_point:
    or %l4, %lo(floating_point_status), %l4
    st %fsr, [%l4 + 4]
1:  st %fsr, [%l4]
    ld [%l4], %l5
    srl %l5, 13, %l5
    andcc %l5, 1, %g0
    be 2f
    andcc %l0, PSR_PS, %g0
    std %fq, [%l4 + 8]
    ba 1b
    nop
2:  be trap_slow
    mov 8, %l3
    ld [%l4 + 4], %l5
    sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    or %l5, 1, %l5
    st %l5, [%l4 + CONTEXT_FLOATING_EXCEPTION]
    wr %l0, %psr
    sethi %hi(floating_point_late), %l4
    st %l5, [%l4 + %lo(floating_point_late)]
    nop
    jmp %l1
    rett %l2

! Everything else.
! In: l0 psr, l1 pc, l2 npc, l3 trap type.
trap_slow:
    andcc %l0, PSR_PS, %g0
    bne trap_in_kernel
    sethi %hi(current_context), %l4
trap_from_guest:
    ld [%l4 + %lo(current_context)], %l4
    rd %y, %l5
    std %l0, [%l4 + CONTEXT_PSR]
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
    ld [%l4 + CONTEXT_INVALID], %l5
    sub %l5, %l0, %l6
    add %l6, 1, %l7
    and %l7, PSR_WINDOW, %l7
    cmp %l7, 1
    bleu few_left
    wr %g0, %wim
    and %l6, PSR_WINDOW, %l6
    mov 1, %l7
windows_known:
    sll %l7, %l5, %l7
    wr %l7, %wim
    sub %l6, 1, %l6
    st %l6, [%l4 + CONTEXT_RESIDENT]
    cmp %l3, 0xa0               ! Behind the write of PSR it would be the guest's condition codes that decide.
    or %l0, PSR_PIL | PSR_ET, %l7
    be call_kernel
    wr %l7, %psr
    sethi %hi(kernel_stack_base), %sp
    clr %fp
    call kernel_trap
    mov %l3, %o0
! Runs the current context.
    .global leave_kernel
leave_kernel:
    sethi %hi(current_context), %g1
    ld [%g1 + %lo(current_context)], %g1
    ld [%g1 + CONTEXT_PSR], %g2
    ld [%g1 + CONTEXT_INVALID], %g3
    wr %g0, %wim
    wr %g2, %psr                ! Traps off, in what will be the trap window again.
    ld [%g1 + CONTEXT_RESIDENT], %g4
    sub %g3, %g2, %g3
    sub %g3, 1, %g3
    and %g3, PSR_WINDOW, %g3    ! How many frames the guest has in windows.
    subcc %g3, %g4, %g5
    bne 2f
    nop
    ! All other windows are not for it to be had.
1:  mov 2, %g4
    sll %g4, %g3, %g4
    sub %g4, 2, %g4
    and %g2, PSR_WINDOW, %g5
    sll %g4, %g5, %g4
    srl %g4, 8, %g5
    or %g4, %g5, %g4
    wr %g4, -1, %wim
    mov %g1, %l4
    ld [%l4 + CONTEXT_GLOBALS], %l5
    wr %l5, %y
    ldd [%l4 + CONTEXT_PSR], %l0
    ld [%l4 + CONTEXT_NPC], %l2
    ldd [%l4 + CONTEXT_OUTS], %i0
    ldd [%l4 + CONTEXT_OUTS + 8], %i2
    ldd [%l4 + CONTEXT_OUTS + 16], %i4
    ldd [%l4 + CONTEXT_OUTS + 24], %i6
    ld [%l4 + CONTEXT_GLOBALS + 4], %g1
    ldd [%l4 + CONTEXT_GLOBALS + 8], %g2
    wr %l0, %psr
    ldd [%l4 + CONTEXT_GLOBALS + 16], %g4
    ldd [%l4 + CONTEXT_GLOBALS + 24], %g6
    andn %l1, 3, %l1
    align_next
    clr %l4
    jmp %l1
    rett %l2
    ! Frames that are in the context: g5 of them, the last the oldest.
2:  add %g2, 1, %g6
    add %g6, %g4, %g6           ! The window of the first.
    andn %g2, PSR_WINDOW, %g7
    and %g6, PSR_WINDOW, %g6
    wr %g7, %g6, %psr
    settle
3:  sll %g6, 6, %g7
    add %g1, %g7, %g7
    load_window %g7
    add %g6, 1, %g6
    and %g6, PSR_WINDOW, %g6
    subcc %g5, 1, %g5
    bne 3b
    restore
    wr %g2, %psr
    nop
    nop
    ba 1b
    nop

! A call: the kernel proper on its own stack. Where it says so, somebody else may have to run: as after an interrupt.
call_kernel:
    sethi %hi(kernel_stack_base), %sp
    .global kernel_hypercall_site
kernel_hypercall_site:
    call kernel_hypercall
    clr %fp
    tst %o0
    be leave_kernel
    nop
    call kernel_trap
    nop
    ba leave_kernel
    nop

! The guest has six windows or all seven. The kernel proper needs one below the trap's, and one for its own traps: the
! oldest frame, or the two oldest, go to the context. In: l7 = 0 if one, 1 if two. A call's number stays in g1.
few_left:
    mov %l4, %g6
    mov %l5, %g3
    mov %l7, %g4
    mov %l0, %g5
    tst %l7
    be,a 1f
    save                        ! From the window above the invalid one.
1:  save
    sub %g3, 1, %g3
    and %g3, PSR_WINDOW, %g3
    sll %g3, 6, %g2
    add %g6, %g2, %g2
    store_window %g2
    subcc %g4, 1, %g4
    bge 1b
    nop
    wr %g5, %psr
    mov 1, %g4
    nop
    nop
    mov %g3, %l5
    mov %g4, %l7
    ba windows_known
    mov 6, %l6

! void evict_windows(struct context *)
! Stores the guest's frames that are still in registers in its context. After that all windows but those of the calls
! that are active are the kernel's.
    .global evict_windows
evict_windows:
    ld [%o0 + CONTEXT_RESIDENT], %g4
    tst %g4
    be 2f
    rd %psr, %g2
    st %g0, [%o0 + CONTEXT_RESIDENT]
    mov %o0, %g1
    ld [%g1 + CONTEXT_PSR], %g3
    add %g3, 1, %g3
    and %g3, PSR_WINDOW, %g3
    wr %g0, %wim
    andn %g2, PSR_ET | PSR_WINDOW, %g5
    wr %g5, %g3, %psr
    mov 1, %g6
    sll %g6, %g3, %g6           ! WIM afterwards: the guest's window, above all of the kernel's.
    nop
1:  sll %g3, 6, %g7
    add %g1, %g7, %g7
    store_window %g7
    add %g3, 1, %g3
    and %g3, PSR_WINDOW, %g3
    subcc %g4, 1, %g4
    bne 1b
    restore
    wr %g6, %wim
    wr %g2, %psr
    settle
2:  retl
    nop

! The kernel itself has caused a trap. Where it reads or writes a register of a partition's device, it returns from the
! function that does, wherever in it that has come: no device has answered. In that function's registers, o1 says so.
trap_in_kernel:
    set device_access_begin, %l5
    cmp %l1, %l5
    bcs 1f
    set device_access_end, %l5
    cmp %l1, %l5
    bcc 1f
    cmp %l3, 0x09               ! Data access exception, and error.
    be 2f
    cmp %l3, 0x29
    be 2f
    cmp %l3, 0x2b               ! A store's, which can come later.
    bne 1f
    nop
2:  set 0x300, %l5              ! The fault status is for the next one.
    lda [%l5] 0x19, %l5
    mov 1, %i1
    wr %l0, %psr
    settle
    jmp %i7 + 8
    rett %i7 + 12
1:  sethi %hi(current_context), %l4
    ld [%l4 + %lo(current_context)], %l4
    st %g0, [%l4 + CONTEXT_RESIDENT]
    add %l0, 1, %l4
    and %l4, PSR_WINDOW, %l4
    mov 1, %l5
    sll %l5, %l4, %l5
    wr %l5, %wim
    settle
    mov %l3, %o0
    mov %l1, %o1
    sethi %hi(kernel_stack_base), %sp
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
! FSR at offset 0, f0 to f31 from offset 8 on.
.macro floating_point_on
    rd %psr, %o1
    set PSR_EF, %o2
    or %o1, %o2, %o2
    wr %o2, %psr
    settle
.endm

    .global floating_point_save
floating_point_save:
    floating_point_on
    st %fsr, [%o0]
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std %f\number, [%o0 + 8 + 4 * \number]
    .endr
    retl
    nop

    .global floating_point_load
floating_point_load:
    floating_point_on
    fmovs %f0, %f0              ! Clears FSR.ftt, which the next instruction leaves as it is.
    ld [%o0], %fsr
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd [%o0 + 8 + 4 * \number], %f\number
    .endr
    retl
    nop

! One access to a register of a partition's device, at o0. Out: o0 = what it says, o1 = 0 if it has answered. The store
! of o2 has some time to fail in.
.macro device_access name, instruction:vararg
    .global \name
\name:
    mov %o0, %o3
    clr %o1
    \instruction
    nop
    nop
    nop
    retl
    nop
.endm

    .global device_access_begin, device_access_end
device_access_begin:
    device_access device_read_byte, ldub [%o3], %o0
    device_access device_read_half, lduh [%o3], %o0
    device_access device_read_word, ld [%o3], %o0
    device_access device_write_byte, stb %o2, [%o3]
    device_access device_write_half, sth %o2, [%o3]
    device_access device_write_word, st %o2, [%o3]
device_access_end:

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

    .section .bss.floating_point_status, "aw", @nobits
    .balign 8
    .global floating_point_status
! FSR, FSR as the last exception found it, and an entry of the queue.
floating_point_status:
    .skip 16
! Not 0 once an exception has come late.
    .global floating_point_late
floating_point_late:
    .skip 4

    .section .data.current_context, "aw", @progbits
    .balign 4
    .global current_context
current_context:
    .word {contexts}
