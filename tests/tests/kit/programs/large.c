/* A program that is larger than its partition's memory. */
#include <rtems.h>

static volatile char room[1024 * 1024];

static rtems_task Init(rtems_task_argument argument)
{
    room[argument & 0xffff] = 1;
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
