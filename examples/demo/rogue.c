/* Behaves for a second, then writes where nothing of it is. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define FORBIDDEN 0x90000000UL

rtems_task Init(rtems_task_argument argument)
{
    volatile unsigned long *forbidden = (volatile unsigned long *) FORBIDDEN;

    (void) argument;
    printk("I behave for a second\n");
    (void) rtems_task_wake_after(rtems_clock_get_ticks_per_second());
    printk("now I write to 0x%lx, which is not mine\n", FORBIDDEN);
    *forbidden = 0xbad;
    printk("nobody has stopped me\n");
    exit(1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
