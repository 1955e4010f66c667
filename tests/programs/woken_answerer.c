/* Waits for calls, and answers every second one in a region, with a doorbell. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>

#define CALLS 12

static void must(int good, const char *what)
{
    if (!good) {
        printk("%s: failed\n", what);
        exit(1);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    QUEUING_PORT_ID_TYPE calls;
    MEMORY_BLOCK_STATUS_TYPE answers;
    RETURN_CODE_TYPE code;
    volatile uint32_t *words;

    (void) argument;
    CREATE_QUEUING_PORT("calls-in", sizeof(uint32_t), 1, DESTINATION, FIFO, &calls, &code);
    must(code == NO_ERROR, "create");
    GET_MEMORY_BLOCK_STATUS("answers", &answers, &code);
    must(code == NO_ERROR && answers.MEMORY_BLOCK_MODE == READ_WRITE, "region");
    words = (volatile uint32_t *) answers.MEMORY_BLOCK_ADDR;
    SET_PARTITION_MODE(NORMAL, &code);
    for (unsigned number = 0; number < CALLS; ++number) {
        MESSAGE_SIZE_TYPE length;
        uint32_t call;

        RECEIVE_QUEUING_MESSAGE(calls, INFINITE_TIME_VALUE, &call, &length, &code);
        must(code == NO_ERROR && length == sizeof(call), "receive");
        words[0] = call;
        words[2047] = ~call;
        if (call % 2 != 0)
            must(bulkhead_doorbell((uint32_t) bulkhead_region_find("answers")) == 0, "doorbell");
    }
    printk("%u calls\n", CALLS);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
