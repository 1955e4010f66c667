/* Says what it receives, and that nothing is missing. */
#include "messages.h"

rtems_task Init(rtems_task_argument argument)
{
    SAMPLING_PORT_ID_TYPE angles;
    QUEUING_PORT_ID_TYPE counts;
    RETURN_CODE_TYPE code;
    uint32_t expected = 0;

    (void) argument;
    CREATE_SAMPLING_PORT("angle-in", sizeof(struct angle), DESTINATION, 20 * MILLISECOND, &angles, &code);
    must(code);
    CREATE_QUEUING_PORT("counts-in", sizeof(struct count), 4, DESTINATION, FIFO, &counts, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    for (;;) {
        struct count count;
        struct angle angle;
        MESSAGE_SIZE_TYPE length;
        VALIDITY_TYPE validity;

        RECEIVE_QUEUING_MESSAGE(counts, INFINITE_TIME_VALUE, &count, &length, &code);
        must(code);
        if (count.number != expected || count.square != expected * expected)
            printk("count %u instead of %u\n", (unsigned) count.number, (unsigned) expected);
        expected = count.number + 1;
        READ_SAMPLING_MESSAGE(angles, &angle, &length, &validity, &code);
        must(code);
        printk("count %u, angle %d\n", (unsigned) count.number, (int) angle.angle);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
