/*
 * Walks the conditions of arinc653.h's services about errors and schedules in the standard's order, and has the error
 * handler deal with what tasks raise and with their faults. With a command line, the handler leaves a fault alone: the
 * partition has it then.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>
#include <string.h>

#include "checks.h"

#define NOWHERE ((volatile int *) 0x90000000) /* no partition has anything there */
#define STACK 8192

/* The mode that the kernel knows. */
static uint32_t mode(void)
{
    struct bulkhead_partition_description description;

    CHECK(bulkhead_partition_describe(bulkhead_start_information()->partition, &description) == 0);
    return description.mode;
}

/* How many entries of the health monitor's log there are, and the last of them. */
static struct bulkhead_health_record last;

static uint32_t entries(void)
{
    uint32_t next = 0;

    while (bulkhead_health_read(bulkhead_start_information()->partition, next, &last) == 0)
        next = last.sequence + 1;
    return next;
}

/* ---- The error handler -------------------------------------------------------------------------------------- */

enum act { LEAVE, DELETE, RESTART, RAISE, ASK_NOTHING };

static volatile enum act act;
static volatile unsigned calls;
static ERROR_STATUS_TYPE seen;
static RETURN_CODE_TYPE code, code_then, code_raised;

static void handle_error(void)
{
    ++calls;
    if (act == ASK_NOTHING)
        return;
    GET_ERROR_STATUS(&seen, &code);
    if (code == NO_ERROR) {
        ERROR_STATUS_TYPE none;

        GET_ERROR_STATUS(&none, &code_then);
    }
    if (act == RAISE)
        RAISE_APPLICATION_ERROR(APPLICATION_ERROR, "within", 6, &code_raised);
    if (act == DELETE)
        must(rtems_task_delete((rtems_id) seen.FAILED_PROCESS_ID));
    if (act == RESTART)
        must(rtems_task_restart((rtems_id) seen.FAILED_PROCESS_ID, 1));
}

/* Whether the handler was called once more, and saw this. */
static bool saw(unsigned before, rtems_id task, ERROR_CODE_TYPE error, const char *message)
{
    return calls == before + 1 && code == NO_ERROR && code_then == NO_ACTION && seen.ERROR_CODE == error
        && (rtems_id) seen.FAILED_PROCESS_ID == task && seen.LENGTH == (int32_t) strlen(message)
        && memcmp(seen.MESSAGE, message, strlen(message)) == 0;
}

/* ---- Tasks that fail ---------------------------------------------------------------------------------------- */

static volatile unsigned began_anew, went_on;
static volatile int zero;

static void write_nowhere(void)
{
    *NOWHERE = 1;
}

static void divide(void)
{
    zero = 100 / zero;
}

static void instruct(void)
{
#if defined(__i386__)
    __asm__ volatile("ud2");
#else
    __asm__ volatile("unimp");
#endif
}

static void complain(void)
{
    RETURN_CODE_TYPE raised;

    RAISE_APPLICATION_ERROR(APPLICATION_ERROR, "by a worker", 11, &raised);
    went_on += raised == NO_ERROR;
}

static void (*volatile fail)(void);

static rtems_task work(rtems_task_argument again)
{
    if (again != 0)
        ++began_anew;
    else
        fail();
    must(rtems_task_suspend(RTEMS_SELF));
}

/* Starts a task that fails in a way, and lets it. */
static rtems_id start(void (*way)(void), enum act response)
{
    rtems_id task;

    fail = way;
    act = response;
    must(rtems_task_create(rtems_build_name('W', 'O', 'R', 'K'), 100, STACK, RTEMS_DEFAULT_MODES,
        RTEMS_FLOATING_POINT, &task));
    must(rtems_task_start(task, work, 0));
    must(rtems_task_wake_after(2));
    return task;
}

/* A task faults and is deleted. */
static void faults(void (*way)(void), ERROR_CODE_TYPE error, const char *word)
{
    unsigned before = calls, logged = entries();
    rtems_id task = start(way, DELETE);

    CHECK(saw(before, task, error, word));
    CHECK((uintptr_t) seen.FAILED_ADDRESS - (uintptr_t) way < 64);
    CHECK(rtems_task_is_suspended(task) == RTEMS_INVALID_ID);
    CHECK(entries() == logged + 1 && last.action == BULKHEAD_HEALTH_ACTION_DELIVER);
    CHECK(last.level == BULKHEAD_HEALTH_LEVEL_PROCESS);
}

/* ---- The services ------------------------------------------------------------------------------------------- */

