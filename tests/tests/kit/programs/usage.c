/* What a task is billed for: it computes for 100 ms of the clock, in windows that are four tenths of it. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <inttypes.h>
#include <stdlib.h>

#define NANOSECONDS UINT64_C(100000000)

static rtems_task Init(rtems_task_argument argument)
{
    rtems_rate_monotonic_period_status status;
    rtems_id period;
    uint64_t begin;
    uint32_t passed;
    uint32_t used;

    (void)argument;
    rtems_rate_monotonic_create(rtems_build_name('U', 'S', 'E', 'D'), &period);
    rtems_rate_monotonic_period(period, 1000);
    begin = rtems_clock_get_uptime_nanoseconds();
    while (rtems_clock_get_uptime_nanoseconds() - begin < NANOSECONDS)
        continue;
    if (rtems_rate_monotonic_get_status(period, &status) != RTEMS_SUCCESSFUL)
        exit(EXIT_FAILURE);
    passed = (uint32_t)(status.since_last_period.tv_sec * 1000 + status.since_last_period.tv_nsec / 1000000);
    used = (uint32_t)(status.executed_since_last_period.tv_sec * 1000 +
                      status.executed_since_last_period.tv_nsec / 1000000);
    printk("used %" PRIu32 " ms of %" PRIu32 " ms\n", used, passed);
    exit(used >= 35 && used <= 45 && passed >= 99 && passed <= 107 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
