/* SPARC: what the generic files of the pack take from the processor. */
#ifndef BULKHEAD_RTEMS_PROCESSOR_H
#define BULKHEAD_RTEMS_PROCESSOR_H

#include <setjmp.h>

/* The way out of a function that does not return. Not by what gcc has built in: it expects %g1 to %g5 to be kept by the
   trap that flushes the windows, which AIR changes. */
typedef jmp_buf bulkhead_rtems_way_back;
#define bulkhead_rtems_come_back setjmp
#define bulkhead_rtems_go_back longjmp

/* PSR's EF bit as it is now (arch/sparc/context.S changes it). */
extern uint32_t bulkhead_rtems_floating_point;

/* FSR at offset 0, f0 to f31 from offset 8 on. */
typedef struct {
    uint32_t words[34];
} __attribute__((__aligned__(8))) bulkhead_rtems_floating_point_state;

void bulkhead_rtems_floating_point_keep(bulkhead_rtems_floating_point_state *state);
void bulkhead_rtems_floating_point_back(const bulkhead_rtems_floating_point_state *state);

/* The registers of what an interrupt has interrupted, if it has floating point on. */
typedef bulkhead_rtems_floating_point_state bulkhead_rtems_interrupted;

/* Handlers may use the registers, and so may those that interrupt them: floating point is on where it is for the
   thread. */
static inline void bulkhead_rtems_interrupt_begin(bulkhead_rtems_interrupted *interrupted)
{
    if (bulkhead_rtems_floating_point != 0)
        bulkhead_rtems_floating_point_keep(interrupted);
}

static inline void bulkhead_rtems_interrupt_end(const bulkhead_rtems_interrupted *interrupted)
{
    if (bulkhead_rtems_floating_point != 0)
        bulkhead_rtems_floating_point_back(interrupted);
}

#include "exception.h"

static inline uintptr_t bulkhead_rtems_stack_pointer(void)
{
    uintptr_t pointer;

    __asm__ volatile("mov %%sp, %0" : "=r"(pointer));
    return pointer;
}

/* Dispatches, with interrupts enabled, from an interrupted thread, whose floating-point registers are kept. */
void bulkhead_rtems_dispatch(Per_CPU_Control *cpu);

/* Whether the handler that rtems_interrupt_catch() has given a trap goes on behind the instruction (vectors.c). */
bool bulkhead_rtems_is_synchronous(uint32_t trap);

/*
 * Interrupts of a LEON3 are 1 to 15, and its programs raise those that they use for themselves. The lines 3 to 15 are
 * the kernel's, so vectors 3 to 15 are the partition's own lines 19 to 31; 16 and 17 are lines of these numbers. An
 * interrupt of a device that the partition owns has its own number as vector.
 */
static inline uint32_t bulkhead_rtems_line(rtems_vector_number vector)
{
    if (vector < BULKHEAD_RTEMS_FIRST_OWN_LINE && bulkhead_rtems_line_of_device[vector] != 0)
        return bulkhead_rtems_line_of_device[vector];
    return vector >= 3 && vector < BULKHEAD_RTEMS_FIRST_OWN_LINE ? vector + BULKHEAD_RTEMS_FIRST_OWN_LINE : vector;
}

/* The interrupt level of a line, as the interface has it. */
static inline uint32_t bulkhead_rtems_level(uint32_t line)
{
    if (line == BULKHEAD_LINE_TIMER)
        return 8;
    return line == BULKHEAD_RTEMS_FIRST_OWN_LINE ? 1 : line % 16;
}

/* The enable word that lets in what may interrupt a line's handler: lines of a higher level than its own. */
static inline uint32_t bulkhead_rtems_enable_word(uint32_t line)
{
    uint32_t level = bulkhead_rtems_level(line);

    return level == 15 ? 0 : level << SPARC_PSR_PIL_BIT_POSITION | 1;
}

/* The vector of a line, for those that have one. */
#define BULKHEAD_RTEMS_HAS_VECTOR(vector) ((vector) < 18)

#endif
