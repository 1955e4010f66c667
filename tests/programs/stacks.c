/* A task leaves its stack, and goes on in its neighbour's. The command line says what it does there. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>
#include <string.h>

#define STACK (16 * 1024)
#define BEYOND (2 * 1024)

static const char *what;
static volatile unsigned long total;

__attribute__((noinline)) static void do_it(void)
{
    rtems_interval start = rtems_clock_get_ticks_since_boot();

    if (strcmp(what, "waits") == 0) {
        rtems_task_wake_after(2);
    } else if (strcmp(what, "computes") == 0) {
        while (rtems_clock_get_ticks_since_boot() - start < 3) {
        }
    } else if (strcmp(what, "faults") == 0) {
        *(volatile int *) 16 = 0;
    }
}

/* As deep as so many bytes below `top`. */
__attribute__((noinline)) static unsigned long descend(const char *top, unsigned long bytes)
{
    volatile unsigned long room[16] = {bytes};

    if ((unsigned long) (top - (const char *) room) >= bytes) {
        do_it();
        return room[0];
    }
    return descend(top, bytes) + room[0];
}

static rtems_task deep(rtems_task_argument argument)
{
    char top;

    total = descend(&top, argument);
    rtems_task_wake_after(1);
    printk("%s: nobody has noticed\n", what);
    exit(strcmp(what, "fits") == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static rtems_task quiet(rtems_task_argument argument)
{
    (void) argument;
    for (;;) {
        rtems_task_wake_after(1);
    }
}

static void start(const char *name, rtems_task_entry entry, rtems_task_argument argument)
{
    rtems_id id;

    if (rtems_task_create(rtems_build_name(name[0], name[1], name[2], name[3]), 10, STACK, RTEMS_DEFAULT_MODES,
            RTEMS_DEFAULT_ATTRIBUTES, &id) != RTEMS_SUCCESSFUL
        || rtems_task_start(id, entry, argument) != RTEMS_SUCCESSFUL) {
        exit(EXIT_FAILURE);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    what = *(const char **) argument;
    start("ONE ", quiet, 0);
    start("TWO ", quiet, 0);
    start("DEEP", deep, strcmp(what, "fits") == 0 ? STACK - BEYOND : STACK + BEYOND);
    rtems_task_wake_after(20);
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 4
#define CONFIGURE_EXTRA_TASK_STACKS (8 * STACK)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
