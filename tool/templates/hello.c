/* Says hello and halts. */

#include <rtems.h>
#include <rtems/bspIo.h>

rtems_task Init(rtems_task_argument argument)
{
  (void) argument;

  printk("hello from the first partition\n");
  rtems_shutdown_executive(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT

#include <rtems/confdefs.h>
