# The switch from task to task.

# void bulkhead_context_switch(Context *save, uintptr_t load, uintptr_t stack, void (*entry)(void))
# In:  interrupts disabled.
# Out: *save = stack pointer, below which lie the registers that a C function keeps and the floating-point state.
#      If load is not 0: returns in the context that was saved there.
#      If load is 0: calls entry, which does not return, on the stack that ends at the argument stack, with the x87
#      and SSE units in their initial state.
# Uses 544 bytes of the stack that is left, and up to 15 for alignment.
    .section .text.bulkhead_context_switch, "ax", @progbits
    .globl bulkhead_context_switch
    .type bulkhead_context_switch, @function
bulkhead_context_switch:
    movl 4(%esp), %eax
    movl 8(%esp), %edx
    movl 12(%esp), %ecx
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 32(%esp), %ebx
    movl %esp, %esi
    subl $528, %esp
    andl $-16, %esp
    fxsave (%esp)
    movl %esi, 512(%esp)
    movl %esp, (%eax)
    testl %edx, %edx
    jz .Lbulkhead_context_begin
    movl %edx, %esp
    fxrstor (%esp)
    movl 512(%esp), %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
.Lbulkhead_context_begin:
    movl %ecx, %esp
    andl $-16, %esp
    fninit
    pushl ${vector_control}
    ldmxcsr (%esp)
    movw ${floating_point_control}, (%esp)
    fldcw (%esp)
    addl $4, %esp
    xorl %ebp, %ebp
    call *%ebx
    ud2
    .size bulkhead_context_switch, . - bulkhead_context_switch
