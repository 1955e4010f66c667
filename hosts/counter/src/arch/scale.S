# Cycles to nanoseconds.

# In:  edx:eax = cycles; `multiplier` and `shift` are memory operands, 32 bits each, shift 0 to 63.
# Out: edx:eax = the low 64 bits of (cycles * multiplier) >> shift, the product having 96 bits.
# Changes ebx, ecx, esi and flags.
    .macro scale multiplier, shift
    movl %edx, %esi
    mull \multiplier
    movl %eax, %ebx
    movl %esi, %eax
    movl %edx, %esi
    mull \multiplier
    addl %esi, %eax
    adcl $0, %edx
    # The product is edx:eax:ebx. Shifts count modulo 32.
    movl \shift, %ecx
    testb $32, %cl
    jnz 1f
    shrdl %cl, %eax, %ebx
    shrdl %cl, %edx, %eax
    movl %eax, %edx
    movl %ebx, %eax
    jmp 2f
1:  shrdl %cl, %edx, %eax
    shrl %cl, %edx
2:
    .endm
