# Makes one trial: jumps to code that executes an instruction of any sort, and comes back however that ends.
#
# Included by trials.S, which defines selector_data and appends the trials to the function `instructions`. A trial ends
# with a jump to .Linstructions_ran. It may leave the stack, the segments and every register as it likes.

    .text

# uint32_t instructions(void (*trial)(void))
# Out: eax = 0 if the trial ran, with the flags behind it in instructions_flags; 1 if it faulted. The fault handler has
#      put instructions_resume and instructions_stack into the frame.
    .globl instructions
    .type instructions, @function
instructions:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %fs
    pushl %gs
    movl %esp, instructions_stack
    movl $.Linstructions_faulted, instructions_resume
    movl $instructions_buffer, %esi
    movl %esi, %edi
    movl 28(%esp), %eax
    jmp *%eax
.Linstructions_faulted:
    movl $1, %eax
    jmp 1f
.Linstructions_ran:
    # Neither a stack nor a data segment is sure here, and no instruction before pushf may change the flags.
    movl $selector_data, %ecx
    movl %ecx, %ss
    movl %ecx, %ds
    movl %ecx, %es
    movl instructions_stack, %esp
    pushfl
    popl instructions_flags
    movl $0, %eax
1:  movl $0, instructions_resume
    cld
    popl %gs
    popl %fs
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

    .bss
    .balign 16
instructions_buffer: .skip 64
    .globl instructions_resume, instructions_stack, instructions_flags
instructions_resume: .skip 4
instructions_stack: .skip 4
instructions_flags: .skip 4
    .text
