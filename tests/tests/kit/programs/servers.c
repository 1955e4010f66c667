/*
 * Constant-bandwidth servers: a task has its budget in each period, is told when that is used up, and goes on behind
 * those that it has been before.
 */
/* The header asks for it. */
#define CONFIGURE_SCHEDULER_CBS

#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/cbs.h>
#include <rtems/rtems/ratemon.h>

#include <inttypes.h>
#include <stdlib.h>

#define PERIOD 100
#define BUDGET 20
#define JOBS 3

static volatile unsigned overruns;
static unsigned wrong;
static rtems_cbs_server_id server;
/* When the budget was used up, in ticks. */
static volatile rtems_interval overrun_at;
static volatile unsigned turns_of_the_other;

static void used_up(rtems_cbs_server_id which)
{
    ++overruns;
    overrun_at = rtems_clock_get_ticks_since_boot();
    if (which != server)
        ++wrong;
}

static void check(bool right, const char *what, unsigned long got)
{
    if (!right) {
        ++wrong;
        printk("%s: %lu\n", what, got);
    }
}

/* Has no server and no deadline, but the higher priority: so it comes before the other where that has no budget. */
static rtems_task other(rtems_task_argument argument)
{
    (void)argument;
    for (;;) {
        ++turns_of_the_other;
        rtems_task_wake_after(1);
    }
}

static rtems_task served(rtems_task_argument argument)
{
    rtems_cbs_parameters parameters = {.deadline = PERIOD, .budget = BUDGET};
    rtems_cbs_parameters got;
    rtems_id period;

    (void)argument;
    check(rtems_cbs_create_server(&parameters, used_up, &server) == RTEMS_CBS_OK, "create", 0);
    check(rtems_cbs_attach_thread(server, rtems_task_self()) == RTEMS_CBS_OK, "attach", 0);
    check(rtems_cbs_get_parameters(server, &got) == RTEMS_CBS_OK && got.budget == BUDGET, "budget", got.budget);
    check(rtems_rate_monotonic_create(rtems_build_name('J', 'O', 'B', 'S'), &period) == RTEMS_SUCCESSFUL, "period", 0);
    for (unsigned job = 0; job < JOBS; ++job) {
        rtems_interval begin;
        rtems_interval length = job == 1 ? 2 * BUDGET : BUDGET / 4;

        check(rtems_rate_monotonic_period(period, PERIOD) == RTEMS_SUCCESSFUL, "late in job", job);
        begin = rtems_clock_get_ticks_since_boot();
        turns_of_the_other = 0;
        while (rtems_clock_get_ticks_since_boot() - begin < length)
            continue;
        check(overruns == (job == 0 ? 0 : 1), "overruns", overruns);
        if (job == 1) {
            check(overrun_at - begin >= BUDGET - 1 && overrun_at - begin <= BUDGET + 7, "used up after",
                overrun_at - begin);
            check(turns_of_the_other > 0, "turns of the other", turns_of_the_other);
        } else if (job == 0)
            check(turns_of_the_other == 0, "turns of the other", turns_of_the_other);
    }
    printk("servers: %u overruns, %u wrong\n", overruns, wrong);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_id task;

    (void)argument;
    check(rtems_cbs_initialize() == RTEMS_CBS_OK, "initialize", 0);
    rtems_task_create(rtems_build_name('S', 'E', 'R', 'V'), 30, 16 * 1024, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &task);
    rtems_task_start(task, served, 0);
    rtems_task_create(rtems_build_name('O', 'T', 'H', 'E'), 20, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &task);
    rtems_task_start(task, other, 0);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_CBS_MAXIMUM_SERVERS 1
#define CONFIGURE_MAXIMUM_TASKS 3
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_EXTRA_TASK_STACKS (16 * 1024)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
