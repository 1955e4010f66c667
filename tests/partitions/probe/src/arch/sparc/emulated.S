! The state registers that the kernel keeps for the partition, and the return from a trap that was none.

    .text

! uint32_t probe_get_NAME(void), void probe_set_NAME(uint32_t value)
.macro state_register name
    .global probe_get_\name
probe_get_\name:
    retl
    rd %\name, %o0

    .global probe_set_\name
probe_set_\name:
    wr %o0, %\name
    nop
    nop
    retl
    nop
.endm

! void probe_switch_floating_point(uint32_t value): by the trap for executives.
    .global probe_switch_floating_point
probe_switch_floating_point:
    mov %o0, %g1
    ta {floating_point_trap}
    retl
    nop

    state_register psr
    state_register wim
    state_register tbr

! uint32_t probe_trap_return(uint32_t psr), probe_trap_return_from_stack: with traps off, a window as a trap would make
! it, and back, the second with the frame on the stack only. PSR there, with `psr` written to it before.
.macro trap_return name, flush:vararg
    .global \name
\name:
    mov %o7, %o5
    mov 0, %o4
    wr %o0, %psr
    save %sp, -96, %sp
    mov 1, %i4
    set 1f, %l1
    \flush
    jmp %l1
    rett %l1 + 4
    unimp
1:  clr %o0
    cmp %o4, 1
    be,a 2f
    rd %psr, %o0
2:  jmp %o5 + 8
    nop
.endm

    trap_return probe_trap_return, nop
    trap_return probe_trap_return_from_stack, ta 3

! For an attempt: returns to an address that no instruction has, with the traps off of PSR in o0.
    .global probe_trap_return_misaligned
probe_trap_return_misaligned:
    wr %o0, %psr
    set 1f, %o1
    jmp %o1
    rett %o1 + 6
1:  retl
    nop
