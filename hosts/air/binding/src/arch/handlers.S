! Handlers of all that traps in a partition. A template: what stands in braces comes from mod.rs beside this file.
!
! AIR enters a handler in a window of its own below the interrupted one: l0 = PSR, l1 = program counter, l2 = the next
! one, l3 = trap number, fp = the interrupted stack pointer; traps are off. The stack pointer is below the interrupted
! one if the kernel has the hook, and nothing otherwise, so that each handler sets one first. Its ins are the outs of
! the interrupted window, its outs nobody's.

    .set host_enabled, {enabled}
    .set host_pending, {pending}
    .set host_mask, {mask}
    .set host_scratch, {scratch}
    .set host_upcall_program_counter, {upcall_program_counter}
    .set host_upcall_next, {upcall_next}
    .set host_upcall_flags, {upcall_flags}
    .set host_fault_busy, {fault_busy}
    .set host_fault_kind, {fault_kind}
    .set host_fault_vector, {fault_vector}
    .set host_fault_enabled, {fault_enabled}
    .set host_fault_exact, {fault_exact}
    .set host_fault_address, {fault_address}
    .set host_fault_program_counter, {fault_program_counter}
    .set host_fault_next, {fault_next}
    .set host_fault_flags, {fault_flags}
    .set host_fault_stack_pointer, {fault_stack_pointer}

! PSR with the interrupt level that an enable word stands for. Changes no condition codes, and `word`.
.macro flags_at word, psr, into
    sub \word, 1, \word
    and \word, {level}, \word
    andn \psr, {level}, \into
    or \into, \word, \into
.endm

! The stack of the handler of ticks.
    .section .bss.bulkhead_air_stack, "aw", @nobits
    .balign 16
bulkhead_air_stack:
    .skip 2048
bulkhead_air_stack_end:

! The last error that was taken off the health monitor.
    .balign 8
bulkhead_air_error:
    .skip 16

! Whether the partition is being ended for a fault.
bulkhead_air_ending:
    .skip 4

    .section .text.bulkhead_air_handlers, "ax", @progbits

! A tick. What it says are lines; if the enable word lets one in, control at the interrupt entry, otherwise back.
    .globl bulkhead_air_tick
    .type bulkhead_air_tick, @function
bulkhead_air_tick:
    set bulkhead_air_stack_end - 112, %sp
    rd %y, %l4
    mov %g1, %l5
    mov %g2, %l6
    mov %g3, %l7
    st %g4, [%sp + 96]
    call {note_tick}
    nop
    wr %l4, %y
    mov %l5, %g1
    mov %l6, %g2
    mov %l7, %g3
    ld [%sp + 96], %g4
    mov %l1, %o0
    mov %l2, %o1
    ld [%g0 + host_enabled], %o3
    flags_at %o3, %l0, %o2
! Falls through.

! On in the window above at the interrupt level of what goes on: what is due above that comes first.
! In: o0, o1 = program counter and the next one, o2 = condition codes and level; fp = the stack pointer there; no traps.
! The locals are nobody's any more.
.Lbulkhead_air_resume:
    and %o2, {level}, %l3
    srl %l3, 8, %l4
    set 0xfffe, %l5             ! The lines above the level, as lines_above() of the interface has them.
    sll %l5, %l4, %l5
    sll %l5, 16, %l6
    srl %l6, 16, %l5
    or %l5, %l6, %l5
    cmp %l4, {timer_level}
    bcc 1f
    tst %l4
    or %l5, 1, %l5
    be,a 1f
    mov -1, %l5
1:  cmp %l4, 15
    be,a .Lbulkhead_air_leave
    st %g0, [%g0 + host_enabled]
    ld [%g0 + host_pending], %o3
    ld [%g0 + host_mask], %o4
    and %o3, %o4, %o3
    andcc %o3, %l5, %g0
    or %l3, 1, %l3
    be .Lbulkhead_air_leave
    st %l3, [%g0 + host_enabled]
    st %g0, [%g0 + host_enabled]
    st %o0, [%g0 + host_upcall_program_counter]
    st %o1, [%g0 + host_upcall_next]
    st %o2, [%g0 + host_upcall_flags]
    set bulkhead_interrupt_entry, %o0
    add %o0, 4, %o1
! Falls through.

