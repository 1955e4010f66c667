# XtratuM for the i386 assembly of the guest layer: what is done differently from host to host. Where the words lie is said
# by the symbols of words.S.

# First thing at the interrupt entry. The stub in interrupts.S has left flags and program counter on the stack.
    .macro host_push_interrupted
    .endm

# First thing at the entry point. Leaves the address of the start information in ebx.
    .macro host_take_start_information
    movl $bulkhead_xtratum_start_information, %ebx
    .endm
