/* RTEMS's shell on the partition's console, with the commands of the pack. */
#include <rtems.h>
#include <rtems/shell.h>

#include <stdio.h>
#include <stdlib.h>

#include <bulkhead/shell.h>

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    rtems_status_code status = rtems_shell_init("SHLL", 32 * 1024, 100, "/dev/console", false, true, NULL);
    printf("shell: ended with %d\n", (int)status);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 12
#define CONFIGURE_MAXIMUM_TASKS 4
#define CONFIGURE_EXTRA_TASK_STACKS (64 * 1024)
#define CONFIGURE_MAXIMUM_POSIX_KEYS 4
#define CONFIGURE_MAXIMUM_POSIX_KEY_VALUE_PAIRS 8
#define CONFIGURE_MAXIMUM_SEMAPHORES 4
#define CONFIGURE_APPLICATION_NEEDS_LIBBLOCK
#define CONFIGURE_MICROSECONDS_PER_TICK 10000
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT
#include <rtems/confdefs.h>

#define CONFIGURE_SHELL_COMMANDS_INIT
#define CONFIGURE_SHELL_COMMAND_HELP
#define CONFIGURE_SHELL_COMMANDS_ALL
#include <rtems/shellconfig.h>
