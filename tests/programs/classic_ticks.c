/*
 * Ticks of a partition that is switched out most of the time. The command line says "catch-up" or "skip", as the system
 * file does; the window is shorter than the major frame. Exit status 0 if no tick is unaccounted for.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead/classic.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MICROSECONDS 1000
#define TEST_NANOSECONDS UINT64_C(500000000)

rtems_task Init(rtems_task_argument argument)
{
    const char *policy = *(const char **) argument;
    uint64_t begin = rtems_clock_get_uptime_nanoseconds();
    uint64_t elapsed;
    uint32_t ticks;
    uint32_t caught_up;
    uint32_t skipped;
    int64_t difference;
    bool skips = strcmp(policy, "skip") == 0;
    bool good;

    do {
        (void) rtems_task_wake_after(1);
        elapsed = rtems_clock_get_uptime_nanoseconds();
    } while (elapsed - begin < TEST_NANOSECONDS);
    ticks = rtems_clock_get_ticks_since_boot();
    bulkhead_classic_missed_ticks(&caught_up, &skipped);
    difference = (int64_t) (elapsed / (TICK_MICROSECONDS * 1000)) - (int64_t) ticks - (int64_t) skipped;
    good = difference >= 0 && difference <= 1;
    good = good && (skips ? skipped > 0 && caught_up == 0 : skipped == 0 && caught_up > 0);
    printk("classic_ticks: %s: %" PRIu32 " ticks, %" PRIu32 " caught up, %" PRIu32 " skipped: %s\n", policy, ticks,
        caught_up, skipped, good ? "good" : "wrong");
    exit(good ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK TICK_MICROSECONDS
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
