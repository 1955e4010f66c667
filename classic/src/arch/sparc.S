! Jumps out of functions.

! int setjmp(jmp_buf state)
! In:  state has two words.
! Out: 0; the stack pointer of the caller and where it goes on are in state. Its window is in its own place.
    .section .text.setjmp, "ax", @progbits
    .globl setjmp
    .type setjmp, @function
setjmp:
    st %sp, [%o0]
    st %o7, [%o0 + 4]
    retl
    clr %o0
    .size setjmp, . - setjmp

! void longjmp(jmp_buf state, int value)
! In:  state was filled by setjmp in a function that has not returned.
! Out: that setjmp returns value, or 1 instead of 0. All windows go to their stacks; this one becomes the one below
!      the function's, which `restore` loads from its stack.
    .section .text.longjmp, "ax", @progbits
    .globl longjmp
    .type longjmp, @function
longjmp:
    ta 3
    ld [%o0 + 4], %o7
    cmp %g0, %o1
    bne 1f
    ld [%o0], %fp
    mov 1, %o1
1:  sub %fp, 96, %sp
    jmp %o7 + 8
    restore %o1, 0, %o0
    .size longjmp, . - longjmp
    .text
