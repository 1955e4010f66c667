/* A handler of the vector by which windows say that they have begun, for twenty of them, one to a tick. */
#include <rtems.h>
#include <rtems/irq-extension.h>
#include <stdlib.h>

#define VECTOR 1
#define WINDOWS 20

static volatile unsigned windows;

static void began(void *argument)
{
    (void)argument;
    ++windows;
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    rtems_task_wake_after(10);
    rtems_interrupt_handler_install(VECTOR, "windows", RTEMS_INTERRUPT_UNIQUE, began, NULL);
    rtems_task_wake_after(WINDOWS);
    rtems_interrupt_handler_remove(VECTOR, began, NULL);
    rtems_task_wake_after(10);
    exit(windows == WINDOWS ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 10000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
