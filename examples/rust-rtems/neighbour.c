/* An RTEMS of its own, in C: counts its periods beside the one whose tasks are in Rust. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define PERIODS 20

rtems_task Init(rtems_task_argument argument)
{
    rtems_id period;
    unsigned missed = 0;

    (void) argument;
    rtems_rate_monotonic_create(rtems_build_name('P', 'E', 'R', 'I'), &period);
    for (unsigned count = 0; count <= PERIODS; ++count)
        missed += rtems_rate_monotonic_period(period, 10) == RTEMS_TIMEOUT;
    printk("%d periods of 10 ms, %u missed\n", PERIODS, missed);
    exit(missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
