/*
 * Walks the conditions of every service of arinc653.h in the standard's order: where two are violated, the first one's
 * code is expected. Another partition, conformance_peer.c, is the other end of the channels. It starts itself again
 * warm and cold, and looks what is left.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "conformance.h"

#define WAITERS 3
#define FOREVER INFINITE_TIME_VALUE
#define TOO_LONG INT64_MAX
#define NO_DIRECTION ((PORT_DIRECTION_TYPE) 2)
#define NO_DISCIPLINE ((QUEUING_DISCIPLINE_TYPE) 2)
#define TWO_FRAMES 20 /* ticks */
#define NOWHERE ((void *) 0x90000000) /* no partition has anything there */

static unsigned checks_before;

static SAMPLING_PORT_ID_TYPE level, rate;
static QUEUING_PORT_ID_TYPE requests, echo, orders, urgent, answers;
static char room[SIZE];

/* ---- Checks ------------------------------------------------------------------------------------------------- */

/* Says how many checks a service had. */
static void tell(const char *service)
{
    printk("%s: %u checks\n", service, checks - checks_before);
    checks_before = checks;
}

/* ---- The peer ----------------------------------------------------------------------------------------------- */

static void ask(enum what what, const char *text)
{
    struct request request = { .what = (char) what };

    strncpy(request.text, text, sizeof(request.text) - 1);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, requests, &request, sizeof(request), FOREVER);
}

/* Asks, and waits until the peer has had its window. */
static void have(enum what what, const char *text)
{
    ask(what, text);
    must(rtems_task_wake_after(TWO_FRAMES));
}

/* Asks, and compares what the peer's service answered. */
static void hear(enum what what, RETURN_CODE_TYPE code, const char *text)
{
    struct answer answer;
    MESSAGE_SIZE_TYPE length;

    ask(what, "");
    EXPECT(NO_ERROR, RECEIVE_QUEUING_MESSAGE, echo, FOREVER, &answer, &length);
    CHECK(length == (MESSAGE_SIZE_TYPE) sizeof(answer));
    expect(code, (RETURN_CODE_TYPE) answer.code, "what the peer was answered", __LINE__);
    CHECK(answer.length == (int32_t) strlen(text) && memcmp(answer.text, text, strlen(text)) == 0);
}

/* Receives what has to be there. */
static void receive(QUEUING_PORT_ID_TYPE port, RETURN_CODE_TYPE code, const char *text)
{
    MESSAGE_SIZE_TYPE length = 77;

    EXPECT(code, RECEIVE_QUEUING_MESSAGE, port, 0, room, &length);
    CHECK(length == (MESSAGE_SIZE_TYPE) strlen(text) && memcmp(room, text, strlen(text)) == 0);
}

/* ---- Before NORMAL ------------------------------------------------------------------------------------------ */

static void partition_status(OPERATING_MODE_TYPE mode, START_CONDITION_TYPE condition)
{
    PARTITION_STATUS_TYPE status;

    EXPECT(NO_ERROR, GET_PARTITION_STATUS, &status);
    CHECK(status.OPERATING_MODE == mode);
    CHECK(status.START_CONDITION == condition);
    CHECK((status.LOCK_LEVEL == 0) == (mode == NORMAL));
    CHECK(status.PERIOD == 10 * MILLISECOND);
    CHECK(status.DURATION == 6 * MILLISECOND);
    CHECK(status.IDENTIFIER == 0);
    CHECK(status.NUM_ASSIGNED_CORES == 1);
}

static void create_sampling_ports(void)
{
    SAMPLING_PORT_ID_TYPE id = 77;

    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "levels-in", 0, NO_DIRECTION, 0, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "orders-in", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-out", SIZE, SOURCE, REFRESH, &id); /* the peer's */
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", 0, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", -1, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE - 1, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE + 1, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", INT32_MAX, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE, SOURCE, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE, NO_DIRECTION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, 0, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, -1, &id);
    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "level-in", &id); /* not created yet */
    CHECK(id == 77);
    EXPECT(NO_ERROR, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, REFRESH, &level);
    EXPECT(NO_ERROR, CREATE_SAMPLING_PORT, "rate-out", SIZE, SOURCE, REFRESH, &rate);
    CHECK(level != rate);
    EXPECT(NO_ACTION, CREATE_SAMPLING_PORT, "level-in", 0, NO_DIRECTION, 0, &id);
    EXPECT(NO_ACTION, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, REFRESH, &id);
    tell("CREATE_SAMPLING_PORT");
}

