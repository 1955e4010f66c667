/* Does something wrong; its command line says what. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>
#include <string.h>

#include "versions.h"

static volatile unsigned zero;

/* Every call takes another piece of the stack. */
static __attribute__((__noinline__)) char recurse(unsigned depth)
{
    volatile char room[256];

    for (unsigned place = 0; place < sizeof(room); ++place)
        room[place] = (char)depth;
    if (depth > 0)
        recurse(depth - 1);
    return room[depth];
}

static rtems_task Init(rtems_task_argument argument)
{
    const char *what = *(const char **)argument;

    if (strcmp(what, "overflow") == 0) {
        recurse(RTEMS_MINIMUM_STACK_SIZE / 256 + 1);
        rtems_task_wake_after(1);
    } else if (strcmp(what, "fatal") == 0) {
        rtems_fatal(RTEMS_FATAL_SOURCE_APPLICATION, 0x1234);
    } else if (strcmp(what, "exception") == 0) {
        zero = 100 / zero;
    } else if (strcmp(what, "reset") == 0) {
        RESET(bsp_reset, RTEMS_FATAL_SOURCE_BSP, 0x77);
    } else if (strcmp(what, "exit") == 0) {
        exit(7);
    }
    printk("nothing happened\n");
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_STACK_CHECKER_ENABLED
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
