# POK for the i386 assembly of the guest layer. Our file in POK's kernel serves the two pages of the partition interface;
# where their words lie is said by the symbols of words.S.
# A template: what stands in braces comes from i386.rs beside this file.

# First thing at the interrupt entry. Pushes the program counter, then the flags, of the interrupted code. Changes no
# register but the stack pointer.
    .macro host_push_interrupted
    pushl bulkhead_host_upcall_program_counter
    pushl bulkhead_host_upcall_flags
    .endm

# First thing at the entry point. Leaves the address of the start information in ebx.
    .macro host_take_start_information
    movl $bulkhead_host_start_information, %ebx
    .endm
