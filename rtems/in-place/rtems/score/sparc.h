/*
 * Disabling and enabling interrupts in place, for what is compiled for partitions of a LEON3.
 *
 * RTEMS's header of this name has functions that take software traps, `ta 9` and `ta 10`. Where this folder is searched
 * first, the words that those traps write are written here. What they return and take, PSR's bits of the interrupt
 * level, is the same, so that one half of a pair may be compiled with this header and the other without it.
 */
#include_next <rtems/score/sparc.h>

#if !defined(BULKHEAD_IN_PLACE_SPARC_H) && !defined(ASM) && !defined(__ASSEMBLER__)
#define BULKHEAD_IN_PLACE_SPARC_H

/* Words of the page that a partition shares with the kernel (docs/interface.md, "The shared page"): one more than the
   level in PSR's place, which is 0 while interrupts are disabled; the lines that wait; and those that are let
   through. */
#define BULKHEAD_IN_PLACE_ENABLED (*(volatile __UINT32_TYPE__ *)0xfffff000)
#define BULKHEAD_IN_PLACE_PENDING (*(volatile __UINT32_TYPE__ *)0xfffff004)
#define BULKHEAD_IN_PLACE_MASK (*(volatile __UINT32_TYPE__ *)0xfffff008)

/* Disables interrupts. Returns the level before, in PSR's place; what is in the other bits says nothing. */
static inline __attribute__((__always_inline__, __unused__)) __UINT32_TYPE__ bulkhead_in_place_disable(void)
{
    __UINT32_TYPE__ level = BULKHEAD_IN_PLACE_ENABLED - 1;

    BULKHEAD_IN_PLACE_ENABLED = 0;
    __asm__ volatile("" : : : "memory");
    return level;
}

/* Puts a level back. What waits and may come has been handled when this returns: the trap looks for it. */
static inline __attribute__((__always_inline__, __unused__)) void bulkhead_in_place_enable(__UINT32_TYPE__ level)
{
    __asm__ volatile("" : : : "memory");
    BULKHEAD_IN_PLACE_ENABLED = level + 1;
    if (__builtin_expect(BULKHEAD_IN_PLACE_PENDING != 0, 0)
        && (BULKHEAD_IN_PLACE_PENDING & BULKHEAD_IN_PLACE_MASK) != 0) {
        sparc_enable_interrupts(level);
        __asm__ volatile("" : : : "memory");
    }
}

#define sparc_disable_interrupts() bulkhead_in_place_disable()
#define sparc_enable_interrupts(level) bulkhead_in_place_enable(level)

#endif
