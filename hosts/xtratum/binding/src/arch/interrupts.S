# From XtratuM's interrupts to the interrupt entry of the guest layer.

# Where all of XtratuM's interrupts come.
# In:  XtratuM's interrupts disabled; on the stack its enable flag, program counter, code segment, flags.
# Out: the interrupt is a pending line. If the enable word lets it, control at the interrupt entry with flags and
#      program counter on the stack, the enable word cleared; otherwise back in the interrupted code. XtratuM's
#      interrupts are enabled either way.
# Uses 28 bytes of the interrupted stack, and what `note_interrupts` uses.
    .section .text.bulkhead_xtratum_interrupt, "ax", @progbits
    .globl bulkhead_xtratum_interrupt
    .type bulkhead_xtratum_interrupt, @function
bulkhead_xtratum_interrupt:
    pushl %eax
    pushl %ecx
    pushl %edx
    cld
1:  call {note_interrupts}
    movl $1, bulkhead_host_block + {control_flags}
# What came while interrupts were disabled is not delivered by enabling them, so look. What comes from here on is.
    movl bulkhead_host_block + {extended_mask}, %eax
    notl %eax
    testl %eax, bulkhead_host_block + {extended_pending}
    jz 2f
    movl $0, bulkhead_host_block + {control_flags}
    jmp 1b
2:  cmpl $0, bulkhead_host_enabled
    je 3f
    movl bulkhead_host_pending, %eax
    testl %eax, bulkhead_host_mask
    jz 3f
    movl $0, bulkhead_host_enabled
    # On the stack: edx, ecx, eax, enable flag, program counter, code segment, flags.
    movl 16(%esp), %eax
    movl 24(%esp), %ecx
    movl %eax, 24(%esp)
    movl %ecx, 20(%esp)
    popl %edx
    popl %ecx
    popl %eax
    leal 8(%esp), %esp
    jmp bulkhead_interrupt_entry_on_stack
3:  popl %edx
    popl %ecx
    popl %eax
    leal 4(%esp), %esp
    iret
    .size bulkhead_xtratum_interrupt, . - bulkhead_xtratum_interrupt

# Where exceptions come: number n at bulkhead_xtratum_exceptions + 16 * n. Each leaves number and error code on the
# stack and goes on at the common part.
    .section .text.bulkhead_xtratum_exceptions, "ax", @progbits
    .balign 16
    .globl bulkhead_xtratum_exceptions
    .type bulkhead_xtratum_exceptions, @function
bulkhead_xtratum_exceptions:
    .set number, 0
    .rept 32
    .balign 16
    # XtratuM pushes an error code for exceptions 8, 10 to 14 and 17.
    .if !(0x27d00 & (1 << number))
    pushl $0
    .endif
    pushl $number
    jmp .Lbulkhead_xtratum_exception
    .set number, number + 1
    .endr

# In:  on the stack number, error code, enable flag, program counter, code segment, flags.
# Out: if there is a fault handler and no fault is being handled: control at the fault entry with the stack pointer as
#      it was, the fault record filled, the enable word cleared. Otherwise in the function that ends the partition.
.Lbulkhead_xtratum_exception:
    pushl %eax
    movl 4(%esp), %eax
    movl %eax, bulkhead_host_fault_vector
    movl 8(%esp), %eax
    movl %eax, bulkhead_host_fault_error
    movl 16(%esp), %eax
    movl %eax, bulkhead_host_fault_program_counter
    movl 24(%esp), %eax
    movl %eax, bulkhead_host_fault_flags
    leal 28(%esp), %eax
    movl %eax, bulkhead_host_fault_stack_pointer
    movl bulkhead_host_enabled, %eax
    movl %eax, bulkhead_host_fault_enabled
    movl $0, bulkhead_host_enabled
    movl bulkhead_host_block + {fault_address_register}, %eax
    cmpl $14, bulkhead_host_fault_vector
    je 1f
    xorl %eax, %eax
1:  movl %eax, bulkhead_host_fault_address
    movl bulkhead_host_fault_vector, %eax
    movzbl {fault_kinds}(%eax), %eax
    movl %eax, bulkhead_host_fault_kind
    cmpl $0, bulkhead_host_fault_busy
    jne 2f
    cmpl $0, {fault_entry}
    je 2f
    movl $1, bulkhead_host_fault_busy
    popl %eax
    movl bulkhead_host_fault_stack_pointer, %esp
    movl $1, bulkhead_host_block + {control_flags}
    jmp *{fault_entry}
2:  movl $bulkhead_fault_stack_end, %esp
    xorl %ebp, %ebp
    cld
    call {end_by_fault}
    ud2
    .size bulkhead_xtratum_exceptions, . - bulkhead_xtratum_exceptions

# void bulkhead_xtratum_load_tls_segment(void)
# In:  descriptor 3 as the hypervisor has accepted it. Out: gs = that descriptor, ring 1. Changes eax.
    .section .text.bulkhead_xtratum_load_tls_segment, "ax", @progbits
    .globl bulkhead_xtratum_load_tls_segment
    .type bulkhead_xtratum_load_tls_segment, @function
bulkhead_xtratum_load_tls_segment:
    movl $0x19, %eax
    movl %eax, %gs
    ret
    .size bulkhead_xtratum_load_tls_segment, . - bulkhead_xtratum_load_tls_segment
