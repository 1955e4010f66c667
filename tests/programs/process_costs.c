/*
 * How long services for processes take, in nanoseconds, which are instructions where one takes a nanosecond: what makes
 * a process of a higher priority execute, to its first instruction, and a lock of preemption that nobody minds. Where
 * the clock goes in steps, the mean of many is taken.
 */
#include <rtems.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "attributes.h"

#define TURNS 50

static uint64_t began, started, resumed, locked;
static PROCESS_ID_TYPE other;

static void must(RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR)
        exit(1);
}

static void be_other(void)
{
    RETURN_CODE_TYPE code;

    started += bulkhead_clock_now() - began;
    SUSPEND_SELF(INFINITE_TIME_VALUE, &code);
    resumed += bulkhead_clock_now() - began;
    must(code);
}

/* The mean, without what reading the clock takes; half of it is before a reading, half behind. */
static void tell(const char *name, uint64_t sum)
{
    uint64_t start = bulkhead_clock_now();

    for (unsigned turn = 0; turn < TURNS; ++turn)
        (void) bulkhead_clock_now();
    start = bulkhead_clock_now() - start;
    printf("cost: %s %u\n", name, (unsigned) ((sum - start + TURNS / 2) / TURNS));
}

static void measure(void)
{
    RETURN_CODE_TYPE code;
    LOCK_LEVEL_TYPE level;

    for (unsigned turn = 0; turn < TURNS; ++turn) {
        began = bulkhead_clock_now();
        START(other, &code);
        must(code);
        began = bulkhead_clock_now();
        RESUME(other, &code);
        must(code);
        began = bulkhead_clock_now();
        LOCK_PREEMPTION(&level, &code);
        UNLOCK_PREEMPTION(&level, &code);
        locked += bulkhead_clock_now() - began;
        must(code);
    }
    tell("process-start", started);
    tell("process-resume", resumed);
    tell("process-lock", locked);
    exit(0);
}

static PROCESS_ID_TYPE created(const char *name, void (*entry)(void), PRIORITY_TYPE priority)
{
    PROCESS_ATTRIBUTE_TYPE made = attributes(name, entry, priority);
    RETURN_CODE_TYPE code;
    PROCESS_ID_TYPE process;

    made.STACK_SIZE = 8192;
    CREATE_PROCESS(&made, &process, &code);
    must(code);
    return process;
}

rtems_task Init(rtems_task_argument argument)
{
    RETURN_CODE_TYPE code;

    (void) argument;
    other = created("other", be_other, 20);
    START(created("measures", measure, 10), &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 2000
#define CONFIGURE_MAXIMUM_TASKS 3
#define CONFIGURE_EXTRA_TASK_STACKS (2 * 8192)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
