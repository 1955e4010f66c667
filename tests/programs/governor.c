/*
 * A partition with the right `system` stops and starts another, changes the schedule and back, and then serves its
 * watchdog no more: the error handler is told. The other one, with a command line, does nothing. Exit status 0 if all
 * is as it should be.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>
#include <string.h>

#include "checks.h"

#define FRAMES(count) ((count) * 20) /* ticks */

/* What a service answers, whose last argument is the return code. */
static RETURN_CODE_TYPE code;
#define CODE(service, ...) (service(__VA_ARGS__, &code), code)

static uint32_t worker;

/* Lets frames pass; the watchdog is served. */
static void pass(unsigned frames)
{
    CHECK(bulkhead_serve_watchdog() == 0);
    rtems_task_wake_after(FRAMES(frames));
}

/* Whether the worker is in a mode, and has been started so often, the last time for a reason. */
static bool stands(uint32_t mode, uint32_t restarts, uint32_t reason)
{
    struct bulkhead_partition_description description;

    return bulkhead_partition_describe(worker, &description) == 0 && description.mode == mode
        && description.restarts == restarts && description.start_reason == reason;
}

static void other_partitions(void)
{
    struct bulkhead_health_record record;

    worker = (uint32_t) bulkhead_partition_find("worker");
    CHECK(worker == 1);
    pass(2);
    CHECK(stands(BULKHEAD_MODE_NORMAL, 0, BULKHEAD_START_REASON_SYSTEM_START));
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_NORMAL) == BULKHEAD_ERROR_BAD_ARGUMENT);
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_IDLE) == 0);
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_IDLE) == 1);
    CHECK(stands(BULKHEAD_MODE_IDLE, 0, BULKHEAD_START_REASON_SYSTEM_START));
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_COLD_START) == 0);
    pass(2);
    CHECK(stands(BULKHEAD_MODE_NORMAL, 1, BULKHEAD_START_REASON_COLD_RESTART));
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_WARM_START) == 0);
    pass(2);
    CHECK(stands(BULKHEAD_MODE_NORMAL, 2, BULKHEAD_START_REASON_WARM_RESTART));
    CHECK(bulkhead_health_read(worker, 0, &record) == BULKHEAD_ERROR_NOT_AVAILABLE);
    CHECK(bulkhead_health_read(BULKHEAD_NO_PARTITION, 0, &record) == BULKHEAD_ERROR_NOT_AVAILABLE);
}

static void schedules(void)
{
    SCHEDULE_ID_TYPE main = 0, degraded = 0;
    SCHEDULE_STATUS_TYPE status;
    SYSTEM_TIME_TYPE before;

    CHECK(CODE(GET_MODULE_SCHEDULE_ID, "main", &main) == NO_ERROR);
    CHECK(CODE(GET_MODULE_SCHEDULE_ID, "degraded", &degraded) == NO_ERROR && degraded != main);
    CHECK(CODE(SET_MODULE_SCHEDULE, main) == NO_ACTION);
    CHECK(CODE(SET_MODULE_SCHEDULE, degraded + 1) == INVALID_PARAM);
    CHECK(CODE(SET_MODULE_SCHEDULE, degraded) == NO_ERROR);
    CHECK(CODE(GET_MODULE_SCHEDULE_STATUS, &status) == NO_ERROR);
    CHECK(status.CURRENT_SCHEDULE == main && status.NEXT_SCHEDULE == degraded);
    CHECK(status.TIME_OF_LAST_SCHEDULE_SWITCH == 0);
    CHECK(CODE(GET_TIME, &before) == NO_ERROR);
    pass(2);
    CHECK(CODE(GET_MODULE_SCHEDULE_STATUS, &status) == NO_ERROR);
    CHECK(status.CURRENT_SCHEDULE == degraded && status.NEXT_SCHEDULE == degraded);
    CHECK(status.TIME_OF_LAST_SCHEDULE_SWITCH == (before / 20000000 + 1) * 20000000);
    CHECK(stands(BULKHEAD_MODE_IDLE, 2, BULKHEAD_START_REASON_WARM_RESTART));
    CHECK(CODE(SET_MODULE_SCHEDULE, main) == NO_ERROR);
    pass(2);
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_COLD_START) == 0);
    pass(2);
    CHECK(stands(BULKHEAD_MODE_NORMAL, 3, BULKHEAD_START_REASON_COLD_RESTART));
}

static volatile unsigned calls;
static ERROR_STATUS_TYPE seen;

static void handle_error(void)
{
    ++calls;
    GET_ERROR_STATUS(&seen, &code);
}

static void watchdog(void)
{
    struct bulkhead_health_record record;

    CHECK(calls == 0);
    pass(8); /* 64 ms of its own windows, or a little more */
    CHECK(calls == 0);
    pass(20);
    CHECK(calls == 1 && code == NO_ERROR);
    CHECK(seen.ERROR_CODE == DEADLINE_MISSED && seen.FAILED_PROCESS_ID == NULL_PROCESS_ID);
    CHECK(seen.LENGTH == 8 && memcmp(seen.MESSAGE, "watchdog", 8) == 0);
    CHECK(bulkhead_health_read(0, 0, &record) == 0 && record.error == BULKHEAD_HEALTH_ERROR_WATCHDOG);
    CHECK(record.action == BULKHEAD_HEALTH_ACTION_DELIVER && record.level == BULKHEAD_HEALTH_LEVEL_PROCESS);
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    if (*bulkhead_command_line() != 0) {
        SET_PARTITION_MODE(NORMAL, &code);
        for (;;)
            rtems_task_wake_after(FRAMES(1));
    }
    CHECK(CODE(CREATE_ERROR_HANDLER, handle_error, 8192) == NO_ERROR);
    CHECK(CODE(SET_PARTITION_MODE, NORMAL) == NO_ERROR);
    other_partitions();
    schedules();
    watchdog();
    printk("%u checks, %u failed\n", checks, failed);
    CHECK(bulkhead_partition_control(worker, BULKHEAD_MODE_IDLE) == 0);
    exit(failed == 0 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_EXTRA_TASK_STACKS (2 * 8192)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
