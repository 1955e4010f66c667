! Stack pointers that are none, and then everything that makes the kernel use them.
!
! Each takes such a pointer in o0 and ends at probe_attempt_ran, unless it faults. The fault entry here uses no stack,
! since there may be none that a register window could go to.

    .bss
    .balign 8
    .skip 96 * 10
probe_good_stack: .skip 96
    .balign 4
    .global probe_report
probe_report: .skip 16

    .text

! The fault entry: notes kind, trap type, error and address, and ends the attempt.
    .global probe_bare_fault_entry
probe_bare_fault_entry:
    set probe_report, %g1
    ld [%g0 + {kind}], %g2
    st %g2, [%g1]
    ld [%g0 + {vector}], %g2
    st %g2, [%g1 + 4]
    ld [%g0 + {error}], %g2
    st %g2, [%g1 + 8]
    ld [%g0 + {address}], %g2
    st %g2, [%g1 + 12]
    ba probe_attempt_faulted
    st %g0, [%g0 + {busy}]

! Saves and restores through all windows, each frame below the one before.
    .global probe_stack_chain
probe_stack_chain:
    mov %o0, %sp
    .rept 9
    save %sp, -96, %sp
    .endr
    .rept 9
    restore
    .endr
    ba probe_attempt_ran
    nop

! The same, but only the first frame is bad.
    .global probe_stack_frame
probe_stack_frame:
    mov %o0, %sp
    set probe_good_stack, %g1
    .rept 9
    save %g1, 0, %sp
    sub %g1, 96, %g1
    .endr
    .rept 9
    restore
    .endr
    ba probe_attempt_ran
    nop

! A frame that is to be loaded from there.
    .global probe_stack_load
probe_stack_load:
    save %sp, -96, %sp
    ta 3
    mov %i0, %fp
    restore
    ba probe_attempt_ran
    nop

! Storing all windows there.
    .global probe_stack_flush
probe_stack_flush:
    save %sp, -96, %sp
    mov %i0, %fp
    ta 3
    ba probe_attempt_ran
    nop

! The same by the trap of version 1.5.
    .global probe_stack_switch
probe_stack_switch:
    save %sp, -96, %sp
    mov %i0, %fp
    ta {flush_trap}
    ba probe_attempt_ran
    nop

! Returning from an upcall to a frame there.
    .global probe_stack_return
probe_stack_return:
    save %sp, -96, %sp
    ta 3
    mov %i0, %fp
    set probe_attempt_ran, %o0
    add %o0, 4, %o1
    clr %o2
    ta {return_trap}
    unimp 0

! Waiting for an interrupt, which needs the window of the frame there.
    .global probe_stack_interrupt
probe_stack_interrupt:
    mov %o0, %sp
    set probe_good_stack, %g1
    .rept 6
    save %g1, 0, %sp
    sub %g1, 96, %g1
    .endr
    mov 1, %g1
    st %g1, [%g0 + {enabled}]
1:  ba 1b
    nop
