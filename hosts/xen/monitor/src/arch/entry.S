# Between Xen, the monitor at level 0 and the partition at level 3.

# Where Xen enters: a note of type 18 (XEN_ELFNOTE_PHYS32_ENTRY) with a 32-bit address.
    .section .note.boot, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .long bulkhead_xen_entry

# The segments until the monitor has its own: null, code, data.
    .section .rodata.bulkhead_xen_boot_segments, "a", @progbits
    .balign 8
bulkhead_xen_boot_segments:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
bulkhead_xen_boot_table:
    .word 23
    .long bulkhead_xen_boot_segments

# In:  ebx = address of Xen's start information; 32-bit protected mode, no paging, flat segments whose selectors say
#      nothing, no descriptor tables, no stack.
# Out: control in `begin`, which never returns.
    .section .text.bulkhead_xen_entry, "ax", @progbits
    .globl bulkhead_xen_entry
    .type bulkhead_xen_entry, @function
bulkhead_xen_entry:
    cli
    cld
    lgdt bulkhead_xen_boot_table
    ljmp $0x08, $1f
1:  movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl ${stack_end}, %esp
    xorl %ebp, %ebp
    pushl %ebx
    call {begin}
    ud2
    .size bulkhead_xen_entry, . - bulkhead_xen_entry

# One stub for each vector, 16 bytes apart: pushes an error code where the processor has none, and the vector.
    .macro bulkhead_xen_stub vector
    .balign 16
    # Vectors 8, 10 to 14, 17 and 21 have an error code.
    .if ((1 << (\vector & 31)) & 0x00227d00) == 0 || \vector > 31
    pushl $0
    .endif
    pushl $\vector
    jmp bulkhead_xen_trap
    .endm

    .section .text.bulkhead_xen_trap, "ax", @progbits
    .balign 16
    .globl bulkhead_xen_stubs
    .type bulkhead_xen_stubs, @function
bulkhead_xen_stubs:
    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    bulkhead_xen_stub \vector
    .endr
    .irp vector, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
    bulkhead_xen_stub \vector
    .endr
    .size bulkhead_xen_stubs, . - bulkhead_xen_stubs

    .balign 16
    .globl bulkhead_xen_call_stub
    .type bulkhead_xen_call_stub, @function
bulkhead_xen_call_stub:
    pushl $0
    pushl ${call_vector}

# In:  on the monitor's stack what the processor has pushed, an error code, a vector; interrupts disabled.
# Out: back where the frame says, with the registers that it has, after `trap` has seen it.
    .globl bulkhead_xen_trap
    .type bulkhead_xen_trap, @function
bulkhead_xen_trap:
    pushal
    pushl %ds
    pushl %es
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    cld
    movl %esp, %eax
    subl $12, %esp
    andl $-16, %esp
    addl $12, %esp
    movl %eax, %ebx
    pushl %eax
    call {trap}
    movl %ebx, %esp
    jmp bulkhead_xen_return
    .size bulkhead_xen_trap, . - bulkhead_xen_trap

# void bulkhead_xen_load_thread_segment(void)
# Loads gs with the partition's segment of thread-local storage, whose descriptor has just been written. Changes eax.
    .section .text.bulkhead_xen_load_thread_segment, "ax", @progbits
    .globl bulkhead_xen_load_thread_segment
    .type bulkhead_xen_load_thread_segment, @function
bulkhead_xen_load_thread_segment:
    movl ${thread_selector}, %eax
    movl %eax, %gs
    ret
    .size bulkhead_xen_load_thread_segment, . - bulkhead_xen_load_thread_segment

# void bulkhead_xen_resume(Frame *frame)
# In:  4(%esp) = a frame. Does not return to its caller.
# Out: control where the frame says.
    .section .text.bulkhead_xen_resume, "ax", @progbits
    .globl bulkhead_xen_resume
    .type bulkhead_xen_resume, @function
bulkhead_xen_resume:
    movl 4(%esp), %esp
bulkhead_xen_return:
    popl %es
    popl %ds
    popal
    addl $8, %esp
    iretl
    .size bulkhead_xen_resume, . - bulkhead_xen_resume
