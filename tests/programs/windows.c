/*
 * Watches its own windows by spinning on the clock: a long pause is the time between two of them. Says how many whole
 * windows it has seen, where in the major frame they began, how long they were, and how far apart they began. All times
 * are in microseconds. The major frame, in microseconds, comes as the command line.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <inttypes.h>
#include <stdlib.h>

#define WINDOWS 40

/* Nanoseconds. What a hypervisor does inside a window is shorter, what lies between two windows is longer. */
#define PAUSE 400000

struct range {
    uint64_t least;
    uint64_t most;
};

static void widen(struct range *range, uint64_t value)
{
    if (value < range->least) {
        range->least = value;
    }
    if (value > range->most) {
        range->most = value;
    }
}

/* Spins to the end of the window; returns it, and the next one's beginning. */
static uint64_t spin(uint64_t *next)
{
    uint64_t last = bulkhead_clock_now();
    uint64_t now = bulkhead_clock_now();

    while (now - last < PAUSE) {
        last = now;
        now = bulkhead_clock_now();
    }
    *next = now;
    return last;
}

static unsigned long microseconds(uint64_t nanoseconds)
{
    return (unsigned long) (nanoseconds / 1000);
}

rtems_task Init(rtems_task_argument argument)
{
    uint64_t frame = (uint64_t) strtoul(*(const char **) argument, NULL, 10) * 1000;
    struct range begin = {UINT64_MAX, 0};
    struct range length = {UINT64_MAX, 0};
    struct range distance = {UINT64_MAX, 0};
    uint64_t opened;
    int window;

    (void) spin(&opened);
    for (window = 0; window < WINDOWS; ++window) {
        uint64_t next;
        uint64_t end = spin(&next);

        widen(&begin, opened % frame);
        widen(&length, end - opened);
        widen(&distance, next - opened);
        opened = next;
    }
    printk("windows: seen %d begin %lu to %lu length %lu to %lu distance %lu to %lu\n", WINDOWS,
        microseconds(begin.least), microseconds(begin.most), microseconds(length.least), microseconds(length.most),
        microseconds(distance.least), microseconds(distance.most));
    exit(0);
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
