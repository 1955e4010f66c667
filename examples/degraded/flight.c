/* Flies: works 50 times in a second, for two seconds, and counts the deadlines that it misses. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define RATE 50
#define PERIODS (RATE * 2)

/* Stops at the first directive that fails. */
static void must(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

rtems_task Init(rtems_task_argument argument)
{
    unsigned missed = 0;
    rtems_id period;

    (void) argument;
    must(rtems_rate_monotonic_create(rtems_build_name('W', 'O', 'R', 'K'), &period));
    for (unsigned number = 0; number < PERIODS; ++number) {
        if (rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE) == RTEMS_TIMEOUT)
            ++missed;
        if (number > 0 && number % (RATE / 2) == 0)
            printk("%u periods, %u deadlines missed\n", number, missed);
    }
    printk("done: %u periods, %u deadlines missed\n", (unsigned) PERIODS, missed);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
