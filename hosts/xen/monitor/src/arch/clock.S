# The clock on Xen: the vCPU's time, which Xen keeps up to date in its shared page, less the instant at which the first
# major frame began.

# The latest time that was read.
    .section .bss.bulkhead_xen_clock_last, "aw", @nobits
    .balign 8
bulkhead_xen_clock_last:
    .skip 8

# uint64_t bulkhead_clock_now(void)
# Out: edx:eax = nanoseconds since the first major frame began, never less than before: Xen's correction of its factor
#      may take back the last nanosecond. Changes ecx and flags.
    .section .text.bulkhead_clock_now, "ax", @progbits
    .globl bulkhead_clock_now
    .type bulkhead_clock_now, @function
bulkhead_clock_now:
    pushl %ebx
    pushl %esi
1:  movl {version}, %esi
    rdtsc
    subl {stamp}, %eax
    sbbl {stamp} + 4, %edx
    movb {shift}, %cl
    testb %cl, %cl
    js 4f
    shldl %cl, %eax, %edx
    shll %cl, %eax
2:  movl %edx, %ebx
    mull {factor}
    movl %edx, %ecx
    movl %ebx, %eax
    mull {factor}
    addl %ecx, %eax
    adcl $0, %edx
    addl {system_time}, %eax
    adcl {system_time} + 4, %edx
    # An odd version: Xen is writing. Another one: it has written meanwhile.
    testl $1, %esi
    jnz 1b
    cmpl {version}, %esi
    jne 1b
    subl bulkhead_host_clock_origin, %eax
    sbbl bulkhead_host_clock_origin + 4, %edx
    movl %eax, %ebx
    movl %edx, %ecx
    # The two words of the latest time are read and written in one step, as an upcall may come in between.
3:  cmpxchg8b bulkhead_xen_clock_last
    je 5f
    cmpl %ecx, %edx
    ja 6f
    jb 3b
    cmpl %ebx, %eax
    jb 3b
    jmp 6f
4:  negb %cl
    shrdl %cl, %edx, %eax
    shrl %cl, %edx
    jmp 2b
5:  movl %ebx, %eax
    movl %ecx, %edx
6:  popl %esi
    popl %ebx
    ret
    .size bulkhead_clock_now, . - bulkhead_clock_now
