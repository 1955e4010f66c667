/* Calls itself without end: its stack overflows. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

static volatile unsigned long depth;

__attribute__((noinline)) static unsigned long descend(unsigned long value)
{
    volatile unsigned long kept = value;

    if (value == 0) {
        return depth;
    }
    return descend(value + 1) + kept;
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    printk("I descend\n");
    depth = descend(1);
    exit(1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
