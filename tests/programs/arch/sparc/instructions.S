! Makes one trial: jumps to code that executes an instruction of any sort, and comes back however that ends.
!
! Included by trials.S, which appends the trials to the function `instructions`. A trial ends with a branch to
! .Linstructions_ran, in whichever window. It may leave every register as it likes.

    .text

! uint32_t instructions(void (*trial)(void))
! Out: o0 = 0 if the trial ran, with PSR behind it in instructions_flags; 1 if it faulted. The fault handler continues
!      at instructions_resume.
    .globl instructions
    .type instructions, @function
instructions:
    save %sp, -96, %sp
    ta 3                        ! The callers' frames are in memory now.
    set .Linstructions_faulted, %g1
    set instructions_resume, %g2
    st %g1, [%g2]
    set instructions_stack, %g2
    st %fp, [%g2]
    set instructions_return, %g2
    st %i7, [%g2]
    jmp %i0
    nop
.Linstructions_faulted:
    ba 1f
    mov 1, %g4
.Linstructions_ran:
    rd %psr, %g1
    set instructions_flags, %g2
    st %g1, [%g2]
    clr %g4
    ! Floating point may be off, and interrupts on.
1:  rd %psr, %g1
    set 0x1f00, %g2
    or %g1, %g2, %g1
    wr %g1, %psr
    ! Leaves all windows that there are, and takes the caller's from memory.
    set instructions_no_frame, %g1
    .rept 8
    mov %g1, %fp
    restore
    .endr
    set instructions_resume, %g2
    st %g0, [%g2]
    set instructions_stack, %g2
    ld [%g2], %fp
    set instructions_return, %g2
    ld [%g2], %i7
    restore
    jmp %o7 + 8
    mov %g4, %o0

    .section .bss
    .balign 8
instructions_no_frame: .skip 96
    .globl instructions_resume, instructions_stack, instructions_flags
instructions_resume: .skip 4
instructions_stack: .skip 4
instructions_flags: .skip 4
instructions_return: .skip 4
    .text
