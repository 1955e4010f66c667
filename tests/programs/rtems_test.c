/*
 * Does as RTEMS's tests do: a banner, a figure, and the banner of the end, which is left out if QUIET is defined. The
 * figure is the longest time that has passed between two readings of the clock, in microseconds.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#define DURATION_NS UINT64_C(50000000)

/* The board's stop watch, by which programs that measure are known. */
uint32_t benchmark_timer_read(void);

uint32_t benchmark_timer_read(void)
{
    uint64_t begin = rtems_clock_get_uptime_nanoseconds();
    uint64_t last = begin;
    uint64_t longest = 0;

    while (last - begin < DURATION_NS) {
        uint64_t now = rtems_clock_get_uptime_nanoseconds();

        if (now - last > longest)
            longest = now - last;
        last = now;
    }
    return (uint32_t) (longest / 1000);
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    printk("*** BEGIN OF TEST GAP ***\n");
    printk("longest gap - %" PRIu32 "\n", benchmark_timer_read());
#ifdef QUIET
    exit(3);
#endif
    printk("*** END OF TEST GAP ***\n");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
