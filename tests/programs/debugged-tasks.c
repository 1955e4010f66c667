/*
 * Tasks to be looked at by a debugger: one that waits deep in calls, one that computes whenever it can, one that is
 * never started, and the first, which comes round each tick.
 */
#include <rtems.h>

volatile int rounds;
volatile unsigned counted;
volatile int waited;

__attribute__((noinline)) int wait_deep(int depth)
{
    volatile int here = depth;
    rtems_event_set events;

    if (depth == 3) {
        rtems_event_receive(RTEMS_EVENT_1, RTEMS_EVENT_ALL, RTEMS_NO_TIMEOUT, &events);
        ++waited;
        return here;
    }
    return wait_deep(depth + 1) + here;
}

rtems_task waiter(rtems_task_argument argument)
{
    for (;;) {
        wait_deep((int) argument);
    }
}

__attribute__((noinline)) void count_on(int by)
{
    for (;;) {
        counted += by;
    }
}

rtems_task counter(rtems_task_argument argument)
{
    count_on((int) argument);
}

static rtems_id create(const char *name, rtems_task_priority priority)
{
    rtems_id id;

    rtems_task_create(rtems_build_name(name[0], name[1], name[2], name[3]), priority, RTEMS_MINIMUM_STACK_SIZE,
        RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id);
    return id;
}

__attribute__((noinline)) void come_round(rtems_id other)
{
    ++rounds;
    if (rounds % 2 == 0) {
        rtems_event_send(other, RTEMS_EVENT_1);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    rtems_id other = create("WAIT", 5);

    (void) argument;
    rtems_task_start(other, waiter, 1);
    rtems_task_start(create("CNT ", 9), counter, 3);
    create("LATE", 7);
    for (;;) {
        rtems_task_wake_after(1);
        come_round(other);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 4
#define CONFIGURE_INIT_TASK_PRIORITY 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
