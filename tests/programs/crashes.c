/*
 * Writes where it may not, deeper in calls than the processor has register windows and with a number in floating-point
 * registers, while another task waits.
 */
#include <rtems.h>

#define DEPTH 12

volatile int reached;
volatile double shown = 0.0625;

__attribute__((noinline)) int fall(int depth)
{
    volatile int here = depth;

    if (depth == DEPTH) {
        reached = depth;
#if defined(__sparc__)
        __asm__ volatile("ldd [%0], %%f6\n\tst %1, [%2]"
            : : "r"(&shown), "r"(0xbad), "r"(0x90000000) : "f6", "f7", "memory");
#else
        __asm__ volatile("fldl (%0)\n\tmovsd (%0), %%xmm5\n\tmovl %1, (%2)\n\tfstp %%st"
            : : "r"(&shown), "r"(0xbad), "r"(0x90000000) : "xmm5", "memory");
#endif
        return here;
    }
    return fall(depth + 1) + here;
}

rtems_task waiter(rtems_task_argument argument)
{
    volatile int waits_for = (int) argument;

    rtems_task_wake_after(1000 * waits_for);
}

rtems_task Init(rtems_task_argument argument)
{
    rtems_id id;

    (void) argument;
    rtems_task_create(rtems_build_name('W', 'A', 'I', 'T'), 2, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &id);
    rtems_task_start(id, waiter, 7);
    rtems_task_wake_after(2);
    fall(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