static void create_queuing_ports(void)
{
    QUEUING_PORT_ID_TYPE id = 77;

    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "order", 0, 0, NO_DIRECTION, NO_DISCIPLINE, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "level-in", SIZE, 1, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", 0, 2, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", -1, 2, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE + 1, 2, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, 0, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, -2, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, 3, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, SOURCE, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, NO_DIRECTION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, DESTINATION, NO_DISCIPLINE, &id);
    EXPECT(INVALID_CONFIG, GET_QUEUING_PORT_ID, "orders-in", &id); /* not created yet */
    CHECK(id == 77);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, DESTINATION, FIFO, &orders);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "urgent-in", SIZE, 4, DESTINATION, PRIORITY, &urgent);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "answers-out", SIZE, 2, SOURCE, FIFO, &answers);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "requests", SIZE, 8, SOURCE, FIFO, &requests);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "echo", sizeof(struct answer), 8, DESTINATION, FIFO, &echo);
    EXPECT(NO_ACTION, CREATE_QUEUING_PORT, "orders-in", 0, 0, NO_DIRECTION, NO_DISCIPLINE, &id);
    EXPECT(NO_ACTION, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, DESTINATION, FIFO, &id);
    tell("CREATE_QUEUING_PORT");
}

static void nobody_waits_before_normal(void)
{
    MESSAGE_SIZE_TYPE length = 77;

    EXPECT(INVALID_MODE, RECEIVE_QUEUING_MESSAGE, orders, MILLISECOND, room, &length);
    CHECK(length == 0);
    EXPECT(INVALID_MODE, RECEIVE_QUEUING_MESSAGE, orders, FOREVER, room, &length);
    EXPECT(NOT_AVAILABLE, RECEIVE_QUEUING_MESSAGE, orders, 0, room, &length);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "one", 3, FOREVER); /* there is room */
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "two", 3, 0);
    EXPECT(INVALID_MODE, SEND_QUEUING_MESSAGE, answers, "three", 5, MILLISECOND);
    EXPECT(INVALID_MODE, SEND_QUEUING_MESSAGE, answers, "three", 5, FOREVER);
    EXPECT(NOT_AVAILABLE, SEND_QUEUING_MESSAGE, answers, "three", 5, 0); /* an overflow: the receiver is told */
    tell("before NORMAL");
}

static void set_partition_mode_at_first(void)
{
    EXPECT(INVALID_PARAM, SET_PARTITION_MODE, (OPERATING_MODE_TYPE) 4);
    EXPECT(INVALID_PARAM, SET_PARTITION_MODE, (OPERATING_MODE_TYPE) 99);
    EXPECT(INVALID_MODE, SET_PARTITION_MODE, WARM_START);
    partition_status(COLD_START, NORMAL_START);
    EXPECT(NO_ERROR, SET_PARTITION_MODE, NORMAL);
    partition_status(NORMAL, NORMAL_START);
    EXPECT(NO_ACTION, SET_PARTITION_MODE, NORMAL);
    EXPECT(INVALID_PARAM, SET_PARTITION_MODE, (OPERATING_MODE_TYPE) 4);
    tell("SET_PARTITION_MODE, GET_PARTITION_STATUS");
}

static void nothing_is_created_in_normal(void)
{
    SAMPLING_PORT_ID_TYPE id = 77;

    EXPECT(INVALID_MODE, CREATE_SAMPLING_PORT, "late-in", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "later-in", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "late-in", SIZE + 1, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "late-in", SIZE, SOURCE, REFRESH, &id);
    EXPECT(INVALID_CONFIG, CREATE_SAMPLING_PORT, "late-in", SIZE, DESTINATION, 0, &id);
    EXPECT(NO_ACTION, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, REFRESH, &id);
    EXPECT(INVALID_MODE, CREATE_QUEUING_PORT, "late-queue-in", SIZE, 1, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "later-queue-in", SIZE, 1, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "late-queue-in", SIZE + 1, 1, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "late-queue-in", SIZE, 2, DESTINATION, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "late-queue-in", SIZE, 1, SOURCE, FIFO, &id);
    EXPECT(INVALID_CONFIG, CREATE_QUEUING_PORT, "late-queue-in", SIZE, 1, DESTINATION, NO_DISCIPLINE, &id);
    EXPECT(NO_ACTION, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, DESTINATION, FIFO, &id);
    CHECK(id == 77);
    tell("creation in NORMAL");
}

/* ---- Sampling ports ----------------------------------------------------------------------------------------- */

static void write_sampling_message(void)
{
    MEMORY_BLOCK_STATUS_TYPE frames;

    hear(READ_RATE, NO_ACTION, "");
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, 0, "text", SIZE + 1);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, -1, "text", 4);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, 77, "text", 4);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, orders, "text", 4);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, level, "text", 0);
    EXPECT(INVALID_CONFIG, WRITE_SAMPLING_MESSAGE, level, "text", SIZE + 1);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, "text", 0);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, "text", -1);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, "text", INT32_MIN);
    EXPECT(INVALID_CONFIG, WRITE_SAMPLING_MESSAGE, rate, "text", SIZE + 1);
    EXPECT(INVALID_CONFIG, WRITE_SAMPLING_MESSAGE, rate, "text", INT32_MAX);
    EXPECT(INVALID_MODE, WRITE_SAMPLING_MESSAGE, level, NULL, 4);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, NULL, 4);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, NOWHERE, 4);
    EXPECT(NO_ERROR, GET_MEMORY_BLOCK_STATUS, "frames", &frames);
    EXPECT(INVALID_PARAM, WRITE_SAMPLING_MESSAGE, rate, frames.MEMORY_BLOCK_ADDR, 4);
    hear(READ_RATE, NO_ACTION, "");
    EXPECT(NO_ERROR, WRITE_SAMPLING_MESSAGE, rate, "first", 5);
    EXPECT(NO_ERROR, WRITE_SAMPLING_MESSAGE, rate, "0123456789abcdef", SIZE);
    hear(READ_RATE, NO_ERROR, "0123456789abcdef");
    EXPECT(NO_ERROR, WRITE_SAMPLING_MESSAGE, rate, "x", 1);
    hear(READ_RATE, NO_ERROR, "x");
    hear(READ_RATE, NO_ERROR, "x");
    tell("WRITE_SAMPLING_MESSAGE");
}

