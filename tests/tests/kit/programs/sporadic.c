/* POSIX's sporadic server: a thread has a high priority for its budget, then a low one until that is replenished. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define MILLISECOND UINT64_C(1000000)
#define HIGH 200
#define LOW 100
#define BUDGET 20
#define PERIOD 100

static int priority(void)
{
    struct sched_param parameters;
    int policy;

    if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0 || policy != SCHED_SPORADIC)
        exit(2);
    return parameters.sched_priority;
}

/* How long the priority stays as it is, in milliseconds. */
static uint32_t stays(int now)
{
    uint64_t begin = rtems_clock_get_uptime_nanoseconds();

    while (priority() == now)
        continue;
    return (uint32_t)((rtems_clock_get_uptime_nanoseconds() - begin) / MILLISECOND);
}

static void *POSIX_Init(void *argument)
{
    struct sched_param parameters = {
        .sched_priority = HIGH,
        .sched_ss_low_priority = LOW,
        .sched_ss_repl_period = {0, PERIOD * MILLISECOND},
        .sched_ss_init_budget = {0, BUDGET * MILLISECOND},
        .sched_ss_max_repl = 1,
    };
    uint32_t high;
    uint32_t low;

    (void)argument;
    /* At the begin of a window. */
    rtems_task_wake_after(2);
    if (pthread_setschedparam(pthread_self(), SCHED_SPORADIC, &parameters) != 0 || priority() != HIGH)
        exit(3);
    high = stays(HIGH);
    if (priority() != LOW)
        exit(4);
    low = stays(LOW);
    printk("sporadic: high for %" PRIu32 " ms, low for %" PRIu32 " ms\n", high, low);
    /* What comes while others run is seen in the next window. */
    exit(priority() == HIGH && high >= BUDGET - 1 && high + low >= PERIOD - 1 && high + low <= PERIOD + 8
            ? EXIT_SUCCESS
            : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_POSIX_THREADS 1
#define CONFIGURE_POSIX_INIT_THREAD_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
