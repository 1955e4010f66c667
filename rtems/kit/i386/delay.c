/* The board's busy wait, on the clock of all partitions. */
#include "kit.h"

#include <bsp.h>

#define NANOSECONDS_PER_MILLISECOND 1000000

/* The clock needs no calibration. */
void Calibrate_loop_1ms(void)
{
}

void Wait_X_ms(unsigned int timeToWait)
{
    uint64_t end = bulkhead_clock_now() + (uint64_t)timeToWait * NANOSECONDS_PER_MILLISECOND;

    while (bulkhead_clock_now() < end)
        ;
}
