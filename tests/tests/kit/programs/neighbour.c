/*
 * The neighbour of restarted.c: no message is broken or older than the one before, and no deadline is missed, however
 * often the other one starts again.
 */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>

#include <bulkhead.h>

/* Longer than it takes the other one to be started so often. */
#define PERIODS 1150

static uint32_t message[256];

static rtems_task Init(rtems_task_argument argument)
{
    int32_t port = bulkhead_port_find("in");
    uint32_t last = 0, starts = 0;
    unsigned whole = 0, wrong = 0, missed = 0;
    rtems_id period;

    (void)argument;
    rtems_rate_monotonic_create(rtems_build_name('N', 'E', 'A', 'R'), &period);
    for (unsigned periods = 0; periods < PERIODS; ++periods) {
        if (rtems_rate_monotonic_period(period, 1) != RTEMS_SUCCESSFUL)
            ++missed;
        while (bulkhead_port_receive((uint32_t)port, message, sizeof(message)) >= 0) {
            unsigned same = 0;

            for (unsigned place = 0; place < 256; ++place)
                same += message[place] == message[0];
            if (same == 256 && message[0] > last)
                ++whole;
            else
                ++wrong;
            starts += message[0] >> 12 != last >> 12;
            last = message[0];
        }
    }
    printk("neighbour: whole %u wrong %u missed %u starts %u last %u\n", whole, wrong, missed, (unsigned)starts,
        (unsigned)(last >> 12));
    exit(wrong == 0 && missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 5000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
