/*
 * A periodic task: jobs of 1 ms in periods of 5, one that takes 7 and is late, and one that never ends. LATE is the one
 * that is late.
 */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <bulkhead.h>
#include <stdlib.h>

#define JOBS 10
#define LATE 4
#define MILLISECOND 1000000U

static void execute(uint32_t nanoseconds)
{
    uint64_t begin = bulkhead_clock_now();

    while (bulkhead_clock_now() - begin < nanoseconds) {
    }
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_rate_monotonic_period_statistics statistics;
    rtems_id period;

    (void)argument;
    rtems_rate_monotonic_create(rtems_build_name('P', 'E', 'R', 'I'), &period);
    for (unsigned job = 0; job < JOBS; ++job) {
        rtems_rate_monotonic_period(period, 5);
        /* Asking is no job's end. */
        rtems_rate_monotonic_period(period, RTEMS_PERIOD_STATUS);
        execute(job == LATE ? 7 * MILLISECOND : MILLISECOND);
    }
    rtems_rate_monotonic_get_statistics(period, &statistics);
    rtems_rate_monotonic_cancel(period);
    printk("periodic: jobs %u missed %u\n", (unsigned)statistics.count, (unsigned)statistics.missed_count);
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_INIT_TASK_NAME rtems_build_name('L', 'O', 'O', 'P')
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
