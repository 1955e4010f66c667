/* Counts five seconds, one line each, and halts. */

#include <rtems.h>
#include <rtems/bspIo.h>

rtems_task Init(rtems_task_argument argument)
{
  (void) argument;

  for (int second = 1; second <= 5; ++second) {
    rtems_task_wake_after(rtems_clock_get_ticks_per_second());
    printk("%d s\n", second);
  }
  rtems_shutdown_executive(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MICROSECONDS_PER_TICK 10000
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT

#include <rtems/confdefs.h>
