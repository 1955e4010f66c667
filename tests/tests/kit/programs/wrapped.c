/* Its board's reset is wrapped by the linker, which RTEMS's end comes to; the command line says how it ends. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>
#include <string.h>

#include "versions.h"

RTEMS_NO_RETURN void __real_bsp_reset(RESET_PARAMETERS);
RTEMS_NO_RETURN void __wrap_bsp_reset(RESET_PARAMETERS);

void __wrap_bsp_reset(RESET_PARAMETERS)
{
#if __RTEMS_MAJOR__ >= 6
    printk("reset by %u, code 0x%x\n", (unsigned)source, (unsigned)code);
#else
    printk("reset\n");
#endif
    RESET(__real_bsp_reset, source, code);
}

static rtems_task Init(rtems_task_argument argument)
{
    const char *what = *(const char **)argument;

    if (strcmp(what, "fatal") == 0)
        rtems_fatal(RTEMS_FATAL_SOURCE_APPLICATION, 0x7b);
    exit(5);
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
