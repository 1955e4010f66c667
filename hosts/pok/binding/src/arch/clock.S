# The clock on POK: the kernel leaves it in the information page whenever it returns to the partition, and it changes at
# no other time.
# A template: what stands in braces comes from mod.rs beside this file.

# uint64_t bulkhead_clock_now(void)
# Out: edx:eax = nanoseconds since POK began to count. Changes flags. The kernel may change the words between the loads.
    .section .text.bulkhead_clock_now, "ax", @progbits
    .globl bulkhead_clock_now
    .type bulkhead_clock_now, @function
bulkhead_clock_now:
    movl {now} + 4, %edx
    movl {now}, %eax
    cmpl {now} + 4, %edx
    jne bulkhead_clock_now
    ret
    .size bulkhead_clock_now, . - bulkhead_clock_now

# A fault that nobody handles: the kernel continues here.
# In:  interrupts disabled; segments of data are the partition's, the stack pointer is not to be trusted.
# Out: control in the Rust function on the fault stack, which never returns.
    .section .text.bulkhead_pok_unhandled_fault, "ax", @progbits
    .globl bulkhead_pok_unhandled_fault
    .type bulkhead_pok_unhandled_fault, @function
bulkhead_pok_unhandled_fault:
    movl $bulkhead_fault_stack_end, %esp
    cld
    xorl %ebp, %ebp
    call {end_by_fault}
    ud2
    .size bulkhead_pok_unhandled_fault, . - bulkhead_pok_unhandled_fault

# void bulkhead_pok_restart(uint32_t clear_to)
# In:  4(%esp) = first address that keeps its contents; interrupts disabled, no upcall registered.
# Out: control at the entry point, the program's data as they were at its first start, zeros from there to `clear_to`,
#      the floating-point unit in its reset state. No stack is used on the way: it lies in what is cleared.
    .section .text.bulkhead_pok_restart, "ax", @progbits
    .globl bulkhead_pok_restart
    .type bulkhead_pok_restart, @function
bulkhead_pok_restart:
    movl 4(%esp), %edx
    xorl %esp, %esp
    cld
    movl {data_begin}, %edi
    movl {data_copy}, %esi
    movl {data_zeroed}, %ecx
    subl %edi, %ecx
    rep movsb
    movl %edx, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    rep stosb
    fninit
    jmp _start
    .size bulkhead_pok_restart, . - bulkhead_pok_restart
