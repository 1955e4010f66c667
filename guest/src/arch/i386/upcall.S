# Interrupt upcalls: from the kernel to the handlers and back to what was interrupted, without the kernel.

# How deep interrupts are nested, minus one: -1 outside handlers, so that one increment both counts and tells.
    .section .data.bulkhead_interrupt_depth, "aw", @progbits
    .balign 4
bulkhead_interrupt_depth:
    .long -1

# Interrupt entry: the kernel continues here.
# In:  interrupts disabled; every register, the stack pointer too, as in the interrupted code.
# Out: back in the interrupted code, every register and the flags as before, interrupts enabled, nothing due.
# Uses 24 bytes of the interrupted stack, plus what bulkhead_after_interrupts uses. A stack that cannot be written
# faults here, and the fault goes to the fault entry, which has its own.
    .section .text.bulkhead_interrupt_entry, "ax", @progbits
    .globl bulkhead_interrupt_entry
    .type bulkhead_interrupt_entry, @function
bulkhead_interrupt_entry:
    .cfi_sections .debug_frame
    .cfi_startproc
    .cfi_signal_frame
    pushl bulkhead_host_upcall_program_counter
    pushl bulkhead_host_upcall_flags
.Lbulkhead_dispatch:
    pushl %eax
    pushl %ecx
.Lbulkhead_dispatch_again:
    pushl %edx
    pushl %ebp
    # The dispatcher and what it calls keep ebx, esi, edi and ebp, as every C function does.
    movl %esp, %ebp
    # For debuggers: what stands above ebp is the interrupted code's, from its program counter down.
    .cfi_def_cfa %ebp, 24
    .cfi_offset %eip, -4
    .cfi_offset %eflags, -8
    .cfi_offset %eax, -12
    .cfi_offset %ecx, -16
    .cfi_offset %edx, -20
    .cfi_offset %ebp, -24
    cld
    incl bulkhead_interrupt_depth
    jnz .Lbulkhead_nested
    movl $bulkhead_interrupt_stack_end, %esp
.Lbulkhead_call:
    call {dispatch}
    movl %ebp, %esp
    decl bulkhead_interrupt_depth
    jns .Lbulkhead_return
    # Not in a handler any more: the layer above may switch to another task here and come back when it likes.
    andl $-16, %esp
    call bulkhead_after_interrupts
    movl %ebp, %esp

# An upcall that came between enabling and `ret` below would leave one more frame on the stack each time. Its frame
# is dropped, and the return goes on with the frame beneath, which is then the innermost again.
.Lbulkhead_return:
    .cfi_endproc
    movl 20(%esp), %eax
    subl $.Lbulkhead_window, %eax
    cmpl $.Lbulkhead_window_end - .Lbulkhead_window, %eax
    jb .Lbulkhead_drop
    popl %ebp
    popl %edx

# Return with interrupts enabled.
# In:  interrupts disabled; on the stack ecx, eax, flags, program counter; all other registers final.
# `iret` would do what `popf` and `ret` do, but QEMU before 9.1 executes it at privilege level 3 with the kernel's
# rights, and SMAP then forbids it the guest's stack.
.Lbulkhead_enable_and_return:
    popl %ecx
    movl $bulkhead_enabled_value, bulkhead_host_enabled
# What is due now came while interrupts were disabled: no upcall comes for it, so look once more.
.Lbulkhead_window:
    movl bulkhead_host_pending, %eax
    testl %eax, bulkhead_host_mask
    jnz .Lbulkhead_again
    popl %eax
.Lbulkhead_popf:
    popfl
.Lbulkhead_ret:
    ret
.Lbulkhead_again:
    movl $0, bulkhead_host_enabled
.Lbulkhead_window_end:
    pushl %ecx
    jmp .Lbulkhead_dispatch_again

# A handler enabled interrupts and was interrupted: this is the interrupt stack already.
.Lbulkhead_nested:
    andl $-16, %esp
    jmp .Lbulkhead_call

# In:  eax = distance of the frame's program counter from the window's start; on the stack the frame to be dropped,
#      above it what is left of the frame beneath.
# What the frame beneath has lost already is in the frame to be dropped, as the value of the interrupted register.
.Lbulkhead_drop:
    popl %ebp
    popl %edx
    # On the stack: ecx, eax, flags, program counter, and the frame beneath.
    cmpl $.Lbulkhead_ret - .Lbulkhead_window, %eax
    je 2f
    cmpl $.Lbulkhead_popf - .Lbulkhead_window, %eax
    je 1f
    # It still has eax, flags and program counter.
    popl %ecx
    addl $12, %esp
    pushl %ecx
    jmp .Lbulkhead_enable_and_return
1:  # It still has flags and program counter.
    popl %ecx
    popl %eax
    addl $8, %esp
    pushl %eax
    pushl %ecx
    jmp .Lbulkhead_enable_and_return
2:  # It still has its program counter.
    movl 8(%esp), %ecx
    movl %ecx, 12(%esp)
    popl %ecx
    popl %eax
    addl $4, %esp
    pushl %eax
    pushl %ecx
    jmp .Lbulkhead_enable_and_return
    .size bulkhead_interrupt_entry, . - bulkhead_interrupt_entry

# Interrupt entry of a host that has put the interrupted program counter and, below it, the flags onto the stack itself.
    .globl bulkhead_interrupt_entry_on_stack
    .type bulkhead_interrupt_entry_on_stack, @function
bulkhead_interrupt_entry_on_stack:
    jmp .Lbulkhead_dispatch
    .size bulkhead_interrupt_entry_on_stack, . - bulkhead_interrupt_entry_on_stack

# void bulkhead_interrupts_deliver(void)
# In:  interrupts enabled. Out: interrupts enabled, what was due has been handled. Changes no register.
# Disables interrupts and makes the frame that an upcall at the return address would have made.
    .globl bulkhead_interrupts_deliver
    .type bulkhead_interrupts_deliver, @function
bulkhead_interrupts_deliver:
    movl $0, bulkhead_host_enabled
    pushfl
    jmp .Lbulkhead_dispatch
    .size bulkhead_interrupts_deliver, . - bulkhead_interrupts_deliver

# uint32_t bulkhead_interrupt_nesting(void)
# Out: eax = how many dispatches are active, 0 outside handlers. Changes flags.
    .section .text.bulkhead_interrupt_nesting, "ax", @progbits
    .globl bulkhead_interrupt_nesting
    .type bulkhead_interrupt_nesting, @function
bulkhead_interrupt_nesting:
    movl bulkhead_interrupt_depth, %eax
    incl %eax
    ret
    .size bulkhead_interrupt_nesting, . - bulkhead_interrupt_nesting

# void bulkhead_no_after_interrupts(void)
# What the linker script takes for bulkhead_after_interrupts if the layer above has none.
    .section .text.bulkhead_no_after_interrupts, "ax", @progbits
    .globl bulkhead_no_after_interrupts
    .type bulkhead_no_after_interrupts, @function
bulkhead_no_after_interrupts:
    ret
    .size bulkhead_no_after_interrupts, . - bulkhead_no_after_interrupts
