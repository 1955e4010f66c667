/*
 * Something to be debugged: counts its rounds, each with calls deeper than the processor has register windows, and
 * waits in between. The first argument is who it is.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define ROUNDS 5
#define DEPTH 12

volatile int who;
volatile int rounds;
volatile int reached;

__attribute__((noinline)) int bottom(int depth)
{
    reached = depth;
    return reached;
}

/* Not a loop: what comes back is used. */
__attribute__((noinline)) int descend(int depth)
{
    volatile int here = depth;

    if (depth == DEPTH) {
        return bottom(depth) + here;
    }
    return descend(depth + 1) + here;
}

__attribute__((noinline)) void round_of(int number)
{
    rounds = number;
    descend(0);
}

rtems_task Init(rtems_task_argument argument)
{
    who = atoi(*(const char **) argument);
    for (int number = 1; number <= ROUNDS; ++number) {
        round_of(number);
        rtems_task_wake_after(1);
    }
    printk("%d: %d rounds\n", who, rounds);
    exit(who);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
