/*
 * A partition that another one starts again at any moment: it sends messages, each of which is one number many times,
 * without a pause, from two tasks; a start that is not whole would not come so far.
 */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>

#include <bulkhead.h>

static uint32_t message[256];

static void send_all(int32_t port, uint32_t number)
{
    for (unsigned place = 0; place < 256; ++place)
        message[place] = number;
    bulkhead_port_send((uint32_t)port, message, sizeof(message), 0);
}

static rtems_task other(rtems_task_argument argument)
{
    (void)argument;
    for (;;)
        rtems_task_wake_after(1);
}

static rtems_task Init(rtems_task_argument argument)
{
    uint32_t number = bulkhead_start_information()->restarts << 12;
    int32_t port = bulkhead_port_find("out");
    rtems_id task;

    (void)argument;
    if (port < 0 || rtems_task_create(rtems_build_name('O', 'T', 'H', 'R'), 2, RTEMS_MINIMUM_STACK_SIZE,
                        RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &task) != RTEMS_SUCCESSFUL ||
        rtems_task_start(task, other, 0) != RTEMS_SUCCESSFUL)
        exit(EXIT_FAILURE);
    for (;;) {
        send_all(port, ++number);
        rtems_task_wake_after(1);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