static void read_sampling_message(void)
{
    MESSAGE_SIZE_TYPE length = 77;
    VALIDITY_TYPE validity = VALID;
    SAMPLING_PORT_STATUS_TYPE status;

    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, 0, room, &length, &validity);
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, -1, room, &length, &validity);
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, 77, room, &length, &validity);
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, orders, room, &length, &validity);
    EXPECT(INVALID_MODE, READ_SAMPLING_MESSAGE, rate, NULL, &length, &validity);
    validity = VALID;
    EXPECT(NO_ACTION, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    CHECK(length == 0 && validity == INVALID);
    have(WRITE_LEVEL, "bank");
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, level, NULL, &length, &validity);
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE, level, NOWHERE, &length, &validity);
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    CHECK(length == 4 && validity == VALID && memcmp(room, "bank", 4) == 0);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_STATUS, level, &status);
    CHECK(status.LAST_MSG_VALIDITY == VALID);
    must(rtems_task_wake_after(60));
    memset(room, 0, sizeof(room));
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    CHECK(length == 4 && validity == INVALID && memcmp(room, "bank", 4) == 0);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_STATUS, level, &status);
    CHECK(status.LAST_MSG_VALIDITY == INVALID);
    have(WRITE_LEVEL, "pitch");
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    CHECK(length == 5 && validity == VALID && memcmp(room, "pitch", 5) == 0);
    tell("READ_SAMPLING_MESSAGE");
}

static void sampling_port_id_and_status(void)
{
    SAMPLING_PORT_ID_TYPE id = 77;
    SAMPLING_PORT_STATUS_TYPE status;

    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "orders-in", &id);
    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "late-in", &id); /* not created */
    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "nobody", &id);
    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "", &id);
    CHECK(id == 77);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_ID, "level-in", &id);
    CHECK(id == level);
    EXPECT(INVALID_PARAM, GET_SAMPLING_PORT_STATUS, 0, &status);
    EXPECT(INVALID_PARAM, GET_SAMPLING_PORT_STATUS, 77, &status);
    EXPECT(INVALID_PARAM, GET_SAMPLING_PORT_STATUS, orders, &status);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_STATUS, rate, &status);
    CHECK(status.MAX_MESSAGE_SIZE == SIZE && status.PORT_DIRECTION == SOURCE && status.REFRESH_PERIOD == REFRESH);
    tell("GET_SAMPLING_PORT_ID, GET_SAMPLING_PORT_STATUS");
}

static void sampling_extensions(void)
{
    MESSAGE_SIZE_TYPE length = 77;
    UPDATED_TYPE updated;
    SYSTEM_TIME_TYPE time, now;
    SAMPLING_PORT_CURRENT_STATUS_TYPE status;

    have(WRITE_LEVEL, "yaw");
    EXPECT(INVALID_PARAM, GET_SAMPLING_PORT_CURRENT_STATUS, 77, &status);
    EXPECT(INVALID_PARAM, GET_SAMPLING_PORT_CURRENT_STATUS, orders, &status);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_CURRENT_STATUS, level, &status);
    EXPECT(NO_ERROR, GET_TIME, &now);
    CHECK(status.UPDATED == NEW_MESSAGE && status.MESSAGE_AGE == FRESH);
    CHECK(status.TIME_STAMP < now && status.TIME_STAMP > now - 2 * TWO_FRAMES * MILLISECOND);
    CHECK(status.MAX_MESSAGE_SIZE == SIZE && status.PORT_DIRECTION == DESTINATION);
    CHECK(status.REFRESH_PERIOD == REFRESH);
    EXPECT(INVALID_PARAM, READ_UPDATED_SAMPLING_MESSAGE, 77, room, &length, &updated);
    EXPECT(INVALID_MODE, READ_UPDATED_SAMPLING_MESSAGE, rate, room, &length, &updated);
    EXPECT(INVALID_PARAM, READ_UPDATED_SAMPLING_MESSAGE, level, NULL, &length, &updated);
    EXPECT(NO_ERROR, READ_UPDATED_SAMPLING_MESSAGE, level, room, &length, &updated);
    CHECK(length == 3 && updated == NEW_MESSAGE && memcmp(room, "yaw", 3) == 0);
    EXPECT(NO_ACTION, READ_UPDATED_SAMPLING_MESSAGE, level, room, &length, &updated);
    CHECK(length == 0 && updated == CONSUMED_MESSAGE);
    EXPECT(INVALID_PARAM, READ_SAMPLING_MESSAGE_CONDITIONAL, 77, 0, room, &length, &time);
    EXPECT(INVALID_MODE, READ_SAMPLING_MESSAGE_CONDITIONAL, rate, 0, room, &length, &time);
    EXPECT(NO_ACTION, READ_SAMPLING_MESSAGE_CONDITIONAL, level, status.TIME_STAMP, room, &length, &time);
    CHECK(length == 0 && time == status.TIME_STAMP);
    EXPECT(NO_ACTION, READ_SAMPLING_MESSAGE_CONDITIONAL, level, now, room, &length, &time);
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE_CONDITIONAL, level, status.TIME_STAMP - 1, room, &length, &time);
    CHECK(length == 3 && time == status.TIME_STAMP);
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE_CONDITIONAL, level, 0, room, &length, &time);
    must(rtems_task_wake_after(60));
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_CURRENT_STATUS, level, &status);
    CHECK(status.UPDATED == CONSUMED_MESSAGE && status.MESSAGE_AGE == STALE);
    EXPECT(NO_ERROR, GET_SAMPLING_PORT_CURRENT_STATUS, rate, &status);
    CHECK(status.PORT_DIRECTION == SOURCE && status.TIME_STAMP != 0);
    tell("part 2: READ_UPDATED_..., READ_..._CONDITIONAL, GET_..._CURRENT_STATUS");
}

