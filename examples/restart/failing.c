/* Works for a while, then writes where nothing of it is: at each start. */
#include <bulkhead.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define FORBIDDEN 0x90000000UL

/* How often the partition has been started, this time included. */
static unsigned starts(void)
{
    struct bulkhead_partition_description self;
    int32_t number = bulkhead_partition_find(bulkhead_partition_name());

    if (number < 0 || bulkhead_partition_describe((uint32_t) number, &self) != 0)
        return 0;
    return (unsigned) self.restarts + 1;
}

rtems_task Init(rtems_task_argument argument)
{
    volatile unsigned long *forbidden = (volatile unsigned long *) FORBIDDEN;

    (void) argument;
    printk("start %u: I work for 200 ms, then I fail\n", starts());
    (void) rtems_task_wake_after(rtems_clock_get_ticks_per_second() / 5);
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
