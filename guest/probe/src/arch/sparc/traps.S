! One function `ta number` for each number, and a table of them.

    .section .rodata.probe_traps, "a", @progbits
    .balign 4
    .global probe_traps
probe_traps:
    .text
    .set number, 0
    .rept 128
    .section .rodata.probe_traps, "a", @progbits
    .word 9f
    .text
9:
    .if number == {return_trap}
    ! As restore, then on at o0 and o1.
    save %sp, -96, %sp
    set 8f, %o0
    add %o0, 4, %o1
    clr %o2
    .endif
    .if number == {fault_return_trap}
    ! On at g1 and g2.
    set 8f, %g1
    add %g1, 4, %g2
    clr %g3
    .else
    ! 0 asks for the interface's version, and enables interrupts.
    clr %g1
    .endif
    ta number
8:  retl
    nop
    .set number, number + 1
    .endr
