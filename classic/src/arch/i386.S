# Jumps out of functions.

# int setjmp(jmp_buf state)
# In:  state has six words.
# Out: 0; the registers that a C function keeps, the stack pointer of the caller and where it goes on are in state.
    .section .text.setjmp, "ax", @progbits
    .globl setjmp
    .type setjmp, @function
setjmp:
    movl 4(%esp), %eax
    movl (%esp), %ecx
    leal 4(%esp), %edx
    movl %ebx, (%eax)
    movl %esi, 4(%eax)
    movl %edi, 8(%eax)
    movl %ebp, 12(%eax)
    movl %edx, 16(%eax)
    movl %ecx, 20(%eax)
    xorl %eax, %eax
    ret
    .size setjmp, . - setjmp

# void longjmp(jmp_buf state, int value)
# In:  state was filled by setjmp in a function that has not returned.
# Out: that setjmp returns value, or 1 instead of 0.
    .section .text.longjmp, "ax", @progbits
    .globl longjmp
    .type longjmp, @function
longjmp:
    movl 4(%esp), %edx
    movl 8(%esp), %eax
    cmpl $1, %eax
    adcl $0, %eax
    movl (%edx), %ebx
    movl 4(%edx), %esi
    movl 8(%edx), %edi
    movl 12(%edx), %ebp
    movl 16(%edx), %esp
    jmp *20(%edx)
    .size longjmp, . - longjmp
    .text
