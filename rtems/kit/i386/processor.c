/* i386: offsets for the assembly, floating point, exceptions. */
#include "kit.h"

#include <inttypes.h>
#include <stddef.h>

#include <rtems/bspIo.h>
#include <rtems/score/userextimpl.h>
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
    OFFSET("executing_offset", offsetof(Per_CPU_Control, executing));
    OFFSET("thread_context", offsetof(Thread_Control, Registers));
    OFFSET("context_flags", offsetof(Context_Control, eflags));
    OFFSET("context_esp", offsetof(Context_Control, esp));
    OFFSET("context_ebp", offsetof(Context_Control, ebp));
    OFFSET("context_ebx", offsetof(Context_Control, ebx));
    OFFSET("context_esi", offsetof(Context_Control, esi));
    OFFSET("context_edi", offsetof(Context_Control, edi));
    OFFSET("context_gs", offsetof(Context_Control, gs));
    OFFSET("context_isr_dispatch_disable", offsetof(Context_Control, isr_dispatch_disable));
    OFFSET("stack_mark", BULKHEAD_RTEMS_STACK_MARK);
    /* A context is its thread's. */
    OFFSET("context_thread_stack",
        (int)offsetof(Thread_Control, Start.Initial_stack.area) - (int)offsetof(Thread_Control, Registers));
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

/* ---- Thread-local storage ----------------------------------------------------------------------------------- */

/* RTEMS makes its first thread pointer current with inline code, which the kernel does not see. */
static void bulkhead_rtems_first_thread_pointer(void)
{
    bulkhead_rtems_set_thread_pointer();
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_first_thread_pointer, RTEMS_SYSINIT_IDLE_THREADS, RTEMS_SYSINIT_ORDER_LAST);

/* ---- Exceptions --------------------------------------------------------------------------------------------- */

void bulkhead_rtems_exception_frame(bulkhead_rtems_exception *exception, const struct bulkhead_fault_frame *fault)
{
    exception->frame = (CPU_Exception_frame){
        .edi = fault->edi,
        .esi = fault->esi,
        .ebp = fault->ebp,
        .esp0 = fault->stack_pointer,
        .ebx = fault->ebx,
        .edx = fault->edx,
        .ecx = fault->ecx,
        .eax = fault->eax,
        .idtIndex = fault->vector,
        .faultCode = fault->error,
        .eip = fault->program_counter,
        .cs = BULKHEAD_I386_CODE_SELECTOR,
        .eflags = fault->flags,
    };
}

/* The handler may change the frame and return. */
void bulkhead_rtems_raise_exception(CPU_Exception_frame *frame, struct bulkhead_fault_frame *fault)
{
    (*_currentExcHandler)(frame);
    fault->edi = frame->edi;
    fault->esi = frame->esi;
    fault->ebp = frame->ebp;
    fault->stack_pointer = frame->esp0;
    fault->ebx = frame->ebx;
    fault->edx = frame->edx;
    fault->ecx = frame->ecx;
    fault->eax = frame->eax;
    fault->program_counter = frame->eip;
    fault->flags = frame->eflags;
}

static const char *bulkhead_rtems_exception_text(uint32_t vector)
{
    static const char *const texts[] = {
        [0] = "divide error",
        [1] = "debug exception",
        [3] = "breakpoint",
        [4] = "overflow",
        [5] = "bound range exceeded",
        [6] = "invalid opcode",
        [7] = "no floating-point unit",
        [11] = "segment not present",
        [12] = "stack segment fault",
        [13] = "general protection",
        [14] = "memory violation",
        [16] = "floating-point error",
        [17] = "misaligned access",
        [19] = "SIMD floating-point error",
    };
    const char *text = NULL;

    if (vector < RTEMS_ARRAY_SIZE(texts))
        text = texts[vector];
    return text != NULL ? text : "exception";
}

void bulkhead_rtems_print_exception(const CPU_Exception_frame *frame, uint32_t address)
{
    printk("exception %" PRIu32 " (%s) at 0x%08" PRIx32 ", error code 0x%" PRIx32, frame->idtIndex,
        bulkhead_rtems_exception_text(frame->idtIndex), frame->eip, frame->faultCode);
    if (frame->idtIndex == 14)
        printk(", address 0x%08" PRIx32, address);
    printk("\neax 0x%08" PRIx32 " ebx 0x%08" PRIx32 " ecx 0x%08" PRIx32 " edx 0x%08" PRIx32 "\n", frame->eax,
        frame->ebx, frame->ecx, frame->edx);
    printk("esi 0x%08" PRIx32 " edi 0x%08" PRIx32 " ebp 0x%08" PRIx32 " esp 0x%08" PRIx32 " eflags 0x%08" PRIx32 "\n",
        frame->esi, frame->edi, frame->ebp, frame->esp0, frame->eflags);
}

/* ---- Threads ------------------------------------------------------------------------------------------------ */

/*
 * RTEMS 7 does not initialize this field of a context on i386. A thread that begins anew, or in the place of one that
 * was deleted, after it was preempted by an interrupt (core.c) would never be preempted by one again.
 */
static void bulkhead_rtems_thread_begins(Thread_Control *executing)
{
    (void)executing;
    _Per_CPU_Get()->isr_dispatch_disable = 0;
}

static void bulkhead_rtems_threads_initialize(void)
{
    static const User_extensions_Table table = {.thread_begin = bulkhead_rtems_thread_begins};
    static User_extensions_Control control;

    _User_extensions_Add_set_with_table(&control, &table);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_threads_initialize, RTEMS_SYSINIT_DATA_STRUCTURES, RTEMS_SYSINIT_ORDER_FIRST);
