/* A clock tick that comes faster than it can be announced. */
#include <rtems.h>
#include <rtems/bspIo.h>

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    for (;;)
        rtems_task_wake_after(1000);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
