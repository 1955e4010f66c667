! Fault upcalls.

! The frame of the fault that is being handled. One is enough: while the record is busy, the kernel gives a further
! fault to the health monitor.
    .section .bss.bulkhead_fault_frame, "aw", @nobits
    .balign 8
bulkhead_fault_frame:
    .skip {frame_size}

.macro fault_word from, to
    ld [%g0 + \from], %g2
    st %g2, [%g1 + \to]
.endm

! Fault entry: the kernel continues here.
! In:  interrupts disabled; registers as at the faulting instruction, so the stack pointer is not to be trusted.
! Out: control at the frame's program counter with the frame's registers, condition codes and enable word, the record
!      no longer busy. Locals and ins stay in their window, whose save area is on the fault stack meanwhile.
    .section .text.bulkhead_fault_entry, "ax", @progbits
    .globl bulkhead_fault_entry
    .type bulkhead_fault_entry, @function
bulkhead_fault_entry:
    st %g1, [%g0 + host_scratch]
    st %g2, [%g0 + host_scratch + 4]
    set bulkhead_fault_frame, %g1
    st %g3, [%g1 + {globals} + 8]
    st %g4, [%g1 + {globals} + 12]
    st %g5, [%g1 + {globals} + 16]
    st %g6, [%g1 + {globals} + 20]
    st %g7, [%g1 + {globals} + 24]
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    st %o\number, [%g1 + {outs} + 4 * \number]
    .endr
    rd %y, %g2
    st %g2, [%g1 + {y}]
    fault_word host_scratch, {globals}
    fault_word host_scratch + 4, {globals} + 4
    fault_word host_fault_kind, {kind}
    fault_word host_fault_vector, {vector}
    fault_word host_fault_error, {error}
    fault_word host_fault_enabled, {was_enabled}
    fault_word host_fault_address, {address}
    fault_word host_fault_program_counter, {program_counter}
    fault_word host_fault_next, {next}
    fault_word host_fault_flags, {flags}
    fault_word host_fault_stack_pointer, {stack_pointer}
    set bulkhead_fault_stack_end - 96, %sp
    call {handle_fault}
    mov %g1, %o0
    set bulkhead_fault_frame, %g1
    ld [%g1 + {y}], %g2
    wr %g2, %y
    .irp number, 0, 1, 2, 3, 4, 5, 7
    ld [%g1 + {outs} + 4 * \number], %o\number
    .endr
    ld [%g1 + {stack_pointer}], %sp
    ld [%g1 + {globals} + 12], %g4
    ld [%g1 + {globals} + 16], %g5
    ld [%g1 + {globals} + 20], %g6
    ld [%g1 + {globals} + 24], %g7
    ld [%g1 + {globals}], %g2
    st %g2, [%g0 + host_scratch]
    ld [%g1 + {globals} + 4], %g2
    st %g2, [%g0 + host_scratch + 4]
    ld [%g1 + {globals} + 8], %g2
    st %g2, [%g0 + host_scratch + 8]
    ld [%g1 + {was_enabled}], %g2
    st %g2, [%g0 + host_scratch + 12]
    ld [%g1 + {next}], %g2
    ld [%g1 + {flags}], %g3
    ld [%g1 + {program_counter}], %g1
    host_return_from_fault
    unimp 0
    .size bulkhead_fault_entry, . - bulkhead_fault_entry
