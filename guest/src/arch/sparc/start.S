! The entry point of a partition.

! In:  o1 = what the host's start protocol gives; no stack.
! Out: control in the Rust function `start` on the partition's main stack, which never returns.
    .section .text.bulkhead_start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    clr %fp
    set bulkhead_stack_end - 96, %sp
    set bulkhead_start_information_address, %g1
    st %o1, [%g1]
    call {start}
    clr %o7
    unimp 0
    .size _start, . - _start

    .section .bss.bulkhead_start_information_address, "aw", @nobits
    .balign 4
    .globl bulkhead_start_information_address
bulkhead_start_information_address:
    .skip 4
