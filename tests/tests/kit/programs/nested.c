/* A handler that is interrupted by another while both use floating point. For SPARC. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdint.h>
#include <stdlib.h>

/* Two lines of the partition's own, the second of a higher level. */
#define OUTER 16
#define INNER 3

#define ROUNDS 100

static volatile unsigned inside;
static volatile unsigned nested;
static volatile unsigned wrong;

/* All registers hold the number. */
static void fill(uint32_t number)
{
    uint32_t words[2] __attribute__((__aligned__(8))) = {number, ~number};

    __asm__ volatile("ldd [%0], %%f0\n ldd [%0], %%f2\n ldd [%0], %%f4\n ldd [%0], %%f6\n"
                     "ldd [%0], %%f8\n ldd [%0], %%f10\n ldd [%0], %%f12\n ldd [%0], %%f14\n"
                     "ldd [%0], %%f16\n ldd [%0], %%f18\n ldd [%0], %%f20\n ldd [%0], %%f22\n"
                     "ldd [%0], %%f24\n ldd [%0], %%f26\n ldd [%0], %%f28\n ldd [%0], %%f30\n"
                     : : "r"(words), "m"(words));
}

static void compare(uint32_t number)
{
    uint32_t words[32] __attribute__((__aligned__(8)));

    __asm__ volatile("std %%f0, [%0]\n std %%f2, [%0 + 8]\n std %%f4, [%0 + 16]\n std %%f6, [%0 + 24]\n"
                     "std %%f8, [%0 + 32]\n std %%f10, [%0 + 40]\n std %%f12, [%0 + 48]\n std %%f14, [%0 + 56]\n"
                     "std %%f16, [%0 + 64]\n std %%f18, [%0 + 72]\n std %%f20, [%0 + 80]\n std %%f22, [%0 + 88]\n"
                     "std %%f24, [%0 + 96]\n std %%f26, [%0 + 104]\n std %%f28, [%0 + 112]\n std %%f30, [%0 + 120]\n"
                     : : "r"(words) : "memory");
    for (unsigned place = 0; place < 32; ++place)
        wrong += words[place] != (place % 2 == 0 ? number : ~number);
}

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
    compare(0x11111111);
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
        compare(0x33333333);
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