/* ---- Queuing ports ------------------------------------------------------------------------------------------ */

static void send_queuing_message(void)
{
    QUEUING_PORT_STATUS_TYPE status;

    hear(RECEIVE_ANSWER, INVALID_CONFIG, "one"); /* and one was lost before NORMAL */
    hear(RECEIVE_ANSWER, NO_ERROR, "two");
    hear(RECEIVE_ANSWER, NOT_AVAILABLE, "");
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, 0, "text", SIZE + 1, TOO_LONG);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, 77, "text", 4, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, rate, "text", 4, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, orders, "text", SIZE + 1, TOO_LONG);
    EXPECT(INVALID_CONFIG, SEND_QUEUING_MESSAGE, orders, "text", SIZE + 1, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, orders, "text", 0, 0);
    EXPECT(INVALID_MODE, SEND_QUEUING_MESSAGE, orders, NULL, 4, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, answers, "text", -1, 0);
    EXPECT(INVALID_CONFIG, SEND_QUEUING_MESSAGE, answers, "text", SIZE + 1, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, answers, "text", 4, TOO_LONG);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, answers, NULL, 4, 0);
    EXPECT(INVALID_PARAM, SEND_QUEUING_MESSAGE, answers, NOWHERE, 4, FOREVER);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "three", 5, 0);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "four", 4, FOREVER);
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, answers, &status);
    CHECK(status.NB_MESSAGE == 2 && status.WAITING_PROCESSES == 0);
    EXPECT(NOT_AVAILABLE, SEND_QUEUING_MESSAGE, answers, "five", 4, 0);
    hear(RECEIVE_ANSWER, INVALID_CONFIG, "three");
    hear(RECEIVE_ANSWER, NO_ERROR, "four");
    tell("SEND_QUEUING_MESSAGE");
}

static void receive_queuing_message(void)
{
    MESSAGE_SIZE_TYPE length = 77;

    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, 0, TOO_LONG, room, &length);
    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, 77, 0, room, &length);
    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, level, 0, room, &length);
    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, answers, TOO_LONG, room, &length);
    EXPECT(INVALID_MODE, RECEIVE_QUEUING_MESSAGE, answers, 0, NULL, &length);
    CHECK(length == 0);
    receive(orders, NOT_AVAILABLE, "");
    have(SEND_ORDER, "go");
    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, orders, 0, NULL, &length);
    EXPECT(INVALID_PARAM, RECEIVE_QUEUING_MESSAGE, orders, 0, NOWHERE, &length);
    receive(orders, NO_ERROR, "go"); /* a message that was not received stays */
    ask(SEND_ORDER, "one");
    ask(SEND_ORDER, "two");
    have(SEND_ORDER, "three");
    receive(orders, INVALID_CONFIG, "one"); /* with the first message after it */
    receive(orders, NO_ERROR, "two");
    receive(orders, NOT_AVAILABLE, "");
    tell("RECEIVE_QUEUING_MESSAGE");
}

