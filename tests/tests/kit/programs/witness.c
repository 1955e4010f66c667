/* A partition that nothing may disturb: a period of 20 ms, thirty times, and not one missed. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>

static rtems_task Init(rtems_task_argument argument)
{
    rtems_id period;
    unsigned missed = 0;

    (void)argument;
    rtems_rate_monotonic_create(rtems_build_name('W', 'I', 'T', 'N'), &period);
    for (unsigned times = 0; times < 30; ++times)
        if (rtems_rate_monotonic_period(period, 4) != RTEMS_SUCCESSFUL)
            ++missed;
    printk("%u missed\n", missed);
    exit(missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 5000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
