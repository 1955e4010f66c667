/* A task at each interrupt level, and what comes there: lines, the clock, handlers at their own level. For SPARC. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/score/isrlevel.h>
#include <stdint.h>
#include <stdlib.h>

#include "versions.h"

/* The vectors that a program for LEON3 raises for itself: each has the level of its number. */
#define FIRST 3
#define LAST 15

/* The level of the clock's interrupt. */
#define CLOCK_LEVEL 8

static volatile uint32_t seen;

/* A vector that the next handler raises, 0 for none. */
static volatile unsigned inside;

static unsigned held;
static unsigned wrong;

static void check(int good, const char *what, unsigned level)
{
    if (!good) {
        printk("levels: %s at level %u\n", what, level);
        ++wrong;
    }
}

static bool has_come(unsigned vector)
{
    return (seen >> vector & 1) != 0;
}

/* Runs at its own level, and is interrupted from above alone. */
static void handler(void *argument)
{
    unsigned vector = (unsigned)(uintptr_t)argument;
    unsigned other = inside;

    check(_ISR_Get_level() == vector, "a handler's level is another", vector);
    seen |= UINT32_C(1) << vector;
    if (other != 0) {
        inside = 0;
        rtems_interrupt_raise(other);
        check(has_come(other) == (other > vector), "a handler was interrupted wrongly", vector);
    }
}

static void nest(unsigned vector, unsigned other)
{
    seen = 0;
    inside = other;
    rtems_interrupt_raise(vector);
    check(has_come(vector) && has_come(other), "interrupts have not come", 0);
}

static unsigned level_now(void)
{
    rtems_mode mode;

    rtems_task_mode(RTEMS_CURRENT_MODE, RTEMS_CURRENT_MODE, &mode);
    return RTEMS_INTERRUPT_LEVEL(mode);
}

static void set_level(unsigned level)
{
    rtems_mode mode;

    rtems_task_mode(RTEMS_INTERRUPT_LEVEL(level), RTEMS_INTERRUPT_MASK, &mode);
}

/* More than a tick. */
static bool the_clock_ticks(void)
{
    rtems_interval before = rtems_clock_get_ticks_since_boot();
    uint64_t start = rtems_clock_get_uptime_nanoseconds();

    while (rtems_clock_get_uptime_nanoseconds() - start < 3000000)
        ;
    return rtems_clock_get_ticks_since_boot() != before;
}

static void at_level(unsigned level)
{
    rtems_interrupt_level previous;

    set_level(level);
    check(level_now() == level && _ISR_Get_level() == level, "the level is another", level);
    seen = 0;
    for (unsigned vector = FIRST; vector <= LAST; ++vector) {
        rtems_interrupt_raise(vector);
        check(has_come(vector) == (vector > level), "an interrupt came or waited wrongly", level);
        held += !has_come(vector);
    }
    check(_ISR_Get_level() == level, "the level is another after interrupts", level);
    rtems_interrupt_local_disable(previous);
    check(_ISR_Get_level() == LAST, "interrupts are not disabled", level);
    rtems_interrupt_local_enable(previous);
    check(_ISR_Get_level() == level, "the level is another after a critical section", level);
    check(the_clock_ticks() == (level < CLOCK_LEVEL), "the clock ticked or waited wrongly", level);
    set_level(0);
    for (unsigned vector = FIRST; vector <= LAST; ++vector)
        check(has_come(vector), "an interrupt has not come after", level);
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    for (unsigned vector = FIRST; vector <= LAST; ++vector) {
        rtems_interrupt_handler_install(vector, "level", RTEMS_INTERRUPT_UNIQUE, handler, (void *)(uintptr_t)vector);
        rtems_interrupt_vector_enable(vector);
    }
    for (unsigned level = 0; level <= LAST; ++level)
        at_level(level);
    for (unsigned vector = FIRST; vector <= LAST; ++vector)
        for (unsigned other = FIRST; other <= LAST; ++other)
            if (other != vector)
                nest(vector, other);
    printk("levels: 16 levels, %u held back, %u wrong\n", held, wrong);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