static void queuing_port_id_and_status(void)
{
    QUEUING_PORT_ID_TYPE id = 77;
    QUEUING_PORT_STATUS_TYPE status;

    EXPECT(INVALID_CONFIG, GET_QUEUING_PORT_ID, "level-in", &id);
    EXPECT(INVALID_CONFIG, GET_QUEUING_PORT_ID, "late-queue-in", &id); /* not created */
    EXPECT(INVALID_CONFIG, GET_QUEUING_PORT_ID, "nobody", &id);
    CHECK(id == 77);
    EXPECT(NO_ERROR, GET_QUEUING_PORT_ID, "orders-in", &id);
    CHECK(id == orders);
    EXPECT(INVALID_PARAM, GET_QUEUING_PORT_STATUS, 0, &status);
    EXPECT(INVALID_PARAM, GET_QUEUING_PORT_STATUS, 77, &status);
    EXPECT(INVALID_PARAM, GET_QUEUING_PORT_STATUS, level, &status);
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, urgent, &status);
    CHECK(status.NB_MESSAGE == 0 && status.MAX_NB_MESSAGE == 4 && status.MAX_MESSAGE_SIZE == SIZE);
    CHECK(status.PORT_DIRECTION == DESTINATION && status.WAITING_PROCESSES == 0);
    tell("GET_QUEUING_PORT_ID, GET_QUEUING_PORT_STATUS");
}

static void clear_queuing_port(void)
{
    QUEUING_PORT_STATUS_TYPE status;

    EXPECT(INVALID_PARAM, CLEAR_QUEUING_PORT, 0);
    EXPECT(INVALID_PARAM, CLEAR_QUEUING_PORT, 77);
    EXPECT(INVALID_PARAM, CLEAR_QUEUING_PORT, level);
    EXPECT(INVALID_MODE, CLEAR_QUEUING_PORT, answers);
    EXPECT(NO_ACTION, CLEAR_QUEUING_PORT, orders);
    ask(SEND_ORDER, "one");
    have(SEND_ORDER, "two");
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, orders, &status);
    CHECK(status.NB_MESSAGE == 2);
    EXPECT(NO_ERROR, CLEAR_QUEUING_PORT, orders);
    EXPECT(NO_ACTION, CLEAR_QUEUING_PORT, orders);
    receive(orders, NOT_AVAILABLE, "");
    tell("CLEAR_QUEUING_PORT");
}

/* ---- Waiting ------------------------------------------------------------------------------------------------ */

struct waiter {
    QUEUING_PORT_ID_TYPE port;
    int sends;
    RETURN_CODE_TYPE code;
    MESSAGE_SIZE_TYPE length;
    char text[SIZE];
    int done;
};

static struct waiter waiters[WAITERS];
static volatile unsigned idled;

static rtems_task wait_once(rtems_task_argument argument)
{
    struct waiter *waiter = &waiters[argument];

    if (waiter->sends)
        SEND_QUEUING_MESSAGE(waiter->port, waiter->text, 1, FOREVER, &waiter->code);
    else
        RECEIVE_QUEUING_MESSAGE(waiter->port, FOREVER, waiter->text, &waiter->length, &waiter->code);
    waiter->done = 1;
    rtems_task_exit();
}

static rtems_task count_idly(rtems_task_argument argument)
{
    (void) argument;
    for (;;)
        ++idled;
}

static rtems_id start(rtems_task_priority priority, rtems_task_entry entry, rtems_task_argument argument)
{
    rtems_id id;

    must(rtems_task_create(rtems_build_name('W', 'A', 'I', 'T'), priority, RTEMS_MINIMUM_STACK_SIZE,
        RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id));
    must(rtems_task_start(id, entry, argument));
    return id;
}

/* Lets a task of each priority, 30, 20 and 10, begin to wait in this order. The letters they send are a, b and c. */
static void begin_to_wait(QUEUING_PORT_ID_TYPE port, int sends)
{
    QUEUING_PORT_STATUS_TYPE status;

    memset(waiters, 0, sizeof(waiters));
    for (int number = 0; number < WAITERS; ++number) {
        waiters[number].port = port;
        waiters[number].sends = sends;
        waiters[number].text[0] = (char) ('a' + number);
        (void) start((rtems_task_priority) (30 - 10 * number), wait_once, (rtems_task_argument) number);
        must(rtems_task_wake_after(2));
    }
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, port, &status);
    CHECK(status.WAITING_PROCESSES == WAITERS);
    CHECK(!waiters[0].done && !waiters[1].done && !waiters[2].done);
}

/* Whether the waiters received these letters, in the order in which they began to wait. */
static int received(const char *letters)
{
    for (int number = 0; number < WAITERS; ++number)
        if (!waiters[number].done || waiters[number].code != NO_ERROR || waiters[number].length != 1
            || waiters[number].text[0] != letters[number])
            return 0;
    return 1;
}

static void receivers_are_served_in_order(void)
{
    begin_to_wait(orders, 0);
    have(SEND_ORDER, "1"); /* two fit into the queue at a time */
    have(SEND_ORDER, "2");
    have(SEND_ORDER, "3");
    CHECK(received("123"));
    begin_to_wait(urgent, 0);
    ask(SEND_URGENT, "1"); /* three at once */
    ask(SEND_URGENT, "2");
    have(SEND_URGENT, "3");
    CHECK(received("321"));
    tell("receivers: FIFO and PRIORITY");
}

