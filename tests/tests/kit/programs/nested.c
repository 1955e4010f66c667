/* A handler that is interrupted by another while both use floating point. For SPARC. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdint.h>
#include <stdlib.h>

#include "floating_point.h"
#include "versions.h"

/* Two lines of the partition's own, the second of a higher level. */
#define OUTER 16
#define INNER 3

#define ROUNDS 100

static volatile unsigned inside;
static volatile unsigned nested;
static volatile unsigned wrong;

static void inner(void *argument)
{
    (void)argument;
    nested += inside;
    fill(0x22222222);
}

static void outer(void *argument)
{
    (void)argument;
    inside = 1;
    fill(0x11111111);
    rtems_interrupt_raise(INNER);
    wrong += differ(0x11111111);
    inside = 0;
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    rtems_interrupt_handler_install(OUTER, "outer", RTEMS_INTERRUPT_UNIQUE, outer, NULL);
    rtems_interrupt_handler_install(INNER, "inner", RTEMS_INTERRUPT_UNIQUE, inner, NULL);
    rtems_interrupt_vector_enable(OUTER);
    rtems_interrupt_vector_enable(INNER);
    for (unsigned round = 0; round < ROUNDS; ++round) {
        fill(0x33333333);
        rtems_interrupt_raise(OUTER);
        wrong += differ(0x33333333);
    }
    printk("nested: %u of %u interrupts, %u registers wrong\n", nested, ROUNDS, wrong);
    exit(nested == ROUNDS && wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
