/* Sets the time of day, and starts again: a warm restart keeps it running, a cold one does not. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>

#include <bulkhead.h>

#include "versions.h"

/* What bulkhead_restart() is told. */
enum { COLD, WARM };

/* How far the time of day is ahead of the clock of all partitions, in milliseconds. */
static uint32_t ahead(void)
{
    struct timespec now;

    rtems_clock_get_realtime(&now);
    return (uint32_t)(now.tv_sec - 1795953600) * 1000 + (uint32_t)(now.tv_nsec / 1000000)
        - (uint32_t)(bulkhead_clock_now() / 1000000);
}

/* Survives a warm restart. */
static RTEMS_NOINIT uint32_t was_ahead;

static rtems_task Init(rtems_task_argument argument)
{
    rtems_time_of_day time = {2026, 11, 29, 12, 0, 0, 0};

    (void)argument;
    if (rtems_clock_get_tod(&time) != RTEMS_NOT_DEFINED && bulkhead_start_information()->restarts == 0)
        exit(1);
    switch (bulkhead_start_information()->restarts) {
    case 0:
        if (rtems_clock_set(&(rtems_time_of_day){2026, 11, 29, 12, 0, 0, 0}) != RTEMS_SUCCESSFUL)
            exit(2);
        was_ahead = ahead();
        rtems_task_wake_after(30);
        bulkhead_restart(WARM);
        break;
    case 1:
        printk("%u-%u-%u %u:%u after a warm restart, %s\n", (unsigned)time.year, (unsigned)time.month,
            (unsigned)time.day, (unsigned)time.hour, (unsigned)time.minute,
            ahead() - was_ahead + 1 <= 2 ? "as exact" : "less exact");
        bulkhead_restart(COLD);
        break;
    default:
        printk("after a cold one %s\n",
            rtems_clock_get_tod(&time) == RTEMS_NOT_DEFINED ? "nobody knows" : "it is known");
        exit(0);
    }
    exit(3);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
