/* What every RTEMS program in a partition has: start-up, memory, dispatch after interrupts. */
#include "kit.h"

#include <bsp.h>
#include <bsp/bootcard.h>
#include <rtems/score/memory.h>
#include <rtems/score/threaddispatch.h>
#include <rtems/sysinit.h>

/* ---- Start-up ----------------------------------------------------------------------------------------------- */

const char *bsp_boot_cmdline;

/* Weak: programs may start RTEMS in a way of their own. */
__attribute__((__weak__)) void boot_card(const char *command_line)
{
    bsp_boot_cmdline = command_line;
    rtems_initialize_executive();
}

/* From the end of the image to the end of the partition's memory. */
static Memory_Area bulkhead_rtems_areas[1];

static const Memory_Information bulkhead_rtems_memory = MEMORY_INFORMATION_INITIALIZER(bulkhead_rtems_areas);

const Memory_Information *_Memory_Get(void)
{
    return &bulkhead_rtems_memory;
}

static void bulkhead_rtems_memory_initialize(void)
{
    uintptr_t begin = (uintptr_t)bulkhead_heap_start;
    uintptr_t end = bulkhead_memory_base() + bulkhead_memory_size();

    _Memory_Initialize_by_size(&bulkhead_rtems_areas[0], (void *)begin, end - begin);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_memory_initialize, RTEMS_SYSINIT_MEMORY, RTEMS_SYSINIT_ORDER_MIDDLE);

/* The last of RTEMS's initialization: tasks begin. */
static void bulkhead_rtems_begin_normal(void)
{
    bulkhead_begin_normal();
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_begin_normal, RTEMS_SYSINIT_LAST, RTEMS_SYSINIT_ORDER_LAST);

/* ---- Ticks -------------------------------------------------------------------------------------------------- */

void (*bulkhead_rtems_after_ticks)(void);

/* ---- Interrupts --------------------------------------------------------------------------------------------- */

/*
 * The guest layer calls the last of these on the interrupted thread's stack, interrupts disabled, when no handler is
 * active. What is rare is called as the last, so that the rest needs no frame.
 */
BULKHEAD_RTEMS_APART static void bulkhead_rtems_interrupted_left_stack(uintptr_t pointer)
{
    bulkhead_rtems_left_stack(_Per_CPU_Get()->executing, pointer);
}

__attribute__((__noinline__)) static void bulkhead_rtems_dispatch_interrupted(Per_CPU_Control *cpu)
{
    /* Per thread: this thread is not dispatched from an interrupt again before it has left this function. */
    cpu->isr_dispatch_disable = 1;
    do {
        cpu->thread_dispatch_disable_level = 1;
        bulkhead_rtems_dispatch(cpu);
        bulkhead_interrupts_disable();
        cpu = _Per_CPU_Get();
    } while (cpu->dispatch_necessary);
    cpu->isr_dispatch_disable = 0;
}

void bulkhead_after_interrupts(void)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();
    uintptr_t pointer = bulkhead_rtems_stack_pointer();

    if (bulkhead_rtems_has_left_stack(cpu, pointer))
        bulkhead_rtems_interrupted_left_stack(pointer);
    else if (cpu->dispatch_necessary && cpu->thread_dispatch_disable_level == 0 && cpu->isr_dispatch_disable == 0)
        bulkhead_rtems_dispatch_interrupted(cpu);
}
