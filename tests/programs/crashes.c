/*
 * Writes where it may not, deeper in calls than the processor has register windows, while another task waits.
 */
#include <rtems.h>

#define DEPTH 12

volatile int reached;

__attribute__((noinline)) int fall(int depth)
{
    volatile int here = depth;

    if (depth == DEPTH) {
        reached = depth;
        *(volatile unsigned *) 0x90000000 = 0xbad;
        return here;
    }
    return fall(depth + 1) + here;
}

rtems_task waiter(rtems_task_argument argument)
{
    volatile int waits_for = (int) argument;

    rtems_task_wake_after(1000 * waits_for);
}

rtems_task Init(rtems_task_argument argument)
{
    rtems_id id;

    (void) argument;
    rtems_task_create(rtems_build_name('W', 'A', 'I', 'T'), 2, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &id);
    rtems_task_start(id, waiter, 7);
    rtems_task_wake_after(2);
    fall(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
