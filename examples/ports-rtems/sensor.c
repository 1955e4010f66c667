/* Samples an angle 50 times in a second, and writes each sample to its port's file. For 200 ms it sees nothing. */
#include "messages.h"

#define BLIND_FROM RATE
#define BLIND_UNTIL (RATE + RATE / 5)

/* An angle that swings between 0 and 1000. */
static int32_t measure(uint32_t number)
{
    uint32_t phase = number * 40 % 2000;

    return (int32_t) (phase < 1000 ? phase : 2000 - phase);
}

static rtems_task Init(rtems_task_argument argument)
{
    int port = must_open("/dev/port/attitude-out", O_WRONLY);
    unsigned written = 0;
    rtems_id period;

    (void) argument;
    must(rtems_rate_monotonic_create(rtems_build_name('R', 'A', 'T', 'E'), &period) == RTEMS_SUCCESSFUL, "a period");
    for (uint32_t number = 0; number < SAMPLES; ++number) {
        struct attitude sample = { number, measure(number) };

        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
        if (number == BLIND_FROM)
            printk("sample %u: I see nothing\n", (unsigned) number);
        if (number == BLIND_UNTIL)
            printk("sample %u: I see again\n", (unsigned) number);
        if (number >= BLIND_FROM && number < BLIND_UNTIL)
            continue;
        must(write(port, &sample, sizeof(sample)) == sizeof(sample), "write");
        ++written;
    }
    printk("done: %u samples written\n", written);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 4
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
