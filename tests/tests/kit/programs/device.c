/*
 * A device whose interrupts come to RTEMS: by a handler, then by the interrupt server. It is a timer of the HPET on
 * x86-64, and on LEON3 the register with which the interrupt controller forces an interrupt.
 */
#include <bulkhead.h>
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/irq-extension.h>
#include <stdlib.h>

#define TURNS 20
#define CAME RTEMS_EVENT_0

static rtems_id task;
static uint32_t handled;

#if defined(__i386__)

#define KIND BULKHEAD_RESOURCE_KIND_MEMORY
#define CONFIGURATION 0x10
#define STATUS 0x20
#define COUNTER 0xf0
#define TIMER 0x100
#define COMPARATOR 0x108
#define PIN 20

static uintptr_t base;

static volatile uint32_t *at(uintptr_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

static void set_up(const struct bulkhead_resource_description *found)
{
    base = found->address;
    *at(CONFIGURATION) = 0;
    *at(STATUS) = 1;
    /* Its pin, 32 bits, an interrupt that lasts. */
    *at(TIMER) = PIN << 9 | 1 << 8 | 1 << 2 | 1 << 1;
    *at(CONFIGURATION) = 1;
}

static void ask(void)
{
    *at(COMPARATOR) = *at(COUNTER) + 100;
}

static void calm(void)
{
    *at(STATUS) = 1;
}

/* The vector is the line. */
static rtems_vector_number vector(const struct bulkhead_resource_description *interrupt)
{
    return interrupt->line;
}

#else

#define KIND BULKHEAD_RESOURCE_KIND_REGISTERS

static void set_up(const struct bulkhead_resource_description *found)
{
    (void)found;
}

static void ask(void)
{
    bulkhead_register_write((uint32_t)bulkhead_resource_find("clock", KIND, 0), 0, UINT32_MAX);
}

static void calm(void)
{
}

/* The vector is the interrupt's own number. */
static rtems_vector_number vector(const struct bulkhead_resource_description *interrupt)
{
    return interrupt->address;
}

#endif

static void came(void *argument)
{
    (void)argument;
    calm();
    ++handled;
    rtems_event_send(task, CAME);
}

/* Asks for an interrupt and waits for it, many times. */
static void turns(const char *how)
{
    rtems_event_set events;
    uint32_t good = 0;

    for (uint32_t turn = 1; turn <= TURNS; ++turn) {
        ask();
        rtems_status_code status = rtems_event_receive(CAME, RTEMS_EVENT_ALL | RTEMS_WAIT, 100, &events);
        good += status == RTEMS_SUCCESSFUL && handled == turn;
    }
    handled = 0;
    printk("device: %u of %u by %s\n", (unsigned)good, TURNS, how);
}

static rtems_task Init(rtems_task_argument argument)
{
    struct bulkhead_resource_description registers;
    struct bulkhead_resource_description interrupt;

    (void)argument;
    task = rtems_task_self();
    bulkhead_resource_describe((uint32_t)bulkhead_resource_find("clock", KIND, 0), &registers);
    bulkhead_resource_describe(
        (uint32_t)bulkhead_resource_find("clock", BULKHEAD_RESOURCE_KIND_INTERRUPT, 0), &interrupt);
    set_up(&registers);
    rtems_status_code status =
        rtems_interrupt_handler_install(vector(&interrupt), "clock", RTEMS_INTERRUPT_UNIQUE, came, NULL);
    printk("device: installed with %d\n", status);
    turns("a handler");
    rtems_interrupt_handler_remove(vector(&interrupt), came, NULL);
    status = rtems_interrupt_server_initialize(10, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
                                               RTEMS_DEFAULT_ATTRIBUTES, NULL);
    if (status == RTEMS_SUCCESSFUL)
        status = rtems_interrupt_server_handler_install(RTEMS_ID_NONE, vector(&interrupt), "clock",
                                                        RTEMS_INTERRUPT_UNIQUE, came, NULL);
    printk("device: server with %d\n", status);
    turns("the interrupt server");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_MAXIMUM_SEMAPHORES 1
#define CONFIGURE_INIT_TASK_PRIORITY 20
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