! On in the window above, registers as for .Lbulkhead_air_resume. The kernel goes on wherever it is told to, and stops
! if that is between instructions: an address that the partition has written so ends it here.
.Lbulkhead_air_leave:
    or %o0, %o1, %l1
    andcc %l1, 3, %g0
    bne .Lbulkhead_air_end
    mov %o0, %l1
    mov %o1, %l2
    sethi %hi(0xf00000), %o3
    and %o2, %o3, %o0
    set {state}, %o3
    or %o0, %o3, %o0
    mov {set_state}, %o5
    ta {processor_trap}
    mov %l1, %o0
    mov %l2, %o1
! Falls through. In: o0, o1 = program counter and the next one; the condition codes are those to go on with.
.Lbulkhead_air_leave_with_conditions:
    mov %fp, %o2
    mov {return_call}, %o5
    ta {processor_trap}
    unimp 0
    .size bulkhead_air_tick, . - bulkhead_air_tick

! ta 0x21: the clock. Out: i0, i1 = nanoseconds. Changes no condition codes.
    .globl bulkhead_air_clock
    .type bulkhead_air_clock, @function
bulkhead_air_clock:
    sub %fp, 96, %sp
    rd %y, %l4                  ! The service changes it.
    mov {ticks}, %o5
    ta {service_trap}
    sethi %hi({tick}), %o2
    ld [%o2 + %lo({tick})], %o2
    umul %o1, %o2, %i1
    rd %y, %i0
    umul %o0, %o2, %o3
    wr %l4, %y
    add %i0, %o3, %i0
    mov %l2, %o0
    ba .Lbulkhead_air_leave_with_conditions
    add %l2, 4, %o1
    .size bulkhead_air_clock, . - bulkhead_air_clock

! ta 0x22: returns from an upcall. In the window of the upcall the stack pointer of the one above is its fp.
    .globl bulkhead_air_return
    .type bulkhead_air_return, @function
bulkhead_air_return:
    sub %fp, 96, %sp
    ba .Lbulkhead_air_resume
    restore
    .size bulkhead_air_return, . - bulkhead_air_return

! ta 0x23: returns from a fault.
    .globl bulkhead_air_return_from_fault
    .type bulkhead_air_return_from_fault, @function
bulkhead_air_return_from_fault:
    sub %fp, 96, %sp
    mov %g1, %o0
    mov %g2, %o1
    ld [%g0 + host_scratch + 12], %o3
    flags_at %o3, %g3, %o2
    ld [%g0 + host_scratch], %g1
    ld [%g0 + host_scratch + 4], %g2
    ld [%g0 + host_scratch + 8], %g3
    ba .Lbulkhead_air_resume
    st %g0, [%g0 + host_fault_busy]
    .size bulkhead_air_return_from_fault, . - bulkhead_air_return_from_fault

! ta 9: disables interrupts. Out: g1 = PSR with the level that was, and the last window. Changes no condition codes.
    .globl bulkhead_air_disable
    .type bulkhead_air_disable, @function
bulkhead_air_disable:
    sub %fp, 96, %sp
    ld [%g0 + host_enabled], %l4
    st %g0, [%g0 + host_enabled]
    flags_at %l4, %l0, %g1
    or %g1, 0xa7, %g1           ! Traps on, and supervisor as RTEMS knows itself.
    mov %l2, %o0
    ba .Lbulkhead_air_leave_with_conditions
    add %l2, 4, %o1
    .size bulkhead_air_disable, . - bulkhead_air_disable

! ta 10: sets the level from g1, as ta 9 returned it.
    .globl bulkhead_air_enable
    .type bulkhead_air_enable, @function
bulkhead_air_enable:
    sub %fp, 96, %sp
    mov %l2, %o0
    add %l2, 4, %o1
    and %g1, {level}, %o3
    andn %l0, {level}, %o2
    ba .Lbulkhead_air_resume
    or %o2, %o3, %o2
    .size bulkhead_air_enable, . - bulkhead_air_enable

! ta 0x26: how many frames are not on their stacks, which the partition's own code stores then. The kernel does not
! say, but stores them all, as ta 0x24 is to: none. Out: g1 = 0. Changes g2 to g5, no condition codes.
    .globl bulkhead_air_frames
    .type bulkhead_air_frames, @function
bulkhead_air_frames:
    sub %fp, 96, %sp
    ta 3
    clr %g1
! Falls through.

! ta 0x25: turns floating point on or off; it is always on here.
    .globl bulkhead_air_floating_point
    .type bulkhead_air_floating_point, @function
bulkhead_air_floating_point:
    sub %fp, 96, %sp
    mov %l2, %o0
    ba .Lbulkhead_air_leave_with_conditions
    add %l2, 4, %o1
    .size bulkhead_air_frames, . - bulkhead_air_frames

