/*
 * How long it is from a fault to the first instruction of a handler, in nanoseconds, which are instructions where one
 * takes a nanosecond: of the partition's fault handler, and of ARINC 653's error handler, which is a task. Where the
 * clock goes in steps, the mean of many is taken.
 */
#include <rtems.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TURNS 100

static uint64_t began, sum;
static volatile unsigned turns;

/* An instruction that there is not, of this length. */
#if defined(__i386__)
#define FAULT() __asm__ volatile("ud2" ::: "memory")
#define LENGTH 2
#else
#define FAULT() __asm__ volatile("unimp" ::: "memory")
#define LENGTH 4
#endif

/* On the fault stack: the fault is over, and the program goes on behind the instruction. */
static void fault(struct bulkhead_fault_frame *frame)
{
    sum += bulkhead_clock_now() - began;
    frame->program_counter += LENGTH;
#if defined(__sparc__)
    frame->next_program_counter = frame->program_counter + LENGTH;
#endif
}

/* The task begins anew, with the next turn. */
static void handle_error(void)
{
    ERROR_STATUS_TYPE status;
    RETURN_CODE_TYPE code;

    sum += bulkhead_clock_now() - began;
    GET_ERROR_STATUS(&status, &code);
    rtems_task_restart((rtems_id) status.FAILED_PROCESS_ID, 0);
}

static rtems_task fail(rtems_task_argument argument)
{
    (void) argument;
    if (turns++ < TURNS) {
        began = bulkhead_clock_now();
        FAULT();
    }
    rtems_task_suspend(RTEMS_SELF);
}

/* The mean, without what reading the clock takes; half of it is before a reading, half behind. */
static void tell(const char *name)
{
    uint64_t start = bulkhead_clock_now();

    for (unsigned turn = 0; turn < TURNS; ++turn)
        (void) bulkhead_clock_now();
    start = bulkhead_clock_now() - start;
    printf("cost: %s %u\n", name, (unsigned) ((sum - start + TURNS / 2) / TURNS));
    sum = 0;
}

static void good(bool condition)
{
    if (!condition)
        exit(1);
}

rtems_task Init(rtems_task_argument argument)
{
    RETURN_CODE_TYPE code;
    rtems_id task;

    (void) argument;
    CREATE_ERROR_HANDLER(handle_error, 8192, &code);
    good(code == NO_ERROR);
    SET_PARTITION_MODE(NORMAL, &code);
    good(code == NO_ERROR);
    good(rtems_task_create(rtems_build_name('F', 'A', 'I', 'L'), 100, 8192, RTEMS_DEFAULT_MODES,
             RTEMS_DEFAULT_ATTRIBUTES, &task) == RTEMS_SUCCESSFUL);
    good(rtems_task_start(task, fail, 0) == RTEMS_SUCCESSFUL);
    rtems_task_wake_after(5);
    good(turns == TURNS + 1);
    tell("error-handler");

    bulkhead_fault_handler(fault);
    rtems_task_wake_after(1);
    for (turns = 0; turns < TURNS; ++turns) {
        began = bulkhead_clock_now();
        FAULT();
    }
    tell("fault-handler");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 2000
#define CONFIGURE_MAXIMUM_TASKS 3
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
