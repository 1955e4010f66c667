/* What drivers of a PC ask of its board: the real-time clock's registers, by RTEMS's own driver, and delays. */
#include <bsp.h>
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/tod.h>
#include <stdlib.h>

#include <bulkhead.h>

#define DELAY_MS 5

static rtems_task Init(rtems_task_argument argument)
{
    rtems_time_of_day now;
    uint64_t begin;

    (void)argument;
    rtems_clock_get_tod(&now);
    printk("clock: RTEMS began in %u-%02u-%02u\n", (unsigned)now.year, (unsigned)now.month, (unsigned)now.day);
    now.month = 7;
    rtems_clock_set(&now);
    setRealTimeFromRTEMS();
    now.month = 3;
    rtems_clock_set(&now);
    setRealTimeToRTEMS();
    rtems_clock_get_tod(&now);
    printk("clock: set to month 7, the device says %u\n", (unsigned)now.month);
    begin = bulkhead_clock_now();
    Wait_X_ms(DELAY_MS);
    printk("clock: a wait is %s\n",
        bulkhead_clock_now() - begin >= DELAY_MS * 1000000ULL ? "long enough" : "too short");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_RTC_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
