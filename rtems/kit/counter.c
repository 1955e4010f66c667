/*
 * RTEMS's processor counter: the interface's clock, so that one tick is one nanosecond in every partition. Programs
 * that are built to be traced have another way to read it (trace/records.c).
 */
#include "kit.h"

#include <rtems/counter.h>

__attribute__((__weak__)) CPU_Counter_ticks bulkhead_rtems_counter_read(void)
{
    return (CPU_Counter_ticks)bulkhead_clock_now();
}

/* In Hz. */
uint32_t _CPU_Counter_frequency(void)
{
    return 1000000000;
}
