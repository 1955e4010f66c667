/* What every RTEMS program in a partition has: offsets for the assembly, start-up, memory, dispatch after interrupts. */
#include "kit.h"

#include <stddef.h>

#include <bsp.h>
#include <bsp/bootcard.h>
#include <rtems/score/memory.h>
#include <rtems/score/threaddispatch.h>
#include <rtems/sysinit.h>

/* ---- Offsets for context.S, as absolute symbols ------------------------------------------------------------- */

#define OFFSET(name, value)                                      \
    __asm__ volatile(".globl bulkhead_rtems_" name "\n"          \
                     ".set bulkhead_rtems_" name ", %c0" : : "i"(value))

/* Never called: only a function can have assembly with operands. */
void bulkhead_rtems_offsets(void);
__attribute__((__used__)) void bulkhead_rtems_offsets(void)
{
    OFFSET("isr_dispatch_disable_offset", offsetof(Per_CPU_Control, isr_dispatch_disable));
    OFFSET("context_flags", offsetof(Context_Control, eflags));
    OFFSET("context_esp", offsetof(Context_Control, esp));
    OFFSET("context_ebp", offsetof(Context_Control, ebp));
    OFFSET("context_ebx", offsetof(Context_Control, ebx));
    OFFSET("context_esi", offsetof(Context_Control, esi));
    OFFSET("context_edi", offsetof(Context_Control, edi));
    OFFSET("context_gs", offsetof(Context_Control, gs));
    OFFSET("context_isr_dispatch_disable", offsetof(Context_Control, isr_dispatch_disable));
}

/* ---- Floating point ----------------------------------------------------------------------------------------- */

/* In the form that the kit's Context_Control_fp has. Storing with fsave also resets the unit, as RTEMS expects. */
void _CPU_Context_save_fp(Context_Control_fp **context)
{
#ifdef __SSE__
    __asm__ volatile("fxsave %0" : "=m"(**context));
#else
    __asm__ volatile("fsave %0" : "=m"(**context));
#endif
}

void _CPU_Context_restore_fp(Context_Control_fp **context)
{
#ifdef __SSE__
    __asm__ volatile("fxrstor %0" : : "m"(**context));
#else
    __asm__ volatile("frstor %0" : : "m"(**context));
#endif
}

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

/* RTEMS makes its first thread pointer current with inline code, which the kernel does not see. */
static void bulkhead_rtems_first_thread_pointer(void)
{
    bulkhead_rtems_set_thread_pointer();
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_first_thread_pointer, RTEMS_SYSINIT_IDLE_THREADS, RTEMS_SYSINIT_ORDER_LAST);

/* ---- Interrupts --------------------------------------------------------------------------------------------- */

/* The guest layer calls this on the interrupted thread's stack, interrupts disabled, when no handler is active. */
void bulkhead_after_interrupts(void)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();

    if (!cpu->dispatch_necessary || cpu->thread_dispatch_disable_level != 0 || cpu->isr_dispatch_disable != 0)
        return;
    /* Per thread: this thread is not dispatched from an interrupt again before it has left this function. */
    cpu->isr_dispatch_disable = 1;
    do {
        cpu->thread_dispatch_disable_level = 1;
        _Thread_Do_dispatch(cpu, EFLAGS_INTR_ENABLE);
        i386_disable_interrupts();
        cpu = _Per_CPU_Get();
    } while (cpu->dispatch_necessary);
    cpu->isr_dispatch_disable = 0;
}
