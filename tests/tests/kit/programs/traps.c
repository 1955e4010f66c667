/* SPARC: handlers of traps by rtems_interrupt_catch(), and what is refused. The command line says what. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/score/cpu.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned traps[4];
static volatile unsigned zero;

static rtems_isr caught(rtems_vector_number vector)
{
    static const rtems_vector_number expected[] = {SPARC_SYNCHRONOUS_TRAP(0x02), SPARC_SYNCHRONOUS_TRAP(0x09),
        SPARC_SYNCHRONOUS_TRAP(0x2a), SPARC_SYNCHRONOUS_TRAP(0x91)};

    for (unsigned place = 0; place < 4; ++place)
        if (vector == expected[place])
            ++traps[place];
}

static void catch_trap(unsigned trap)
{
    rtems_isr_entry previous;

    if (rtems_interrupt_catch(caught, SPARC_SYNCHRONOUS_TRAP(trap), &previous) != RTEMS_SUCCESSFUL)
        exit(EXIT_FAILURE);
}

static rtems_task Init(rtems_task_argument argument)
{
    const char *what = *(const char **)argument;
    CPU_ISR_raw_handler previous;
    rtems_interval before;

    if (strcmp(what, "raw") == 0)
        _CPU_ISR_install_raw_handler(0x02, (CPU_ISR_raw_handler)caught, &previous);
    if (strcmp(what, "window") == 0)
        catch_trap(0x05);
    catch_trap(0x02);
    catch_trap(0x09);
    catch_trap(0x2a);
    catch_trap(0x91);
    for (unsigned times = 0; times < 5; ++times) {
        __asm__ volatile("unimp 0" : : : "memory");
        __asm__ volatile("st %%g0, [%0]" : : "r"(0x20) : "memory");
        __asm__ volatile("wr %%g0, %%y\n nop\n nop\n nop\n udiv %0, %1, %%o0" : : "r"(7), "r"(zero) : "o0", "memory");
        __asm__ volatile("ta 0x11" : : : "memory");
    }
    /* Time and tasks go on as before. */
    before = rtems_clock_get_ticks_since_boot();
    rtems_task_wake_after(3);
    printk("traps %u %u %u %u, %s\n", traps[0], traps[1], traps[2], traps[3],
        rtems_clock_get_ticks_since_boot() - before >= 3 ? "and the clock ticks" : "and no clock");
    exit(EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
