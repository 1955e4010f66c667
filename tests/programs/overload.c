/*
 * A task that wakes once a second, thirty times, in a partition whose clock ticks every millisecond.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    printk("thirty seconds from now I am done\n");
    for (int second = 0; second < 30; ++second)
        (void) rtems_task_wake_after(rtems_clock_get_ticks_per_second());
    printk("done\n");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
