/*
 * SPARC: a device's interrupts by their numbers, to handlers of both kinds. None is lost while its vector is disabled,
 * and a vector whose trap is caught no more is as it was before.
 */
#include <bulkhead.h>
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/irq-extension.h>
#include <rtems/score/cpu.h>
#include <stdlib.h>

#include "versions.h"

#define TURNS 20

/* The trap of the interrupt 0, which there is not. */
#define TRAP 0x10

static const rtems_vector_number vectors[] = {1, 5};

static volatile unsigned handled;
static volatile unsigned trapped;
static unsigned wrong;

static void came(void *argument)
{
    (void)argument;
    ++handled;
}

static rtems_isr caught(rtems_vector_number trap)
{
    (void)trap;
    ++trapped;
}

/* The controller forces the interrupt, and by the end of this it has come. */
static void force(rtems_vector_number vector)
{
    uint32_t registers = (uint32_t)bulkhead_resource_find("force", BULKHEAD_RESOURCE_KIND_REGISTERS, 0);

    bulkhead_register_write(registers, 0, UINT32_C(1) << vector);
    for (volatile unsigned wait = 0; wait < 200; ++wait)
        continue;
}

static void expect(unsigned count, unsigned trap_count, rtems_vector_number vector, const char *when)
{
    if (handled == count && trapped == trap_count)
        return;
    ++wrong;
    printk("vector %u: %u and %u instead of %u and %u %s\n", (unsigned)vector, handled, trapped, count, trap_count,
        when);
}

static void turns(rtems_vector_number vector)
{
    handled = 0;
    trapped = 0;
    for (unsigned turn = 1; turn <= TURNS; ++turn)
        force(vector);
}

static void try(rtems_vector_number vector)
{
    CPU_ISR_handler ours;
    rtems_isr_entry previous;

    rtems_interrupt_handler_install(vector, "force", RTEMS_INTERRUPT_UNIQUE, came, NULL);
    turns(vector);
    expect(TURNS, 0, vector, "to a handler");
    rtems_interrupt_vector_disable(vector);
    force(vector);
    expect(TURNS, 0, vector, "while the vector is disabled");
    rtems_interrupt_vector_enable(vector);
    expect(TURNS + 1, 0, vector, "when the vector is enabled again");

    rtems_interrupt_catch(caught, TRAP + vector, &previous);
    turns(vector);
    expect(0, TURNS, vector, "to a handler of the trap");
    /* RTEMS's own directive takes no handler back. */
    _CPU_ISR_install_vector(TRAP + vector, NULL, &ours);
    force(vector);
    expect(0, TURNS, vector, "when the trap is caught no more");
    rtems_interrupt_vector_enable(vector);
    expect(1, TURNS, vector, "when the vector is enabled behind that");
    turns(vector);
    expect(TURNS, 0, vector, "to a handler again");
    rtems_interrupt_handler_remove(vector, came, NULL);
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    for (size_t number = 0; number < RTEMS_ARRAY_SIZE(vectors); ++number)
        try(vectors[number]);
    printk("interrupts of two numbers, %u wrong\n", wrong);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
