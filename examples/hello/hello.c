/* Says hello from a partition, and ends. */
#include <rtems.h>

#include <stdio.h>
#include <stdlib.h>

rtems_task Init(rtems_task_argument argument)
{
    const char *command_line = *(const char **) argument;

    printf("hello from a partition; its command line says: %s\n", command_line);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
/* printf uses floating-point registers on SPARC. */
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
