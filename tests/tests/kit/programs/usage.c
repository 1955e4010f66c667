/* What a task is billed for: it computes for 100 ms of the clock, in windows that are four tenths of it. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <inttypes.h>
#include <stdlib.h>

#define NANOSECONDS UINT64_C(100000000)

#ifdef __sparc__
/* The trap of the vector by which windows say that they have begun, which the program may have too. */
#define TRAP 0x11

static volatile unsigned windows;

static rtems_isr window(rtems_vector_number trap)
{
    (void)trap;
    ++windows;
}
#endif

static rtems_task Init(rtems_task_argument argument)
{
    rtems_rate_monotonic_period_status status;
    rtems_id period;
    uint64_t begin;
    uint32_t passed;
    uint32_t used;

    (void)argument;
#ifdef __sparc__
    rtems_isr_entry previous;

    rtems_interrupt_catch(window, TRAP, &previous);
#endif
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
#ifdef __sparc__
    if (windows < 9 || windows > 11)
        exit(EXIT_FAILURE);
#endif
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
