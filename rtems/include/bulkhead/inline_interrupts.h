/*
 * Disabling and enabling interrupts in place, for kits of RTEMS for i386 that are built for partitions alone.
 *
 * RTEMS that was built with RTEMS_PARAVIRT calls functions for both. A kit that is built with this header in
 * front of each of its sources (`-include`) has in their place what they do: two writes and a look at what is pending.
 * The functions have RTEMS's own names, and its declarations behind these do no harm. Nothing is included here, since
 * sources say what they want of the C library before their first header.
 */
#if !defined(BULKHEAD_INLINE_INTERRUPTS_H) && !defined(__ASSEMBLER__) && defined(__i386__)
#define BULKHEAD_INLINE_INTERRUPTS_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The two words that these functions write and read are in the page that the partition shares with the kernel: 0 while
 * interrupts are disabled, and the lines that wait.
 */

/* Disables interrupts. Returns the state before, for the other two. */
static __inline__ __attribute__((__always_inline__, __unused__)) __UINT32_TYPE__ i386_disable_interrupts(void)
{
    __UINT32_TYPE__ state;
    __asm__ volatile("movl bulkhead_host_enabled, %0\n\tmovl $0, bulkhead_host_enabled" : "=r"(state) : : "memory");
    return state;
}

/* Puts a state back. If it enables, what has waited has been handled when this returns. */
static __inline__ __attribute__((__always_inline__, __unused__)) void i386_enable_interrupts(__UINT32_TYPE__ state)
{
    __asm__ goto("movl %0, bulkhead_host_enabled\n\tcmpl $0, bulkhead_host_pending\n\tjne %l[pending]"
                 : : "ri"(state) : "memory", "cc" : pending);
    return;
pending:
    __attribute__((__cold__));
    /* A call that changes no register: to the code around it, it is nothing but the branch. */
    __asm__ volatile("call bulkhead_rtems_interrupts_due" : : : "memory", "cc");
}

/* Lets in what waits, if the state enables. Interrupts are disabled when this returns. */
static __inline__ __attribute__((__always_inline__, __unused__)) void i386_flash_interrupts(__UINT32_TYPE__ state)
{
    i386_enable_interrupts(state);
    (void)i386_disable_interrupts();
}

#ifdef __cplusplus
}
#endif

#endif
