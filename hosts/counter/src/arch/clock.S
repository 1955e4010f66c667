# The clock, read without the kernel.

# uint64_t bulkhead_clock_now(void)
# Out: edx:eax = nanoseconds since the first major frame began. Changes ecx and flags.
    .section .text.bulkhead_clock_now, "ax", @progbits
    .globl bulkhead_clock_now
    .type bulkhead_clock_now, @function
bulkhead_clock_now:
    pushl %ebx
    pushl %esi
    rdtsc
    subl bulkhead_host_clock_origin, %eax
    sbbl bulkhead_host_clock_origin + 4, %edx
    scale bulkhead_host_clock_multiplier, bulkhead_host_clock_shift
    popl %esi
    popl %ebx
    ret
    .size bulkhead_clock_now, . - bulkhead_clock_now