static void senders_are_served_in_order(void)
{
    QUEUING_PORT_STATUS_TYPE status;

    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "x", 1, 0);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "y", 1, 0);
    begin_to_wait(answers, 1);
    hear(RECEIVE_ANSWER, NO_ERROR, "x");
    hear(RECEIVE_ANSWER, NO_ERROR, "y");
    hear(RECEIVE_ANSWER, NO_ERROR, "a");
    hear(RECEIVE_ANSWER, NO_ERROR, "b");
    hear(RECEIVE_ANSWER, NO_ERROR, "c"); /* nothing was lost */
    hear(RECEIVE_ANSWER, NOT_AVAILABLE, "");
    for (int number = 0; number < WAITERS; ++number)
        CHECK(waiters[number].done && waiters[number].code == NO_ERROR);
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, answers, &status);
    CHECK(status.NB_MESSAGE == 0 && status.WAITING_PROCESSES == 0);
    tell("senders: FIFO");
}

static void time_outs(void)
{
    MESSAGE_SIZE_TYPE length = 77;
    SYSTEM_TIME_TYPE before, after;
    rtems_id idler = start(40, count_idly, 0);

    EXPECT(NO_ERROR, GET_TIME, &before);
    EXPECT(TIMED_OUT, RECEIVE_QUEUING_MESSAGE, orders, 25 * MILLISECOND, room, &length);
    EXPECT(NO_ERROR, GET_TIME, &after);
    CHECK(length == 0);
    CHECK(after - before >= 25 * MILLISECOND && after - before < 37 * MILLISECOND);
    CHECK(idled != 0); /* another task executed */
    must(rtems_task_delete(idler));
    EXPECT(TIMED_OUT, RECEIVE_QUEUING_MESSAGE, orders, 1, room, &length); /* a nanosecond */
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "x", 1, 0);
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "y", 1, 0);
    EXPECT(TIMED_OUT, SEND_QUEUING_MESSAGE, answers, "z", 1, 3 * MILLISECOND);
    hear(RECEIVE_ANSWER, INVALID_CONFIG, "x"); /* that one was lost */
    hear(RECEIVE_ANSWER, NO_ERROR, "y");
    ask(SEND_ORDER, "in time");
    EXPECT(NO_ERROR, RECEIVE_QUEUING_MESSAGE, orders, 60 * MILLISECOND, room, &length);
    CHECK(length == 7 && memcmp(room, "in time", 7) == 0);
    tell("time-outs");
}

static void a_task_that_is_gone_gets_nothing(void)
{
    QUEUING_PORT_STATUS_TYPE status;
    rtems_id first;

    memset(waiters, 0, sizeof(waiters));
    waiters[0].port = waiters[1].port = orders;
    first = start(10, wait_once, 0);
    (void) start(10, wait_once, 1);
    must(rtems_task_wake_after(2));
    must(rtems_task_delete(first));
    EXPECT(NO_ERROR, GET_QUEUING_PORT_STATUS, orders, &status);
    CHECK(status.WAITING_PROCESSES == 1);
    have(SEND_ORDER, "1");
    CHECK(!waiters[0].done && waiters[1].done && waiters[1].text[0] == '1' && waiters[0].text[0] == 0);
    have(SEND_ORDER, "2");
    receive(orders, NO_ERROR, "2");
    tell("tasks that are deleted");
}

static RETURN_CODE_TYPE in_handler[3];

static rtems_timer_service_routine call_in_handler(rtems_id timer, void *argument)
{
    MESSAGE_SIZE_TYPE length;

    (void) timer;
    (void) argument;
    RECEIVE_QUEUING_MESSAGE(orders, FOREVER, room, &length, &in_handler[0]);
    RECEIVE_QUEUING_MESSAGE(orders, 0, room, &length, &in_handler[1]);
    SEND_QUEUING_MESSAGE(answers, "handler", 7, FOREVER, &in_handler[2]);
}

static void who_may_not_wait(void)
{
    MESSAGE_SIZE_TYPE length = 77;
    rtems_mode mode;
    rtems_id timer;

    must(rtems_task_mode(RTEMS_PREEMPT, RTEMS_PREEMPT_MASK, &mode));
    EXPECT(TIMED_OUT, RECEIVE_QUEUING_MESSAGE, orders, MILLISECOND, room, &length);
    must(rtems_task_mode(RTEMS_NO_PREEMPT, RTEMS_PREEMPT_MASK, &mode));
    EXPECT(TIMED_OUT, RECEIVE_QUEUING_MESSAGE, orders, MILLISECOND, room, &length); /* it does not wait for itself */
    must(rtems_task_mode(RTEMS_PREEMPT, RTEMS_PREEMPT_MASK, &mode));
    must(rtems_timer_create(rtems_build_name('T', 'I', 'M', 'E'), &timer));
    must(rtems_timer_fire_after(timer, 1, call_in_handler, NULL));
    must(rtems_task_wake_after(3));
    CHECK(in_handler[0] == INVALID_MODE && in_handler[1] == NOT_AVAILABLE && in_handler[2] == NO_ERROR);
    must(rtems_timer_delete(timer));
    hear(RECEIVE_ANSWER, NO_ERROR, "handler");
    tell("who may not wait");
}

