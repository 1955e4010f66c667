! A time in instructions, for the partitions of the tests.

    .text

! void wait_for_instructions(uint32_t count): executes so many instructions, up to 99, and a few more that are always
! the same number.
    .global wait_for_instructions
wait_for_instructions:
    sll %o0, 2, %o0
    set 1f, %o1
    sub %o1, %o0, %o1
    jmp %o1
    nop
    .rept 100
    nop
    .endr
1:  retl
    nop
