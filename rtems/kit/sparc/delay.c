/* The board's busy wait, on the clock of all partitions. */
#include "kit.h"

#include <bsp.h>

#define NANOSECONDS_PER_MICROSECOND 1000

void rtems_bsp_delay(int usecs)
{
    uint64_t end;

    if (usecs <= 0)
        return;
    end = bulkhead_clock_now() + (uint64_t)usecs * NANOSECONDS_PER_MICROSECOND;
    while (bulkhead_clock_now() < end)
        ;
}
