/* What the C files of the link-time pack share. They are the part of it that sees RTEMS's structures. */
#ifndef BULKHEAD_RTEMS_KIT_H
#define BULKHEAD_RTEMS_KIT_H

#include <rtems.h>
#include <rtems/score/percpu.h>

#include <bulkhead.h>

/* The clock driver in Rust (clock.rs). Taking ticks returns this if they come faster than they can be announced. */
#define BULKHEAD_RTEMS_HOPELESS UINT32_MAX
void bulkhead_rtems_clock_start(uint32_t period, bulkhead_interrupt_handler handler);
uint32_t bulkhead_rtems_clock_take(void);
uint32_t bulkhead_rtems_timecount_frequency(void);
uint32_t bulkhead_rtems_timecount(void);

/* Code of a fatal error of source RTEMS_FATAL_SOURCE_BSP: ticks that no window can serve. */
#define BULKHEAD_RTEMS_FATAL_CLOCK 0x42000001

/* The lines that wait, one bit each. */
uint32_t bulkhead_rtems_pending_lines(void);

/* Tells the kernel the thread pointer that RTEMS's descriptor table holds (arch/i386). */
void bulkhead_rtems_set_thread_pointer(void);

/*
 * What every interrupt handler does first and last: it counts as one for RTEMS, and what it readies is not dispatched
 * before the outermost has returned, in bulkhead_after_interrupts.
 */
static inline void bulkhead_rtems_handler_begin(void)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();

    ++cpu->isr_nest_level;
    ++cpu->thread_dispatch_disable_level;
}

static inline void bulkhead_rtems_handler_end(void)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();

    --cpu->thread_dispatch_disable_level;
    --cpu->isr_nest_level;
}

#endif
