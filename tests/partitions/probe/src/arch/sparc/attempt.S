! Calls code that may fault.
!
! bool probe_attempt(void (*code)(uint32_t), uint32_t argument): true if it faulted. The fault handler continues at
! probe_resume_pc, in whichever window the fault was.

    .text
    .global probe_attempt
probe_attempt:
    save %sp, -96, %sp
    ta 3                        ! The callers' frames are in memory now.
    set probe_resume_pc, %g1
    set probe_attempt_faulted, %g2
    st %g2, [%g1]
    st %fp, [%g1 + 4]
    st %i7, [%g1 + 8]
    call %i0
    mov %i1, %o0
    set probe_resume_pc, %g1
    st %g0, [%g1]
    ret
    restore %g0, 0, %o0

! Where code ends that has changed its window or its stack.
    .global probe_attempt_ran, probe_attempt_faulted
probe_attempt_ran:
    ba 1f
    clr %g4

! Leaves all windows that there are, whatever their stack pointers, and then takes the caller's from memory.
probe_attempt_faulted:
    mov 1, %g4
1:  set probe_no_frame, %g1
    .rept 8
    mov %g1, %fp
    restore
    .endr
    set probe_resume_pc, %g1
    st %g0, [%g1]
    ld [%g1 + 4], %fp
    ld [%g1 + 8], %i7
    restore
    jmp %o7 + 8
    mov %g4, %o0

! void probe_jump(uint32_t address): continues there.
    .global probe_jump
probe_jump:
    jmp %o0
    nop

! void probe_read(uint32_t address), void probe_write(uint32_t address): a word.
    .global probe_read
probe_read:
    ld [%o0], %o1
    retl
    nop

    .global probe_write
probe_write:
    mov 0x55, %o1
    st %o1, [%o0]
    retl
    nop

    .bss
    .balign 8
    .global probe_resume_pc
probe_resume_pc: .skip 16       ! Then the caller's stack pointer and return address.
probe_no_frame: .skip 96
