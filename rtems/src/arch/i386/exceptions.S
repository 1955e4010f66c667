# The rest of RTEMS's `cpu_asm` object: exception entries that are never entered, because exceptions come to the
# kernel first. A table in RTEMS's `cpu` object names them, so they must be there.

    .macro bulkhead_rtems_unused symbol
    .globl \symbol
    .type \symbol, @function
\symbol:
    .endm

    .section .text.bulkhead_rtems_unused, "ax", @progbits
    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19
    bulkhead_rtems_unused rtems_exception_prologue_\vector
    .endr
    bulkhead_rtems_unused _Exception_Handler
    ud2

# void create_interrupt_gate_descriptor(interrupt_gate_descriptor *gate, rtems_raw_irq_hdl handler)
# void i386_get_info_from_IDTR(interrupt_gate_descriptor **table, unsigned *limit)
# What rtems_exception_init_mngt() calls: the fault entry is there already, so nothing is to be done. The second one
# stores a table that the first one never touches.
    .globl create_interrupt_gate_descriptor
    .type create_interrupt_gate_descriptor, @function
create_interrupt_gate_descriptor:
    ret
    .globl i386_get_info_from_IDTR
    .type i386_get_info_from_IDTR, @function
i386_get_info_from_IDTR:
    movl 4(%esp), %eax
    movl $0, (%eax)
    movl 8(%esp), %eax
    movl $0, (%eax)
    ret

# Addresses of flat segments are what they are: void *(void *address), size and selector ignored.
    bulkhead_rtems_unused i386_Logical_to_physical
    bulkhead_rtems_unused i386_Physical_to_logical
    movl 8(%esp), %eax
    ret
