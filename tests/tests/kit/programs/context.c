/* Switches to a context that is no thread's, as RTEMS's tmcontext01 does. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/score/context.h>
#include <stdlib.h>

#define SWITCHES 100

/* Before it, where a thread would have its stack's address, lie zeros. */
static Context_Control contexts[9];

static rtems_task Init(rtems_task_argument argument)
{
    rtems_interrupt_level level;
    volatile int switches;

    (void)argument;
    for (switches = 0; switches < SWITCHES; ++switches) {
        rtems_interrupt_local_disable(level);
        _Context_Switch(&contexts[4], &contexts[4]);
        rtems_interrupt_local_enable(level);
    }
    rtems_task_wake_after(2);
    printk("%d switches to a context of no thread\n", switches);
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