/* ---- The rest ----------------------------------------------------------------------------------------------- */

static void memory_blocks(void)
{
    MEMORY_BLOCK_STATUS_TYPE status;

    EXPECT(INVALID_CONFIG, GET_MEMORY_BLOCK_STATUS, "frame", &status);
    EXPECT(INVALID_CONFIG, GET_MEMORY_BLOCK_STATUS, "", &status);
    EXPECT(INVALID_CONFIG, GET_MEMORY_BLOCK_STATUS, "level-in", &status);
    EXPECT(NO_ERROR, GET_MEMORY_BLOCK_STATUS, "maps", &status);
    CHECK(status.MEMORY_BLOCK_MODE == READ && status.MEMORY_BLOCK_SIZE == 4096);
    EXPECT(NO_ERROR, GET_MEMORY_BLOCK_STATUS, "frames", &status);
    CHECK(status.MEMORY_BLOCK_MODE == READ_WRITE && status.MEMORY_BLOCK_SIZE == 4096);
    *(volatile APEX_BYTE *) status.MEMORY_BLOCK_ADDR = 'q';
    hear(READ_FRAME, NO_ERROR, "q");
    tell("GET_MEMORY_BLOCK_STATUS");
}

static void times(void)
{
    SYSTEM_TIME_TYPE first, second;

    EXPECT(NO_ERROR, GET_TIME, &first);
    must(rtems_task_wake_after(3));
    EXPECT(NO_ERROR, GET_TIME, &second);
    CHECK(second - first > 2 * MILLISECOND && second - first < 10 * MILLISECOND);
    CHECK((uint64_t) second <= bulkhead_clock_now());
    tell("GET_TIME");
}

static volatile unsigned told;
static uint32_t told_port;
static uint32_t nesting;

static void tell_of_port(uint32_t port, void *argument)
{
    told_port = port;
    nesting = bulkhead_interrupt_nesting();
    ++*(volatile unsigned *) argument;
}

static void tell_of_line(void *argument)
{
    ++*(volatile unsigned *) argument;
}

/* The same ports without ARINC 653's names. */
static void ports_of_the_guest_layer(void)
{
    int32_t found = bulkhead_port_find("late-in"), queue = bulkhead_port_find("late-queue-in");
    uint32_t late = (uint32_t) found, late_queue = (uint32_t) queue;
    struct bulkhead_port_description description;
    struct bulkhead_port_status status;

    CHECK(found >= 0 && queue == found + 1);
    CHECK(bulkhead_port_find("late-out") == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_port_find("") == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_port_describe(late, &description) == 0);
    CHECK(strcmp((const char *) description.name, "late-in") == 0);
    CHECK(description.kind == BULKHEAD_PORT_KIND_SAMPLING && description.direction == DESTINATION);
    CHECK(description.message_size == SIZE && description.depth == 1 && description.refresh_low == REFRESH);
    CHECK(bulkhead_port_describe(late_queue + 1, &description) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_port_status(late_queue + 1, &status) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_port_read(late, room, SIZE) == BULKHEAD_ERROR_NOT_AVAILABLE);
    CHECK(bulkhead_port_receive(late, room, SIZE) == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_port_write(late, room, 1) == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_port_clear(late) == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_port_read(late, NULL, SIZE) == BULKHEAD_ERROR_BAD_ADDRESS);
    CHECK(bulkhead_port_install(late_queue + 1, tell_of_port, NULL) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_port_install(late, tell_of_port, (void *) &told) == 0);
    have(WRITE_LATE, "flap");
    CHECK(told == 1 && told_port == late && nesting == 1);
    CHECK(bulkhead_port_read(late, room, 3) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_port_read(late, room, SIZE) == (4 | BULKHEAD_RECEIVED_VALID | BULKHEAD_RECEIVED_NEW));
    CHECK(bulkhead_port_read(late, room, SIZE) == (4 | BULKHEAD_RECEIVED_VALID));
    CHECK(bulkhead_port_install(late, NULL, NULL) == 0);
    have(WRITE_LATE, "slat");
    CHECK(told == 1 && bulkhead_port_take_notice(late) == 1 && bulkhead_port_take_notice(late) == 0);
    have(SEND_LATE, "go");
    CHECK(bulkhead_port_status(late_queue, &status) == 0 && status.messages == 1 && status.lost == 0);
    CHECK(bulkhead_port_install(late_queue, tell_of_port, (void *) &told) == 0); /* it came before */
    CHECK(told == 2 && told_port == late_queue);
    CHECK((bulkhead_port_receive(late_queue, room, SIZE) & BULKHEAD_RECEIVED_LENGTH) == 2);
    CHECK(bulkhead_port_receive(late_queue, room, SIZE) == BULKHEAD_ERROR_NOT_AVAILABLE);
    have(SEND_LATE, "stop");
    CHECK(told == 3 && bulkhead_port_clear(late_queue) == 1 && bulkhead_port_clear(late_queue) == 0);
    CHECK(bulkhead_port_install(late_queue, NULL, NULL) == 0);
    tell("bulkhead.h: ports and their handlers");
}

