# Fault upcalls.

# The frame of the fault that is being handled. One is enough: while the record is busy, the kernel gives a further
# fault to the health monitor.
    .section .bss.bulkhead_fault_frame, "aw", @nobits
    .balign 4
bulkhead_fault_frame:
    .skip {frame_size}

# Fault entry: the kernel continues here.
# In:  interrupts disabled; registers as at the faulting instruction, so the stack pointer is not to be trusted.
# Out: control at the frame's program counter with the frame's registers, flags and enable word, the record no
#      longer busy. Uses 16 bytes below the frame's stack pointer; a fault on those goes to the health monitor. If no
#      handler is left and interrupts stay disabled, no stack is used: what faults again is the instruction itself.
    .section .text.bulkhead_fault_entry, "ax", @progbits
    .globl bulkhead_fault_entry
    .type bulkhead_fault_entry, @function
bulkhead_fault_entry:
    # ss is always loaded at privilege level 3, ds may not be.
    movl %eax, %ss:bulkhead_fault_frame + {eax}
    movl $bulkhead_host_data_selector, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $bulkhead_fault_stack_end, %esp
    movl %ecx, bulkhead_fault_frame + {ecx}
    movl %edx, bulkhead_fault_frame + {edx}
    movl %ebx, bulkhead_fault_frame + {ebx}
    movl %ebp, bulkhead_fault_frame + {ebp}
    movl %esi, bulkhead_fault_frame + {esi}
    movl %edi, bulkhead_fault_frame + {edi}
    movl bulkhead_host_fault_kind, %eax
    movl bulkhead_host_fault_vector, %ecx
    movl bulkhead_host_fault_error, %edx
    movl bulkhead_host_fault_enabled, %ebx
    movl %eax, bulkhead_fault_frame + {kind}
    movl %ecx, bulkhead_fault_frame + {vector}
    movl %edx, bulkhead_fault_frame + {error}
    movl %ebx, bulkhead_fault_frame + {was_enabled}
    movl bulkhead_host_fault_address, %eax
    movl bulkhead_host_fault_program_counter, %ecx
    movl bulkhead_host_fault_flags, %edx
    movl bulkhead_host_fault_stack_pointer, %ebx
    movl %eax, bulkhead_fault_frame + {address}
    movl %ecx, bulkhead_fault_frame + {program_counter}
    movl %edx, bulkhead_fault_frame + {flags}
    movl %ebx, bulkhead_fault_frame + {stack_pointer}
    cld
    xorl %ebp, %ebp
    subl $12, %esp
    pushl $bulkhead_fault_frame
    call {handle_fault}
    testb %al, %al
    jne 1f
    cmpl $0, bulkhead_fault_frame + {was_enabled}
    je .Lbulkhead_fault_again
1:  movl bulkhead_fault_frame + {stack_pointer}, %esp
    pushl bulkhead_fault_frame + {program_counter}
    pushl bulkhead_fault_frame + {flags}
    pushl bulkhead_fault_frame + {eax}
    pushl bulkhead_fault_frame + {ecx}
    movl bulkhead_fault_frame + {edx}, %edx
    movl bulkhead_fault_frame + {ebx}, %ebx
    movl bulkhead_fault_frame + {ebp}, %ebp
    movl bulkhead_fault_frame + {esi}, %esi
    movl bulkhead_fault_frame + {edi}, %edi
    cmpl $0, bulkhead_fault_frame + {was_enabled}
    # The frame is empty now; from here on the next fault may use it.
    movl $0, bulkhead_host_fault_busy
    jne .Lbulkhead_enable_and_return
    popl %ecx
    popl %eax
    popfl
    ret
.Lbulkhead_fault_again:
    movl bulkhead_fault_frame + {ecx}, %ecx
    movl bulkhead_fault_frame + {edx}, %edx
    movl bulkhead_fault_frame + {ebx}, %ebx
    movl bulkhead_fault_frame + {ebp}, %ebp
    movl bulkhead_fault_frame + {esi}, %esi
    movl bulkhead_fault_frame + {edi}, %edi
    movl $0, bulkhead_host_fault_busy
    movl $bulkhead_fault_frame + {flags}, %esp
    popfl
    movl bulkhead_fault_frame + {stack_pointer}, %esp
    movl bulkhead_fault_frame + {eax}, %eax
    jmp *bulkhead_fault_frame + {program_counter}
    .size bulkhead_fault_entry, . - bulkhead_fault_entry
