/*
 * Three tasks print the time of day every 5, 10 and 15 seconds, as the sample of RTEMS does from which every RTEMS user
 * knows it.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>

#define TASKS 3
#define END_SECOND 35

static void print_time(const char *task)
{
    rtems_time_of_day time;

    rtems_clock_get_tod(&time);
    if (time.second >= END_SECOND) {
        printk("*** end of ticker ***\n");
        exit(0);
    }
    printk("%s %02" PRIu32 ":%02" PRIu32 ":%02" PRIu32 " %02" PRIu32 "/%02" PRIu32 "/%04" PRIu32 "\n", task, time.hour,
        time.minute, time.second, time.month, time.day, time.year);
}

static rtems_task ticker(rtems_task_argument number)
{
    static const char *const names[TASKS] = { "TA1", "TA2", "TA3" };
    rtems_interval period = (number + 1) * 5 * rtems_clock_get_ticks_per_second();

    for (;;) {
        print_time(names[number]);
        (void) rtems_task_wake_after(period);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    /* One tick after nine: who waits n ticks wakes up to one tick early, as the first is not a whole one. */
    const rtems_time_of_day start = { 1988, 12, 31, 9, 0, 0, 1 };

    (void) argument;
    rtems_clock_set(&start);
    for (rtems_task_argument number = 0; number < TASKS; ++number) {
        rtems_id id;

        rtems_task_create(rtems_build_name('T', 'A', '1' + (char) number, ' '), 2, RTEMS_MINIMUM_STACK_SIZE,
            RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id);
        rtems_task_start(id, ticker, number);
    }
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS (TASKS + 1)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
