/* Sends an angle and a count in each period. */
#include "messages.h"

rtems_task Init(rtems_task_argument argument)
{
    SAMPLING_PORT_ID_TYPE angles;
    QUEUING_PORT_ID_TYPE counts;
    RETURN_CODE_TYPE code;
    rtems_id period;

    (void) argument;
    CREATE_SAMPLING_PORT("angle-out", sizeof(struct angle), SOURCE, 20 * MILLISECOND, &angles, &code);
    must(code);
    CREATE_QUEUING_PORT("counts-out", sizeof(struct count), 4, SOURCE, FIFO, &counts, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    must_do(rtems_rate_monotonic_create(rtems_build_name('R', 'A', 'T', 'E'), &period));
    for (uint32_t number = 0;; ++number) {
        struct angle angle = { number, (int32_t) (number * 40 % 2000) - 1000 };
        struct count count = { number, number * number };

        (void) rtems_rate_monotonic_period(period, PERIOD);
        WRITE_SAMPLING_MESSAGE(angles, &angle, sizeof(angle), &code);
        must(code);
        SEND_QUEUING_MESSAGE(counts, &count, sizeof(count), 0, &code);
        must(code);
        printk("sent %u\n", (unsigned) number);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
