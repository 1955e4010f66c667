! Register contents that must survive whatever the kernel does.
!
! uint32_t probe_state(const uint32_t pattern[4], uint32_t turns): fills the floating-point registers, seven windows,
! the globals and Y from the pattern, spins, and compares. Returns 0 if all is as it was.

! Rounding, exceptions that have accrued, and the condition of the last comparison: what a program may choose of FSR.
    .set FSR_MINE, 0xc0000fe0
! The same, and what tells of the last exception (ftt), which a program cannot choose: another's must not be there.
    .set FSR_SEEN, 0xc001cfe0

! A window that holds the pattern, numbered from 1 for the deepest. In: o0 = pattern.
.macro window_fill number
    save %sp, -96, %sp
    ld [%i0], %l0
    ld [%i0 + 4], %l1
    ld [%i0 + 8], %l2
    ld [%i0 + 12], %l3
    add %l0, \number, %l4
    add %l1, \number, %l5
    add %l2, \number, %l6
    add %l3, \number, %l7
    mov %i0, %o0
    mov %i1, %o1
    add %l0, \number + 8, %o2
    add %l1, \number + 8, %o3
    add %l2, \number + 8, %o4
    add %l3, \number + 8, %o5
.endm

! Compares two registers; what differs comes into g1. Uses the first.
.macro same first, second
    xor \first, \second, \first
    or %g1, \first, %g1
.endm

! Compares with the pattern, with a number added.
.macro holds register, offset, number
    ld [%i0 + \offset], %g3
    add %g3, \number, %g3
    same \register, %g3
.endm

! Compares a window and goes back to the one above.
.macro window_check number
    holds %l0, 0, 0
    holds %l1, 4, 0
    holds %l2, 8, 0
    holds %l3, 12, 0
    holds %l4, 0, \number
    holds %l5, 4, \number
    holds %l6, 8, \number
    holds %l7, 12, \number
    holds %o2, 0, \number + 8
    holds %o3, 4, \number + 8
    holds %o4, 8, \number + 8
    holds %o5, 12, \number + 8
    restore
.endm

! The same for a floating-point register. Uses the last word of the frame of probe_state.
.macro float_holds register, offset
    st \register, [%fp - 4]
    ld [%fp - 4], %l0
    holds %l0, \offset, 0
.endm

    .text
    .global probe_state
probe_state:
    save %sp, -112, %sp
    .irp number, 0, 4, 8, 12, 16, 20, 24, 28
    ldd [%i0], %f\number
    .endr
    .irp number, 2, 6, 10, 14, 18, 22, 26, 30
    ldd [%i0 + 8], %f\number
    .endr
    ld [%i0], %l0
    set FSR_MINE, %l1
    and %l0, %l1, %l0
    st %l0, [%fp - 4]
    ld [%fp - 4], %fsr
    st %g5, [%fp - 8]
    st %g6, [%fp - 12]
    st %g7, [%fp - 16]
    mov %i0, %o0
    mov %i1, %o1
    window_fill 6
    window_fill 5
    window_fill 4
    window_fill 3
    window_fill 2
    window_fill 1
    wr %l3, %y
    mov %l0, %g1
    mov %l1, %g2
    mov %l2, %g3
    mov %l3, %g4
    xor %l0, %l1, %g5
    xor %l1, %l2, %g6
    xor %l2, %l3, %g7
1:  subcc %o1, 1, %o1
    bne 1b
    nop
    xor %g1, %l0, %g1
    same %g2, %l1
    same %g3, %l2
    same %g4, %l3
    xor %l0, %l1, %g3
    same %g5, %g3
    xor %l1, %l2, %g3
    same %g6, %g3
    xor %l2, %l3, %g3
    same %g7, %g3
    rd %y, %g3
    same %g3, %l3
    window_check 1
    window_check 2
    window_check 3
    window_check 4
    window_check 5
    window_check 6
    ld [%fp - 8], %g5
    ld [%fp - 12], %g6
    ld [%fp - 16], %g7
    .irp number, 0, 4, 8, 12, 16, 20, 24, 28
    float_holds %f\number, 0
    .endr
    .irp number, 1, 5, 9, 13, 17, 21, 25, 29
    float_holds %f\number, 4
    .endr
    .irp number, 2, 6, 10, 14, 18, 22, 26, 30
    float_holds %f\number, 8
    .endr
    .irp number, 3, 7, 11, 15, 19, 23, 27, 31
    float_holds %f\number, 12
    .endr
    ld [%i0], %l0
    set FSR_MINE, %l1
    and %l0, %l1, %l0
    st %fsr, [%fp - 4]
    ld [%fp - 4], %l2
    set FSR_SEEN, %l3
    and %l2, %l3, %l2
    same %l0, %l2
    st %g0, [%fp - 4]
    ld [%fp - 4], %fsr
    ret
    restore %g1, 0, %o0

! uint32_t probe_state_is_fresh(void): 1 if the floating-point registers and FSR are as a start leaves them.
    .global probe_state_is_fresh
probe_state_is_fresh:
    save %sp, -104, %sp
    clr %g1
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std %f\number, [%fp - 8]
    ldd [%fp - 8], %l0
    or %g1, %l0, %g1
    or %g1, %l1, %g1
    .endr
    st %fsr, [%fp - 8]
    ld [%fp - 8], %l0
    set FSR_SEEN, %l1
    and %l0, %l1, %l0
    or %g1, %l0, %g1
    subcc %g0, %g1, %g0
    subx %g0, -1, %i0           ! 1 if there was no bit.
    ret
    restore