! Everything else: a fault. Control at the fault entry with the stack pointer as it was, the fault record filled, the
! enable word cleared; in the function that ends the partition if there is no entry or a fault is being handled.
! The health monitor has passed over the instruction, so that what is next is the program counter here, unless the
! kernel has the hook for exact faults, which says so in a word of the record and leaves the address. A write of PSR is
! passed over for good: floating point is always on, and RTEMS sets no more by it.
    .globl bulkhead_air_fault
    .type bulkhead_air_fault, @function
bulkhead_air_fault:
    sub %fp, 96, %sp
    mov %l2, %l6
    cmp %l3, {software_traps}
    bcc,a 1f
    st %g0, [%g0 + host_fault_address]
    ld [%g0 + host_fault_exact], %l4
    tst %l4
    bne 2f
    st %g0, [%g0 + host_fault_exact]
    set bulkhead_air_error, %o0
    mov {take_error}, %o5
    ta {service_trap}
    mov %l1, %l6
    sub %l1, 4, %l1
2:  cmp %l3, 3
    bne 1f
    set 0xc1f80000, %l5
    ld [%l1], %l4
    and %l4, %l5, %l4
    set 0x81880000, %l5
    cmp %l4, %l5
    bne 1f
    mov %l6, %o0
    add %l6, 4, %o1
    ba .Lbulkhead_air_leave
    mov %l0, %o2
1:  ld [%g0 + host_fault_busy], %l4
    st %l3, [%g0 + host_fault_vector]
    set {fault_kinds}, %l5
    ldub [%l5 + %l3], %l5
    st %l5, [%g0 + host_fault_kind]
    st %l1, [%g0 + host_fault_program_counter]
    st %l6, [%g0 + host_fault_next]
    st %fp, [%g0 + host_fault_stack_pointer]
    ld [%g0 + host_enabled], %l5
    st %l5, [%g0 + host_fault_enabled]
    flags_at %l5, %l0, %l2
    st %l2, [%g0 + host_fault_flags]
    st %g0, [%g0 + host_enabled]
    set {fault_entry}, %l5
    ld [%l5], %o0
    tst %l4
    bne 2f
    tst %o0
    be 2f
    mov 1, %l4
    st %l4, [%g0 + host_fault_busy]
    add %o0, 4, %o1
    ba .Lbulkhead_air_leave
    mov %l0, %o2
2:
.Lbulkhead_air_end:
! Who faults while it is ended, because its windows cannot be stored, ends without another word. Traps are on for that:
! without them the kernel would pass over what faults, which is a `save`, and go on. Nothing is let in meanwhile.
    set bulkhead_air_ending, %l5
    ld [%l5], %l4
    tst %l4
    bne 3f
    mov 1, %l4
    st %l4, [%l5]
    st %g0, [%g0 + host_enabled]
    call bulkhead_air_processor
    mov {traps_on}, %o1
    ! The frames before are nobody's any more, but the kernel stores them when it needs their windows: to where a frame
    ! may be. One that is not in a window any more is loaded from there, whatever it then is.
    set bulkhead_fault_stack_end - 96, %g1
    mov 7, %g2
4:  mov %g1, %fp
    subcc %g2, 1, %g2
    bne 4b
    restore
    sub %g1, 96, %sp
    call {end_by_fault}
    nop
3:  mov -1, %o0
    mov {idle}, %o1
    mov {set_mode}, %o5
    ta {service_trap}
    ba 3b
    nop
    .size bulkhead_air_fault, . - bulkhead_air_fault

! What the rest of the binding asks for. Functions, so that the audit knows these traps by their names; the kernel keeps
! every register but the answer's and Y, which no caller expects to be kept.

! uint32_t bulkhead_air_service(first, second, third, fourth, fifth, uint32_t number)
    .globl bulkhead_air_service
    .type bulkhead_air_service, @function
bulkhead_air_service:
    ta {service_trap}
    retl
    nop
    .size bulkhead_air_service, . - bulkhead_air_service

! uint64_t bulkhead_air_ticks(void)
    .globl bulkhead_air_ticks
    .type bulkhead_air_ticks, @function
bulkhead_air_ticks:
    mov {ticks}, %o5
    ta {service_trap}
    retl
    nop
    .size bulkhead_air_ticks, . - bulkhead_air_ticks

! void bulkhead_air_processor(uint32_t value, uint32_t number)
    .globl bulkhead_air_processor
    .type bulkhead_air_processor, @function
bulkhead_air_processor:
    mov %o1, %o5
    ta {processor_trap}
    retl
    nop
    .size bulkhead_air_processor, . - bulkhead_air_processor
