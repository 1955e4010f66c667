/* A partition that is never idle: it computes, writes to its memory, takes ticks and asks its kernel for the time. */
#include <rtems.h>

#include <stdint.h>

static volatile uint32_t memory[65536];

rtems_task Init(rtems_task_argument argument)
{
    uint32_t value = 1;

    (void) argument;
    for (;;) {
        for (uint32_t place = 0; place < sizeof(memory) / sizeof(memory[0]); ++place) {
            value = value * 1664525 + 1013904223;
            memory[place] += value;
        }
        (void) rtems_clock_get_uptime_nanoseconds();
        (void) rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
