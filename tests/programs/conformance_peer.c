/* The other end of the channels of conformance.c: it does what it is asked to. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <stdlib.h>
#include <string.h>

#include "conformance.h"

static SAMPLING_PORT_ID_TYPE level, rate;
static QUEUING_PORT_ID_TYPE requests, echo, orders, urgent, answers;
static MEMORY_BLOCK_STATUS_TYPE frames;

static void must(RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR) {
        printk("peer: return code %d\n", (int) code);
        exit(1);
    }
}

/* The same for the functions of bulkhead.h. */
static void must_number(int32_t answer)
{
    if (answer != 0) {
        printk("peer: answer %d\n", (int) answer);
        exit(1);
    }
}

static void create(void)
{
    RETURN_CODE_TYPE code;

    CREATE_SAMPLING_PORT("level-out", SIZE, SOURCE, REFRESH, &level, &code);
    must(code);
    CREATE_SAMPLING_PORT("rate-in", SIZE, DESTINATION, REFRESH, &rate, &code);
    must(code);
    CREATE_QUEUING_PORT("requests", SIZE, 8, DESTINATION, FIFO, &requests, &code);
    must(code);
    CREATE_QUEUING_PORT("echo", sizeof(struct answer), 8, SOURCE, FIFO, &echo, &code);
    must(code);
    CREATE_QUEUING_PORT("orders-out", SIZE, 2, SOURCE, FIFO, &orders, &code);
    must(code);
    CREATE_QUEUING_PORT("urgent-out", SIZE, 4, SOURCE, FIFO, &urgent, &code);
    must(code);
    CREATE_QUEUING_PORT("answers-in", SIZE, 2, DESTINATION, FIFO, &answers, &code);
    must(code);
    GET_MEMORY_BLOCK_STATUS("frames", &frames, &code);
    must(code);
}

/* Does one request. Returns whether there is an answer. */
static int serve(const struct request *request, struct answer *answer)
{
    MESSAGE_SIZE_TYPE length = (MESSAGE_SIZE_TYPE) strlen(request->text);
    RETURN_CODE_TYPE code = NO_ERROR;
    VALIDITY_TYPE validity;

    memset(answer, 0, sizeof(*answer));
    switch (request->what) {
    case WRITE_LEVEL:
        WRITE_SAMPLING_MESSAGE(level, request->text, length, &code);
        must(code);
        return 0;
    case SEND_ORDER:
        /* That there is no room may be what is asked for. */
        SEND_QUEUING_MESSAGE(orders, request->text, length, 0, &code);
        return 0;
    case SEND_URGENT:
        SEND_QUEUING_MESSAGE(urgent, request->text, length, 0, &code);
        must(code);
        return 0;
    case READ_RATE:
        READ_SAMPLING_MESSAGE(rate, answer->text, &answer->length, &validity, &code);
        break;
    case RECEIVE_ANSWER:
        RECEIVE_QUEUING_MESSAGE(answers, 0, answer->text, &answer->length, &code);
        break;
    case READ_FRAME:
        answer->text[0] = (char) *(volatile APEX_BYTE *) frames.MEMORY_BLOCK_ADDR;
        answer->length = 1;
        break;
    case WRITE_LATE:
        must_number(bulkhead_port_write((uint32_t) bulkhead_port_find("late-out"), request->text, (size_t) length));
        return 0;
    case SEND_LATE:
        must_number(
            bulkhead_port_send((uint32_t) bulkhead_port_find("late-queue-out"), request->text, (size_t) length, 0));
        return 0;
    case RING:
        must_number(bulkhead_doorbell((uint32_t) bulkhead_region_find("maps")));
        return 0;
    default:
        exit(0);
    }
    answer->code = code;
    return 1;
}

rtems_task Init(rtems_task_argument argument)
{
    RETURN_CODE_TYPE code;

    (void) argument;
    create();
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    for (;;) {
        struct request request;
        struct answer answer;
        MESSAGE_SIZE_TYPE length;

        RECEIVE_QUEUING_MESSAGE(requests, INFINITE_TIME_VALUE, &request, &length, &code);
        must(code);
        if (serve(&request, &answer)) {
            SEND_QUEUING_MESSAGE(echo, &answer, sizeof(answer), INFINITE_TIME_VALUE, &code);
            must(code);
        }
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
