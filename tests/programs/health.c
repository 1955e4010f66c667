/*
 * The calls about modes, the health monitor and schedules, by a partition that has no right to any other's affairs and
 * the standard responses. It starts once more, warm: the log is kept. Exit status 0 if all is as it should be.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks;
static unsigned failures;

static void check(const char *what, int32_t found, int32_t expected)
{
    ++checks;
    if (found == expected)
        return;
    ++failures;
    printk("%s: %" PRIi32 " instead of %" PRIi32 "\n", what, found, expected);
}

#define BAD_ARGUMENT BULKHEAD_ERROR_BAD_ARGUMENT
#define NOT_PERMITTED BULKHEAD_ERROR_NOT_PERMITTED

static uint64_t joined(uint32_t low, uint32_t high)
{
    return (uint64_t) high << 32 | low;
}

/* What was raised is in the log, as it was raised. */
static void check_log(uint32_t own)
{
    struct bulkhead_health_record record;

    check("log 0", bulkhead_health_read(own, 0, &record), 0);
    check("sequence", (int32_t) record.sequence, 0);
    check("error", (int32_t) record.error, BULKHEAD_HEALTH_ERROR_APPLICATION);
    check("action", (int32_t) record.action, BULKHEAD_HEALTH_ACTION_LOG);
    check("level", (int32_t) record.level, BULKHEAD_HEALTH_LEVEL_PARTITION);
    check("partition", (int32_t) record.partition, (int32_t) own);
    check("code", (int32_t) record.code, 0x1234);
    check("detail", (int32_t) record.detail, -2);
    check("time", joined(record.time_low, record.time_high) < bulkhead_clock_now(), 1);
    check("place", record.program_counter_low - bulkhead_memory_base() < bulkhead_memory_size(), 1);
    check("log 1", bulkhead_health_read(own, 1, &record), 0);
    check("error 1", (int32_t) record.error, BULKHEAD_HEALTH_ERROR_STACK_OVERFLOW);
    check("log 2", bulkhead_health_read(own, 2, &record), BULKHEAD_ERROR_NOT_AVAILABLE);
}

static void check_partitions(uint32_t own, uint32_t restarts)
{
    struct bulkhead_partition_description description;
    struct bulkhead_health_record record;
    uint32_t other = 1 - own;

    check("own", bulkhead_partition_find(bulkhead_partition_name()), (int32_t) own);
    check("find other", bulkhead_partition_find("another"), NOT_PERMITTED);
    check("describe", bulkhead_partition_describe(own, &description), 0);
    check("name", strcmp((const char *) description.name, bulkhead_partition_name()), 0);
    check("normal from the first task on", (int32_t) description.mode, BULKHEAD_MODE_NORMAL);
    check("restarts", (int32_t) description.restarts, (int32_t) restarts);
    check("reason", (int32_t) description.start_reason,
        restarts == 0 ? BULKHEAD_START_REASON_SYSTEM_START : BULKHEAD_START_REASON_WARM_RESTART);
    check("describe other", bulkhead_partition_describe(other, &description), NOT_PERMITTED);
    check("describe none", bulkhead_partition_describe(2, &description), BAD_ARGUMENT);
    check("stop other", bulkhead_partition_control(other, BULKHEAD_MODE_IDLE), NOT_PERMITTED);
    check("stop none", bulkhead_partition_control(2, BULKHEAD_MODE_IDLE), BAD_ARGUMENT);
    check("no such control", bulkhead_partition_control(own, BULKHEAD_MODE_NORMAL), BAD_ARGUMENT);
    check("log of other", bulkhead_health_read(other, 0, &record), NOT_PERMITTED);
    check("log of the module", bulkhead_health_read(BULKHEAD_NO_PARTITION, 0, &record), NOT_PERMITTED);
    check("log of none", bulkhead_health_read(2, 0, &record), BAD_ARGUMENT);
}

static void check_schedules(void)
{
    struct bulkhead_schedule_description schedule;
    struct bulkhead_schedule_status status;
    int32_t main = bulkhead_schedule_find("main");

    check("schedule", main, 0);
    check("no schedule", bulkhead_schedule_find("mai"), BAD_ARGUMENT);
    check("describe schedule", bulkhead_schedule_describe(0, &schedule), 0);
    check("frame", (int32_t) schedule.major_frame_low, 20000000);
    check("windows", (int32_t) schedule.windows, 2);
    check("own windows", (int32_t) schedule.own_windows, 1);
    check("describe none", bulkhead_schedule_describe(1, &schedule), BAD_ARGUMENT);
    check("status", bulkhead_schedule_status(&status), 0);
    check("current", (int32_t) status.current, 0);
    check("next", (int32_t) status.next, 0);
    check("changes", (int32_t) status.changes, 0);
    check("set", bulkhead_schedule_set(0), NOT_PERMITTED);
    check("set none", bulkhead_schedule_set(1), BAD_ARGUMENT);
}

static void unexpected(uint32_t error)
{
    printk("told of %" PRIu32 "\n", error);
    ++failures;
}

rtems_task Init(rtems_task_argument argument)
{
    const struct bulkhead_start_information *start = bulkhead_start_information();
    uint32_t own = start->partition;

    (void) argument;
    bulkhead_health_install(unexpected);
    check_partitions(own, start->restarts);
    check_schedules();
    check("normal already", bulkhead_set_mode(BULKHEAD_MODE_NORMAL), 1);
    check("no mode", bulkhead_set_mode(4), BAD_ARGUMENT);
    check("no watchdog", bulkhead_serve_watchdog(), NOT_PERMITTED);
    check("raise none", bulkhead_raise_error(0, 0, 0), BAD_ARGUMENT);
    check("raise the kernel's", bulkhead_raise_error(BULKHEAD_HEALTH_ERROR_INITIALIZATION, 0, 0), BAD_ARGUMENT);
    if (start->restarts == 0) {
        check("raise", bulkhead_raise_error(BULKHEAD_HEALTH_ERROR_APPLICATION, 0x1234, UINT32_MAX - 1), 0);
        check("raise again", bulkhead_raise_error(BULKHEAD_HEALTH_ERROR_STACK_OVERFLOW, 0, 0), 0);
    }
    check_log(own);
    printk("start %" PRIu32 ": %u checks, %u failed\n", start->restarts, checks, failures);
    if (failures == 0 && start->restarts == 0)
        check("warm start", bulkhead_set_mode(BULKHEAD_MODE_WARM_START), 0);
    exit(failures == 0 && start->restarts == 1 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