static void doorbells(void)
{
    int32_t maps = bulkhead_region_find("maps");
    struct bulkhead_region_description description;
    static volatile unsigned rung;

    CHECK(maps >= 0 && bulkhead_region_find("map") == BULKHEAD_ERROR_NOT_PERMITTED);
    CHECK(bulkhead_region_describe((uint32_t) maps, &description) == 0);
    CHECK(description.line == 9 && description.size == 4096 && description.writable == 0);
    CHECK(bulkhead_region_describe(77, &description) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_doorbell(77) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_interrupt_install(9, tell_of_line, (void *) &rung) == 0);
    CHECK(bulkhead_interrupt_unmask(9) == 0);
    CHECK(bulkhead_doorbell((uint32_t) maps) == 0); /* for others only, of which none has a line */
    have(RING, "");
    CHECK(rung == 1);
    CHECK(bulkhead_interrupt_mask(9) == 0);
    tell("bulkhead.h: doorbells");
}

/* What is in the channels when the partition starts again. */
static void leave_messages(void)
{
    ask(SEND_ORDER, "kept");
    have(WRITE_LEVEL, "roll");
    EXPECT(NO_ERROR, SEND_QUEUING_MESSAGE, answers, "sent", 4, 0);
}

static void the_first_time(void)
{
    partition_status(COLD_START, NORMAL_START);
    tell("GET_PARTITION_STATUS");
    create_sampling_ports();
    create_queuing_ports();
    nobody_waits_before_normal();
    set_partition_mode_at_first();
    nothing_is_created_in_normal();
    write_sampling_message();
    read_sampling_message();
    sampling_port_id_and_status();
    sampling_extensions();
    send_queuing_message();
    receive_queuing_message();
    queuing_port_id_and_status();
    clear_queuing_port();
    receivers_are_served_in_order();
    senders_are_served_in_order();
    time_outs();
    a_task_that_is_gone_gets_nothing();
    who_may_not_wait();
    memory_blocks();
    times();
    ports_of_the_guest_layer();
    doorbells();
    leave_messages();
    tell("what stays over a restart");
}

/* After a restart: ports have to be created anew. */
static void create_again(OPERATING_MODE_TYPE mode)
{
    SAMPLING_PORT_ID_TYPE id = 77;

    partition_status(mode, PARTITION_RESTART);
    EXPECT(INVALID_CONFIG, GET_SAMPLING_PORT_ID, "level-in", &id);
    EXPECT(NO_ERROR, CREATE_SAMPLING_PORT, "level-in", SIZE, DESTINATION, REFRESH, &level);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "orders-in", SIZE, 2, DESTINATION, FIFO, &orders);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "requests", SIZE, 8, SOURCE, FIFO, &requests);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "echo", sizeof(struct answer), 8, DESTINATION, FIFO, &echo);
    EXPECT(NO_ERROR, CREATE_QUEUING_PORT, "answers-out", SIZE, 2, SOURCE, FIFO, &answers);
}

/* What was sent to the partition is there after a warm start, and after a cold one not; what it has sent is there. */
static void after_a_warm_start(void)
{
    MESSAGE_SIZE_TYPE length;
    VALIDITY_TYPE validity;

    create_again(WARM_START);
    receive(orders, NO_ERROR, "kept");
    EXPECT(NO_ERROR, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    CHECK(length == 4 && memcmp(room, "roll", 4) == 0);
    EXPECT(NO_ERROR, SET_PARTITION_MODE, NORMAL);
    hear(RECEIVE_ANSWER, NO_ERROR, "sent");
    leave_messages();
    tell("after a warm start");
}

static void after_a_cold_start(void)
{
    MESSAGE_SIZE_TYPE length;
    VALIDITY_TYPE validity;

    create_again(COLD_START);
    receive(orders, NOT_AVAILABLE, "");
    EXPECT(NO_ACTION, READ_SAMPLING_MESSAGE, level, room, &length, &validity);
    EXPECT(NO_ERROR, SET_PARTITION_MODE, NORMAL);
    hear(RECEIVE_ANSWER, NO_ERROR, "sent");
    ask(END, "");
    tell("after a cold start");
}

rtems_task Init(rtems_task_argument argument)
{
    uint32_t restarts = bulkhead_start_information()->restarts;
    static const OPERATING_MODE_TYPE next[] = { WARM_START, COLD_START, IDLE };

    (void) argument;
    if (restarts == 0)
        the_first_time();
    else if (restarts == 1)
        after_a_warm_start();
    else
        after_a_cold_start();
    printk("start %u: %u checks, %u failed\n", (unsigned) restarts, checks, failed);
    if (failed != 0)
        exit(1);
    EXPECT(NO_ERROR, SET_PARTITION_MODE, next[restarts < 2 ? restarts : 2]); /* does not return */
    exit(1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS (WAITERS + 2)
#define CONFIGURE_MAXIMUM_TIMERS 1
#define CONFIGURE_INIT_TASK_PRIORITY 5
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
