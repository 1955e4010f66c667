/* Takes pictures. The first time that it is started it fails after half a second. */
#include <bulkhead.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define FORBIDDEN 0x90000000UL
#define PICTURES 5

rtems_task Init(rtems_task_argument argument)
{
    volatile unsigned long *forbidden = (volatile unsigned long *) FORBIDDEN;
    int is_first = bulkhead_start_information()->reason == BULKHEAD_START_REASON_SYSTEM_START;

    (void) argument;
    printk(is_first ? "I am on\n" : "I am on again\n");
    for (unsigned picture = 1; picture <= PICTURES; ++picture) {
        (void) rtems_task_wake_after(rtems_clock_get_ticks_per_second() / 10);
        printk("picture %u\n", picture);
    }
    if (is_first)
        *forbidden = 0xbad;
    printk("done\n");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
