/* A program that build systems build: says by which, and what its command line is. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <bsp.h>
#include <bsp/bootcard.h>

#include <math.h>
#include <stdlib.h>

#include <bulkhead/port.h>

#if defined(__i386__)
#define COMMAND_LINE() bsp_cmdline()
#else
#define COMMAND_LINE() bsp_boot_cmdline
#endif

static rtems_task Init(rtems_task_argument argument)
{
    volatile double square = 1764;

    (void)argument;
    printk("built by %s, %d, `%s`\n", BUILT_BY, (int)sqrt(square), COMMAND_LINE());
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
