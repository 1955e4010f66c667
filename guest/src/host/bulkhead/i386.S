# The Bulkhead kernel for the i386 assembly of the guest layer: what is done differently from host to host. Where the
# words lie is said by the symbols of words.S.

# First thing at the interrupt entry. Pushes the program counter, then the flags, of the interrupted code. Changes no
# register but the stack pointer.
    .macro host_push_interrupted
    pushl bulkhead_host_upcall_program_counter
    pushl bulkhead_host_upcall_flags
    .endm

# First thing at the entry point. Leaves the address of the start information in ebx.
    .macro host_take_start_information
    .endm
