/* Samples an angle 50 times in a second, and writes each sample to a sampling port. For 200 ms it sees nothing. */
#include "messages.h"

#define BLIND_FROM RATE
#define BLIND_UNTIL (RATE + RATE / 5)

/* An angle that swings between 0 and 1000. */
static int32_t measure(uint32_t number)
{
    uint32_t phase = number * 40 % 2000;

    return (int32_t) (phase < 1000 ? phase : 2000 - phase);
}

rtems_task Init(rtems_task_argument argument)
{
    SAMPLING_PORT_ID_TYPE port;
    RETURN_CODE_TYPE code;
    rtems_id period;
    unsigned written = 0;

    (void) argument;
    CREATE_SAMPLING_PORT("attitude-out", sizeof(struct attitude), SOURCE, 50 * MILLISECOND, &port, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    must_do(rtems_rate_monotonic_create(rtems_build_name('R', 'A', 'T', 'E'), &period));
    for (uint32_t number = 0; number < SAMPLES; ++number) {
        struct attitude sample = { number, measure(number) };

        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
        if (number == BLIND_FROM)
            printk("sample %u: I see nothing\n", (unsigned) number);
        if (number == BLIND_UNTIL)
            printk("sample %u: I see again\n", (unsigned) number);
        if (number >= BLIND_FROM && number < BLIND_UNTIL)
            continue;
        WRITE_SAMPLING_MESSAGE(port, &sample, sizeof(sample), &code);
        must(code);
        ++written;
    }
    printk("done: %u samples written\n", written);
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
