/*
 * Waits for the controller's records, and tells it where to steer. For a while it does something else, and the queue of
 * records overflows: it is told so with the next one.
 */
#include "messages.h"

static QUEUING_PORT_ID_TYPE commands, records;

static void create(void)
{
    RETURN_CODE_TYPE code;

    CREATE_QUEUING_PORT("commands-out", sizeof(struct command), 4, SOURCE, FIFO, &commands, &code);
    must(code);
    CREATE_QUEUING_PORT("records-in", sizeof(struct record), 8, DESTINATION, FIFO, &records, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
}

static void command(int32_t setpoint)
{
    struct command command = { setpoint };
    RETURN_CODE_TYPE code;

    SEND_QUEUING_MESSAGE(commands, &command, sizeof(command), 0, &code);
    must(code);
}

rtems_task Init(rtems_task_argument argument)
{
    struct record record = { 0, 0, 0 };
    uint32_t expected = 0;
    unsigned received = 0, lost = 0;

    (void) argument;
    create();
    while (!record.last) {
        MESSAGE_SIZE_TYPE length;
        RETURN_CODE_TYPE code;

        RECEIVE_QUEUING_MESSAGE(records, INFINITE_TIME_VALUE, &record, &length, &code);
        if (code == INVALID_CONFIG)
            printk("the queue has overflowed\n"); /* the oldest record is here all the same */
        else
            must(code);
        if (record.number != expected) {
            printk("records %u to %u are lost\n", (unsigned) expected, (unsigned) record.number - 1);
            lost += record.number - expected;
        }
        expected = record.number + 1;
        ++received;
        if (received == 10)
            command(300);
        if (received == 40)
            command(-200);
        if (received == 60) {
            printk("record %u: I look away\n", (unsigned) record.number);
            must_do(rtems_task_wake_after(300));
        }
    }
    printk("done: %u records received, %u lost\n", received, lost);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