static void before_normal(void)
{
    static const char text[MAX_ERROR_MESSAGE_SIZE + 1];
    unsigned logged = entries();

    CHECK(mode() == BULKHEAD_MODE_COLD_START);
    EXPECT(INVALID_CONFIG, CONFIGURE_ERROR_HANDLER, (ERROR_HANDLER_CONCURRENCY_CONTROL_TYPE) 2, 7);
    EXPECT(INVALID_CONFIG, GET_ERROR_STATUS, &seen);
    EXPECT(INVALID_CONFIG, CREATE_ERROR_HANDLER, NULL, STACK);
    EXPECT(INVALID_CONFIG, CREATE_ERROR_HANDLER, handle_error, 0);
    EXPECT(INVALID_CONFIG, CREATE_ERROR_HANDLER, handle_error, 4095);
    EXPECT(INVALID_CONFIG, CREATE_ERROR_HANDLER, handle_error, 64 * 1024 * 1024);
    EXPECT(NO_ERROR, CREATE_ERROR_HANDLER, handle_error, STACK);
    EXPECT(NO_ACTION, CREATE_ERROR_HANDLER, NULL, 0);
    EXPECT(INVALID_PARAM, CONFIGURE_ERROR_HANDLER, (ERROR_HANDLER_CONCURRENCY_CONTROL_TYPE) 2, 0);
    EXPECT(INVALID_PARAM, CONFIGURE_ERROR_HANDLER, PROCESSES_PAUSE, 1);
    EXPECT(NO_ERROR, CONFIGURE_ERROR_HANDLER, PROCESSES_SCHEDULED, CORE_AFFINITY_NO_PREFERENCE);
    EXPECT(INVALID_CONFIG, GET_ERROR_STATUS, &seen);
    EXPECT(INVALID_PARAM, REPORT_APPLICATION_MESSAGE, text, MAX_ERROR_MESSAGE_SIZE + 1);
    EXPECT(INVALID_PARAM, REPORT_APPLICATION_MESSAGE, text, -1);
    EXPECT(INVALID_PARAM, REPORT_APPLICATION_MESSAGE, NULL, 1);
    EXPECT(NO_ERROR, REPORT_APPLICATION_MESSAGE, "a message", 9);
    EXPECT(INVALID_PARAM, RAISE_APPLICATION_ERROR, NUMERIC_ERROR, "x", 1);
    EXPECT(INVALID_PARAM, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, text, MAX_ERROR_MESSAGE_SIZE + 1);
    CHECK(entries() == logged);
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "early", 5);
    CHECK(calls == 0 && entries() == logged + 1 && last.error == BULKHEAD_HEALTH_ERROR_APPLICATION);
    CHECK(last.action == BULKHEAD_HEALTH_ACTION_LOG && last.code == APPLICATION_ERROR && last.detail == 0x6561726c);
}

static void in_normal(void)
{
    unsigned before, logged;

    EXPECT(NO_ERROR, SET_PARTITION_MODE, NORMAL);
    CHECK(mode() == BULKHEAD_MODE_NORMAL);
    EXPECT(NO_ACTION, CREATE_ERROR_HANDLER, NULL, 0);
    EXPECT(INVALID_MODE, CONFIGURE_ERROR_HANDLER, PROCESSES_PAUSE, 0);
    EXPECT(INVALID_CONFIG, GET_ERROR_STATUS, &seen);
    act = LEAVE;
    logged = entries();
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "too hot", 7); /* the handler has had it */
    CHECK(saw(0, rtems_task_self(), APPLICATION_ERROR, "too hot"));
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "", 0);
    CHECK(saw(1, rtems_task_self(), APPLICATION_ERROR, ""));
    CHECK(entries() == logged);
    act = RAISE;
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "outside", 7);
    CHECK(calls == 3 && code_raised == NO_ERROR && entries() == logged + 1 && last.detail == 0x77697468);
    act = ASK_NOTHING;
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "unheard", 7);
    CHECK(calls == 4);
    before = calls;
    must(rtems_task_delete(start(complain, LEAVE)));
    CHECK(calls == before + 1 && went_on == 1);
}

static void schedules(void)
{
    SCHEDULE_STATUS_TYPE status;
    SCHEDULE_ID_TYPE id = 77;

    EXPECT(INVALID_CONFIG, GET_MODULE_SCHEDULE_ID, "mai", &id);
    EXPECT(INVALID_CONFIG, GET_MODULE_SCHEDULE_ID, "", &id);
    EXPECT(NO_ERROR, GET_MODULE_SCHEDULE_ID, "main", &id);
    EXPECT(NO_ERROR, GET_MODULE_SCHEDULE_STATUS, &status);
    CHECK(status.CURRENT_SCHEDULE == id && status.NEXT_SCHEDULE == id && status.TIME_OF_LAST_SCHEDULE_SWITCH == 0);
    EXPECT(INVALID_PARAM, SET_MODULE_SCHEDULE, 0);
    EXPECT(INVALID_PARAM, SET_MODULE_SCHEDULE, -1);
    EXPECT(INVALID_PARAM, SET_MODULE_SCHEDULE, id + 1);
    EXPECT(INVALID_CONFIG, SET_MODULE_SCHEDULE, id);
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    before_normal();
    in_normal();
    schedules();
    faults(write_nowhere, MEMORY_VIOLATION, "memory-violation");
    faults(instruct, ILLEGAL_REQUEST, "illegal-instruction");
    faults(divide, NUMERIC_ERROR, "numeric-error");
    must(rtems_task_delete(start(write_nowhere, RESTART)));
    CHECK(began_anew == 1);
    printk("start 0: %u checks, %u failed\n", checks, failed);
    if (*bulkhead_command_line() != 0)
        (void) start(write_nowhere, LEAVE);
    exit(failed == 0 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 3 /* Init, one that fails, the error handler */
#define CONFIGURE_EXTRA_TASK_STACKS (2 * STACK)
#define CONFIGURE_INIT_TASK_PRIORITY 5
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
