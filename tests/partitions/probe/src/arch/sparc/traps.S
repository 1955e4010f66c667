! One function `ta number` for each number, and a table of them.

.macro trap_function
    .section .rodata.probe_traps, "a", @progbits
    .word probe_trap_\@
    .text
    .type probe_trap_\@, @function
probe_trap_\@:
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
    .size probe_trap_\@, . - probe_trap_\@
.endm

    .section .rodata.probe_traps, "a", @progbits
    .balign 4
    .global probe_traps
probe_traps:
    .set number, 0
    .rept 128
    trap_function
    .set number, number + 1
    .endr
