/* Interrupts that come while they are disabled, or while their vector is: when they come through. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdint.h>
#include <stdlib.h>

#include "versions.h"

/* A vector that the partition raises for itself. */
#define VECTOR 16

/* The kit's functions of these names, behind RTEMS's macros. Of a stock kit for LEON3 they take traps. */
extern rtems_interrupt_level kit_disable(void) __asm__("rtems_interrupt_disable");
extern void kit_enable(rtems_interrupt_level level) __asm__("rtems_interrupt_enable");

static volatile unsigned seen;
static unsigned checks;
static unsigned wrong;

static void expect(unsigned count, const char *when)
{
    ++checks;
    if (seen != count) {
        printk("held: %u interrupts %s, not %u\n", seen, when, count);
        ++wrong;
    }
}

/* A task that each interrupt switches to, if there is one, and what it computes. */
static rtems_id other;
static volatile double computed = 1;

static rtems_task compute(rtems_task_argument argument)
{
    (void)argument;
    for (;;) {
        rtems_event_set events;

        rtems_event_receive(RTEMS_EVENT_0, RTEMS_EVENT_ALL | RTEMS_WAIT, RTEMS_NO_TIMEOUT, &events);
        computed = (computed * 3 + 1) / (computed + 2);
    }
}

static void handler(void *argument)
{
    (void)argument;
    ++seen;
    if (other != 0) {
        rtems_event_send(other, RTEMS_EVENT_0);
    }
}

/* What is in registers stays there while an interrupt is handled in the middle. */
static __attribute__((__noinline__)) uint32_t mixed(uint32_t a, uint32_t b, uint32_t c, uint32_t d, int raise)
{
    rtems_interrupt_level level;
    uint32_t e = a ^ c;
    uint32_t f = b ^ d;

    rtems_interrupt_disable(level);
    if (raise) {
        rtems_interrupt_raise(VECTOR);
    }
    a += b * 3, b += c * 5, c += d * 7, d += e * 11, e += f * 13, f += a * 17;
    rtems_interrupt_enable(level);
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}

/* The same in floating-point registers, while the other task has them in the middle. */
static __attribute__((__noinline__)) double floating(const volatile double *source, int raise)
{
    rtems_interrupt_level level;
    double a = source[0];
    double b = source[1] * a;
    double c = source[2] + b;

    rtems_interrupt_disable(level);
    if (raise) {
        rtems_interrupt_raise(VECTOR);
    }
    rtems_interrupt_enable(level);
    return a * b - c;
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_interrupt_level outer;
    rtems_interrupt_level inner;

    (void)argument;
    rtems_interrupt_handler_install(VECTOR, "held", RTEMS_INTERRUPT_UNIQUE, handler, NULL);
    rtems_interrupt_raise(VECTOR);
    expect(1, "at once");

    rtems_interrupt_disable(outer);
    rtems_interrupt_raise(VECTOR);
    expect(1, "while they are disabled");
    rtems_interrupt_disable(inner);
    rtems_interrupt_enable(inner);
    expect(1, "while they are disabled still");
    rtems_interrupt_flash(outer);
    expect(2, "in a flash");
    rtems_interrupt_raise(VECTOR);
    expect(2, "behind a flash");
    rtems_interrupt_enable(outer);
    expect(3, "when they are enabled");

    rtems_interrupt_vector_disable(VECTOR);
    rtems_interrupt_raise(VECTOR);
    rtems_interrupt_disable(outer);
    rtems_interrupt_flash(outer);
    rtems_interrupt_enable(outer);
    expect(3, "while their vector is disabled");
    rtems_interrupt_disable(outer);
    rtems_interrupt_vector_enable(VECTOR);
    expect(3, "while only their vector is enabled");
    rtems_interrupt_enable(outer);
    expect(4, "when both are enabled");

    outer = kit_disable();
    rtems_interrupt_raise(VECTOR);
    rtems_interrupt_disable(inner);
    kit_enable(inner);
    expect(4, "while the kit's function has disabled them");
    rtems_interrupt_enable(outer);
    expect(5, "when what it returned is put back");
    rtems_interrupt_disable(outer);
    rtems_interrupt_raise(VECTOR);
    inner = kit_disable();
    rtems_interrupt_enable(inner);
    expect(5, "while they are disabled by both");
    kit_enable(outer);
    expect(6, "when the kit's function enables them");

    for (uint32_t i = 0; i < 100; ++i) {
        uint32_t quiet = mixed(i, i + 1, ~i, i * i, 0);

        if (mixed(i, i + 1, ~i, i * i, 1) != quiet) {
            ++wrong;
        }
    }
    expect(106, "among other things");

    rtems_task_create(rtems_build_name('O', 'T', 'H', 'R'), 1, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
        RTEMS_FLOATING_POINT, &other);
    rtems_task_start(other, compute, 0);
    for (uint32_t i = 0; i < 100; ++i) {
        const volatile double source[] = {i + 0.5, i * 3.25, 7.75 - i};

        if (floating(source, 1) != floating(source, 0)) {
            ++wrong;
        }
    }
    expect(206, "while others compute");
    if (computed == 1) {
        ++wrong;
    }
    printk("held: %u checks, %u wrong\n", checks, wrong);
    exit(wrong != 0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_INIT_TASK_PRIORITY 2
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
