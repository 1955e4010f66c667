/*
 * What arinc653.h's services for messages of 64 bytes cost, in nanoseconds to the nearest, which are instructions where
 * one takes a nanosecond: the clock is read around many of them. The partition that has the channels' sources sends as
 * many as the queue holds, and in its next window the other one takes them.
 */
#include <rtems.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE 64
#define DEPTH 51 /* as the system file says */
#define TURNS 50

static SAMPLING_PORT_ID_TYPE sample;
static QUEUING_PORT_ID_TYPE queue;
static char message[SIZE] __attribute__((aligned(8)));

static void good(const char *what, RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR) {
        printf("%s: %d\n", what, (int) code);
        exit(1);
    }
}

/* Creates both ports; what the answer is if they are not such ones. */
static RETURN_CODE_TYPE create(PORT_DIRECTION_TYPE direction)
{
    RETURN_CODE_TYPE code;

    CREATE_SAMPLING_PORT("sample", SIZE, direction, 1000000000, &sample, &code);
    if (code == NO_ERROR)
        CREATE_QUEUING_PORT("queue", SIZE, DEPTH, direction, FIFO, &queue, &code);
    return code;
}

/* The call is made once more than is counted, by which its code is known. Between two ticks nothing interrupts. */
#define COST(name, ...) \
    do { \
        uint64_t start, nothing, all; \
        rtems_task_wake_after(1); \
        start = bulkhead_clock_now(); \
        for (volatile int turn = 0; turn < TURNS; ++turn) { \
        } \
        nothing = bulkhead_clock_now() - start; \
        start = bulkhead_clock_now(); \
        for (volatile int turn = 0; turn < TURNS; ++turn) { \
            __VA_ARGS__; \
        } \
        all = bulkhead_clock_now() - start; \
        __VA_ARGS__; \
        good(name, code); \
        printf("cost: " name " %u\n", (unsigned) ((all - nothing + TURNS / 2) / TURNS)); \
    } while (0)

rtems_task Init(rtems_task_argument argument)
{
    MESSAGE_SIZE_TYPE length;
    VALIDITY_TYPE validity;
    RETURN_CODE_TYPE code;
    PORT_DIRECTION_TYPE direction = SOURCE;

    (void) argument;
    if (create(SOURCE) != NO_ERROR) {
        direction = DESTINATION;
        good("creating ports", create(DESTINATION));
    }
    SET_PARTITION_MODE(NORMAL, &code);
    good("normal mode", code);
    if (direction == SOURCE) {
        COST("service-write", WRITE_SAMPLING_MESSAGE(sample, message, SIZE, &code));
        COST("service-send", SEND_QUEUING_MESSAGE(queue, message, SIZE, 0, &code));
    } else {
        COST("service-read", READ_SAMPLING_MESSAGE(sample, message, &length, &validity, &code));
        COST("service-receive", RECEIVE_QUEUING_MESSAGE(queue, 0, message, &length, &code));
    }
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
