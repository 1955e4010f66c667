# RTEMS's context switch.
#
# A context keeps the interrupt state in bit 9 of its EFLAGS word, where RTEMS's own initialization puts it. The other
# flags need not be kept: they are dead at a call.

# void _CPU_Context_switch(Context_Control *executing, Context_Control *heir)
# Returns to the heir's caller with the heir's registers, stack, interrupt state and thread pointer. RTEMS's own switch
# is told by the heir's context, which is that of the executing thread already: then the first context is a thread's
# too, whose stack is looked at.
    .section .text._CPU_Context_switch, "ax", @progbits
    .globl _CPU_Context_switch
    .globl _CPU_Context_switch_no_return
    .type _CPU_Context_switch, @function
    .type _CPU_Context_switch_no_return, @function
_CPU_Context_switch:
_CPU_Context_switch_no_return:
    movl bulkhead_rtems_executing, %ecx
    movl 4(%esp), %eax
    addl $bulkhead_rtems_thread_context, %ecx
    cmpl %ecx, 8(%esp)
    jne 2f
    movl bulkhead_rtems_context_thread_stack(%eax), %ecx
    cmpl %ecx, %esp
    jb .Lbulkhead_rtems_left_stack
    cmpl $bulkhead_rtems_stack_mark, (%ecx)
    jne .Lbulkhead_rtems_left_stack
2:  movl bulkhead_host_enabled, %ecx
    movl bulkhead_rtems_isr_dispatch_disable, %edx
    movl %ecx, bulkhead_rtems_context_flags(%eax)
    movl %edx, bulkhead_rtems_context_isr_dispatch_disable(%eax)
    movl {table} + 24, %ecx
    movl {table} + 28, %edx
    movl %esp, bulkhead_rtems_context_esp(%eax)
    movl %ebp, bulkhead_rtems_context_ebp(%eax)
    movl %ebx, bulkhead_rtems_context_ebx(%eax)
    movl %esi, bulkhead_rtems_context_esi(%eax)
    movl %edi, bulkhead_rtems_context_edi(%eax)
    movl %ecx, bulkhead_rtems_context_gs(%eax)
    movl %edx, bulkhead_rtems_context_gs + 4(%eax)
    movl 8(%esp), %eax
    # The thread pointer is told to the kernel only if the two threads differ in it. The upper word of the
    # descriptor has part of the base too.
    cmpl %ecx, bulkhead_rtems_context_gs(%eax)
    jne .Lbulkhead_rtems_restore_all
    cmpl %edx, bulkhead_rtems_context_gs + 4(%eax)
    jne .Lbulkhead_rtems_restore_all

# In: eax = context. The stack is given up here; an interrupt finds a good one before and after that.
.Lbulkhead_rtems_restore:
    movl bulkhead_rtems_context_isr_dispatch_disable(%eax), %ecx
    movl bulkhead_rtems_context_esp(%eax), %esp
    movl %ecx, bulkhead_rtems_isr_dispatch_disable
    movl bulkhead_rtems_context_ebp(%eax), %ebp
    movl bulkhead_rtems_context_ebx(%eax), %ebx
    movl bulkhead_rtems_context_esi(%eax), %esi
    movl bulkhead_rtems_context_edi(%eax), %edi
    movl bulkhead_rtems_context_flags(%eax), %eax
    # Last of all the interrupt state, and then a look at what came meanwhile.
    andl ${enabled_value}, %eax
    movl %eax, bulkhead_host_enabled
    jz 1f
    cmpl $0, bulkhead_host_pending
    jne bulkhead_rtems_interrupts_due
1:  ret

# The thread has left its stack: on the fault stack, where there is room, RTEMS is told.
.Lbulkhead_rtems_left_stack:
    movl %esp, %ecx
    movl $0, bulkhead_host_enabled
    movl $bulkhead_fault_stack_end - 8, %esp
    pushl %ecx
    pushl %eax
    call bulkhead_rtems_context_left_stack
    ud2

# void _CPU_Context_restore(Context_Control *context)
# Does not return to its caller.
    .globl _CPU_Context_restore
    .type _CPU_Context_restore, @function
_CPU_Context_restore:
    movl 4(%esp), %eax
.Lbulkhead_rtems_restore_all:
    movl bulkhead_rtems_context_gs(%eax), %ecx
    movl bulkhead_rtems_context_gs + 4(%eax), %edx
    movl %ecx, {table} + 24
    movl %edx, {table} + 28
    movl %eax, %esi
    # On this stack still: the new thread's may be no more than its first frame.
    movl %esp, %ebp
    andl $-16, %esp
    call {set_thread_pointer}
    movl %esi, %eax
    jmp .Lbulkhead_rtems_restore
    .size _CPU_Context_switch, . - _CPU_Context_switch
