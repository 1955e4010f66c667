/*
 * Tasks of the Classic API that compute in floating point, with a tick of 5 ms. Each computes its orbit in rounds and
 * sleeps a tick after each; at the end all are compared with what one task computes without a pause.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "orbit.h"

#define TASKS_MAX 8
#define STEPS 300

extern volatile uint32_t bulkhead_rtems_ticks_skipped;
extern volatile uint32_t bulkhead_rtems_ticks_caught_up;

static struct orbit orbits[TASKS_MAX];
static unsigned rounds;
static rtems_id starter;

/* Stops at the first directive that fails. */
static void must(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

/* The number behind `name` in the command line. */
static unsigned number_of(const char *command_line, const char *name, unsigned otherwise)
{
    const char *found = strstr(command_line, name);

    return found != NULL ? (unsigned)strtoul(found + strlen(name), NULL, 10) : otherwise;
}

static rtems_task compute(rtems_task_argument number)
{
    struct orbit orbit = orbit_begin(number);

    for (unsigned round = 0; round < rounds; ++round) {
        orbit_steps(&orbit, STEPS);
        rtems_task_wake_after(1);
    }
    orbits[number] = orbit;
    must(rtems_event_send(starter, RTEMS_EVENT_0 << number));
    rtems_task_exit();
}

static rtems_task Init(rtems_task_argument argument)
{
    /* RTEMS gives the first task the address of its pointer to the command line. */
    const char *command_line = *(const char **)argument;
    unsigned tasks = number_of(command_line, "tasks=", 2);
    unsigned wrong = 0;
    rtems_event_set ended;

    if (tasks > TASKS_MAX)
        tasks = TASKS_MAX;
    rounds = number_of(command_line, "rounds=", 10);
    starter = rtems_task_self();
    printk("%u tasks, %u rounds\n", tasks, rounds);
    for (unsigned number = 0; number < tasks; ++number) {
        rtems_id id;

        must(rtems_task_create(rtems_build_name('O', 'R', 'B', '0' + number), 10, RTEMS_MINIMUM_STACK_SIZE * 2,
            RTEMS_DEFAULT_MODES, RTEMS_FLOATING_POINT, &id));
        must(rtems_task_start(id, compute, number));
    }
    must(rtems_event_receive((RTEMS_EVENT_0 << tasks) - 1, RTEMS_EVENT_ALL | RTEMS_WAIT, RTEMS_NO_TIMEOUT, &ended));
    for (unsigned number = 0; number < tasks; ++number) {
        struct orbit orbit = orbit_begin(number);

        for (unsigned round = 0; round < rounds; ++round)
            orbit_steps(&orbit, STEPS);
        if (!orbit_equal(&orbit, &orbits[number]))
            ++wrong;
    }
    printk("%u of %u results are right; ticks caught up %" PRIu32 ", skipped %" PRIu32 "\n", tasks - wrong, tasks,
        bulkhead_rtems_ticks_caught_up, bulkhead_rtems_ticks_skipped);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 5000
#define CONFIGURE_MAXIMUM_TASKS (TASKS_MAX + 1)
#define CONFIGURE_EXTRA_TASK_STACKS (TASKS_MAX * RTEMS_MINIMUM_STACK_SIZE)
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_STACK_SIZE (2 * RTEMS_MINIMUM_STACK_SIZE)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
