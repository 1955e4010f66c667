/*
 * Interrupt handlers of the stand-in on the partition's own lines, 16 to 31: exit status 0 if all checks hold.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#define LINE 16
#define OTHER_LINE 31
#define DONE RTEMS_EVENT_0

static unsigned failures;
static volatile unsigned calls[3];
static volatile bool in_progress;
static volatile bool woken;
static volatile bool woken_in_handler;
static rtems_id waiting;

static void check(int line, const char *text, bool holds)
{
    if (!holds) {
        ++failures;
        printk("classic_lines: line %d: %s\n", line, text);
    }
}

#define CHECK(_condition) check(__LINE__, #_condition, _condition)
#define CHECK_STATUS(_call, _expected) check(__LINE__, #_call, (_call) == (_expected))

/* Uses the floating-point units, as a handler may. */
static void count(void *argument)
{
    volatile double half = 0.5;

    ++*(volatile unsigned *) argument;
    for (int round = 0; round < 20; ++round)
        half = half * 0.5 + 0.25;
    in_progress = rtems_interrupt_is_in_progress();
}

static void wake(void *argument)
{
    (void) argument;
    CHECK_STATUS(rtems_event_send(waiting, DONE), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_task_wake_after(1), RTEMS_CALLED_FROM_ISR);
    woken_in_handler = woken;
}

static rtems_task wait_for_handler(rtems_task_argument argument)
{
    rtems_event_set events;

    (void) argument;
    CHECK_STATUS(rtems_event_receive(DONE, RTEMS_WAIT, RTEMS_NO_TIMEOUT, &events), RTEMS_SUCCESSFUL);
    woken = true;
    rtems_task_exit();
}

rtems_task Init(rtems_task_argument argument)
{
    rtems_interrupt_level level;
    double sum = 0.0;

    (void) argument;
    CHECK_STATUS(rtems_interrupt_handler_install(0, "clock", RTEMS_INTERRUPT_SHARED, count, NULL),
        RTEMS_RESOURCE_IN_USE);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_raise(15), RTEMS_UNSATISFIED);
    CHECK_STATUS(rtems_interrupt_raise(32), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_interrupt_clear(LINE), RTEMS_SUCCESSFUL);

    /* Shared handlers. */
    CHECK_STATUS(rtems_interrupt_handler_install(LINE, "0", RTEMS_INTERRUPT_SHARED, count, (void *) &calls[0]),
        RTEMS_SUCCESSFUL);
    CHECK(calls[0] == 0);
    CHECK_STATUS(rtems_interrupt_handler_install(LINE, "1", RTEMS_INTERRUPT_SHARED, count, (void *) &calls[1]),
        RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_handler_install(LINE, "1", RTEMS_INTERRUPT_SHARED, count, (void *) &calls[1]),
        RTEMS_TOO_MANY);
    CHECK_STATUS(rtems_interrupt_handler_install(LINE, "2", RTEMS_INTERRUPT_UNIQUE, count, (void *) &calls[2]),
        RTEMS_RESOURCE_IN_USE);
    for (int round = 0; round < 10; ++round) {
        sum += 0.125;
        CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    }
    CHECK(sum == 1.25 && calls[0] == 10 && calls[1] == 10 && in_progress && !rtems_interrupt_is_in_progress());

    /* Not while disabled, not while masked; what was raised meanwhile comes once. */
    rtems_interrupt_local_disable(level);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK(calls[0] == 10);
    rtems_interrupt_local_enable(level);
    CHECK(calls[0] == 11);
    CHECK_STATUS(rtems_interrupt_vector_disable(LINE), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK(calls[0] == 11);
    CHECK_STATUS(rtems_interrupt_vector_enable(LINE), RTEMS_SUCCESSFUL);
    CHECK(calls[0] == 12);

    /* Removal. */
    CHECK_STATUS(rtems_interrupt_handler_remove(LINE, count, (void *) &calls[2]), RTEMS_UNSATISFIED);
    CHECK_STATUS(rtems_interrupt_handler_remove(LINE, count, (void *) &calls[0]), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK(calls[0] == 12 && calls[1] == 13);
    CHECK_STATUS(rtems_interrupt_handler_remove(LINE, count, (void *) &calls[1]), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_raise(LINE), RTEMS_SUCCESSFUL);
    CHECK(calls[1] == 13);

    /* A task that a handler wakes executes when the handler is done. */
    CHECK_STATUS(rtems_task_create(rtems_build_name('W', 'A', 'I', 'T'), 1, 8192, RTEMS_DEFAULT_MODES,
                     RTEMS_DEFAULT_ATTRIBUTES, &waiting),
        RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_task_start(waiting, wait_for_handler, 0), RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_interrupt_handler_install(OTHER_LINE, "wake", RTEMS_INTERRUPT_UNIQUE, wake, NULL),
        RTEMS_SUCCESSFUL);
    CHECK(!woken);
    CHECK_STATUS(rtems_interrupt_raise(OTHER_LINE), RTEMS_SUCCESSFUL);
    CHECK(woken && !woken_in_handler);

    printk("classic_lines: %u checks failed\n", failures);
    exit(failures != 0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_INIT_TASK_PRIORITY 10
#define CONFIGURE_INIT_TASK_STACK_SIZE 8192
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
