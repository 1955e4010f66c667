/* Its handler of fatal errors returns to the task by longjmp(), or faults; the command line says which. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS 5

static volatile unsigned zero;
static jmp_buf task;
static bool leaves;

static void fatal(rtems_fatal_source source, bool always_false, rtems_fatal_code code)
{
    (void)always_false;
    (void)code;
    if (source != RTEMS_FATAL_SOURCE_EXCEPTION)
        return;
    if (leaves) {
        _ISR_Set_level(0);
        longjmp(task, 1);
    }
    printk("fault in the handler\n");
    zero = 100 / zero;
}

static rtems_task Init(rtems_task_argument argument)
{
    volatile unsigned left = 0;

    leaves = strcmp(*(const char **)argument, "leave") == 0;
    for (volatile unsigned number = 0; number < FAULTS; ++number) {
        if (setjmp(task) == 0)
            zero = 100 / zero;
        else
            ++left;
    }
    printk("left %u of %u faults\n", left, FAULTS);
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INITIAL_EXTENSIONS {.fatal = fatal}
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
