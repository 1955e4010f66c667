# The entry point of a partition.

# In:  ebx = what the host's start protocol gives; no stack.
# Out: control in the Rust function `start` on the partition's main stack, which never returns.
    .section .text.bulkhead_start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    cld
    xorl %ebp, %ebp
    movl $bulkhead_stack_end, %esp
    movl %ebx, bulkhead_start_information_address
    call {start}
    ud2
    .size _start, . - _start

    .section .bss.bulkhead_start_information_address, "aw", @nobits
    .balign 4
    .globl bulkhead_start_information_address
bulkhead_start_information_address:
    .skip 4
