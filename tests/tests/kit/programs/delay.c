/* The board's busy wait, in windows that are 4 ms of each 10: as long as it says by the clock of all partitions. */
#include <bsp.h>
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>

#include <bulkhead.h>

#define MICROSECOND UINT64_C(1000)

#ifdef __i386__
#define WAIT(milliseconds) Wait_X_ms(milliseconds)
#else
void rtems_bsp_delay(int usecs);
#define WAIT(milliseconds) rtems_bsp_delay((milliseconds) * 1000)
#endif

/* How long it takes, in microseconds. */
static uint32_t waited(int milliseconds)
{
    uint64_t begin = bulkhead_clock_now();

    WAIT(milliseconds);
    return (uint32_t)((bulkhead_clock_now() - begin) / MICROSECOND);
}

static rtems_task Init(rtems_task_argument argument)
{
    uint32_t none;
    uint32_t some;
    uint32_t many;

    (void)argument;
    /* At the begin of a window. */
    rtems_task_wake_after(2);
    none = waited(0);
    some = waited(1);
    many = waited(25);
    printk("waited %" PRIu32 " us, %" PRIu32 " us, %" PRIu32 " us\n", none, some, many);
    /* What ends while others run comes with the next window. */
    exit(none < 100 && some >= 1000 && some < 1100 && many >= 25000 && many < 31100 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
