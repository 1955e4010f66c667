/*
 * Processes that miss their deadlines without an error handler, and a task that is late for its rate-monotonic period:
 * the health monitor is told.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>

#include "attributes.h"

/* How many entries of the health monitor's log there are, and the last of them. */
static struct bulkhead_health_record last;

static uint32_t entries(void)
{
    uint32_t next = 0;

    while (bulkhead_health_read(bulkhead_start_information()->partition, next, &last) == 0)
        next = last.sequence + 1;
    return next;
}

static void must(RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR) {
        printk("a service has answered %d\n", (int) code);
        exit(1);
    }
}

/* Uses time, whoever else executes meanwhile. */
static void spend(SYSTEM_TIME_TYPE span)
{
    SYSTEM_TIME_TYPE begin, now;
    RETURN_CODE_TYPE code;

    GET_TIME(&begin, &code);
    do
        GET_TIME(&now, &code);
    while (now < begin + span);
}

static void be_late(void)
{
    spend(20 * MILLISECOND);
}

/* A task's period of 20 ms: in time twice, late for two ends of it, in time again, and late once more. */
static rtems_task be_periodic(rtems_task_argument argument)
{
    const int spent[] = {0, 0, 45, 0, 0, 0, 25, 0, 0};
    rtems_id period;

    (void) argument;
    rtems_rate_monotonic_create(rtems_build_name('R', 'A', 'T', 'E'), &period);
    for (unsigned i = 0; i < sizeof(spent) / sizeof(spent[0]); ++i) {
        rtems_rate_monotonic_period(period, 20);
        spend(spent[i] * MILLISECOND);
    }
    rtems_rate_monotonic_delete(period);
    rtems_task_exit();
}

static void look_at_periods(void)
{
    uint32_t before = entries(), after;
    rtems_id task;

    if (rtems_task_create(rtems_build_name('P', 'E', 'R', ' '), 240, 8192, RTEMS_DEFAULT_MODES,
            RTEMS_FLOATING_POINT, &task) != RTEMS_SUCCESSFUL
        || rtems_task_start(task, be_periodic, 0) != RTEMS_SUCCESSFUL)
        exit(1);
    rtems_task_wake_after(300);
    after = entries();
    printk("rate: %u entries, error %u, code %u, detail %08x\n", (unsigned) (after - before), (unsigned) last.error,
        (unsigned) last.code, (unsigned) last.detail);
}

static void look(void)
{
    RETURN_CODE_TYPE code;
    PROCESS_ID_TYPE process;

    for (int hard = 0; hard <= 1; ++hard) {
        uint32_t before = entries(), after;

        GET_PROCESS_ID(hard ? "hard" : "soft", &process, &code);
        must(code);
        START(process, &code);
        must(code);
        TIMED_WAIT(100 * MILLISECOND, &code);
        must(code);
        after = entries();
        printk("%s: %u entries, error %u, code %u, detail %08x\n", hard ? "hard" : "soft",
            (unsigned) (after - before), (unsigned) last.error, (unsigned) last.code, (unsigned) last.detail);
    }
    look_at_periods();
    exit(0);
}

static PROCESS_ID_TYPE created(PROCESS_ATTRIBUTE_TYPE made)
{
    RETURN_CODE_TYPE code;
    PROCESS_ID_TYPE process;

    CREATE_PROCESS(&made, &process, &code);
    must(code);
    return process;
}

static PROCESS_ATTRIBUTE_TYPE late(const char *name, DEADLINE_TYPE deadline)
{
    PROCESS_ATTRIBUTE_TYPE made = attributes(name, be_late, 10);

    made.TIME_CAPACITY = 4 * MILLISECOND;
    made.DEADLINE = deadline;
    return made;
}

rtems_task Init(rtems_task_argument argument)
{
    RETURN_CODE_TYPE code;

    (void) argument;
    created(late("soft", SOFT));
    created(late("hard", HARD));
    START(created(attributes("look", look, 20)), &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 5
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_EXTRA_TASK_STACKS (4 * 8192)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
