/* How RTEMS ends: faults become its exceptions, and its end becomes the partition's. */
#include "kit.h"

#include <inttypes.h>

#include <bsp.h>
#include <rtems/bspIo.h>
#include <rtems/fatal.h>
#include <rtems/score/threadimpl.h>
#include <rtems/sysinit.h>

/* Statuses that a partition halts with when RTEMS has ended otherwise than by exit(): this and the fatal source. */
#define STATUS_FATAL 128

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

/* The address that the last memory fault touched. */
static uint32_t bulkhead_rtems_fault_address;

static void bulkhead_rtems_print_exception(const CPU_Exception_frame *frame)
{
    printk("exception %" PRIu32 " (%s) at 0x%08" PRIx32 ", error code 0x%" PRIx32, frame->idtIndex,
        bulkhead_rtems_exception_text(frame->idtIndex), frame->eip, frame->faultCode);
    if (frame->idtIndex == 14)
        printk(", address 0x%08" PRIx32, bulkhead_rtems_fault_address);
    printk("\neax 0x%08" PRIx32 " ebx 0x%08" PRIx32 " ecx 0x%08" PRIx32 " edx 0x%08" PRIx32 "\n", frame->eax,
        frame->ebx, frame->ecx, frame->edx);
    printk("esi 0x%08" PRIx32 " edi 0x%08" PRIx32 " ebp 0x%08" PRIx32 " esp 0x%08" PRIx32 " eflags 0x%08" PRIx32 "\n",
        frame->esi, frame->edi, frame->ebp, frame->esp0, frame->eflags);
}

/* The way back from RTEMS's end to the fault that caused it. */
static void *bulkhead_rtems_fault_return[5];
static const CPU_Exception_frame *bulkhead_rtems_fault_frame;
static struct bulkhead_fault_frame *bulkhead_rtems_this_fault;

void bsp_fatal_extension(rtems_fatal_source source, bool always_false, rtems_fatal_code code)
{
    (void)always_false;
    if (source == RTEMS_FATAL_SOURCE_EXIT)
        bulkhead_halt((uint32_t)code);

    printk("\n*** FATAL ***\nfatal source: %i (%s)\nfatal code: %" PRIuPTR " (0x%08" PRIxPTR ")\n", (int)source,
        rtems_fatal_source_text(source), (uintptr_t)code, (uintptr_t)code);
    if (source == INTERNAL_ERROR_CORE)
        printk("internal error: %s\n", rtems_internal_error_text(code));
    if (source == RTEMS_FATAL_SOURCE_EXCEPTION)
        bulkhead_rtems_print_exception((const CPU_Exception_frame *)code);
    if (_System_state_Is_up(_System_state_Get()) && _Thread_Get_executing() != NULL)
        printk("executing thread: 0x%08" PRIx32 "\n", _Thread_Get_executing()->Object.id);
    /* The fault was nobody's in here: what becomes of the partition is the health monitor's to say. */
    if (source == RTEMS_FATAL_SOURCE_EXCEPTION && (const CPU_Exception_frame *)code == bulkhead_rtems_fault_frame)
        __builtin_longjmp(bulkhead_rtems_fault_return, 1);
    bulkhead_halt(STATUS_FATAL + (uint32_t)source);
}

/* On the guest layer's fault stack, interrupts disabled. The handler may change the frame and return. */
static void bulkhead_rtems_fault(struct bulkhead_fault_frame *fault)
{
    CPU_Exception_frame frame = {
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

    bulkhead_rtems_fault_address = fault->address;
    bulkhead_rtems_fault_frame = &frame;
    bulkhead_rtems_this_fault = fault;
    if (__builtin_setjmp(bulkhead_rtems_fault_return) != 0) {
        /* With no handler any more and interrupts disabled, the same instruction faults at once, to the kernel. */
        bulkhead_fault_handler(NULL);
        bulkhead_rtems_this_fault->interrupts_enabled = 0;
        return;
    }
    (*_currentExcHandler)(&frame);
    bulkhead_rtems_fault_frame = NULL;
    fault->edi = frame.edi;
    fault->esi = frame.esi;
    fault->ebp = frame.ebp;
    fault->stack_pointer = frame.esp0;
    fault->ebx = frame.ebx;
    fault->edx = frame.edx;
    fault->ecx = frame.ecx;
    fault->eax = frame.eax;
    fault->program_counter = frame.eip;
    fault->flags = frame.eflags;
}

static void bulkhead_rtems_fault_initialize(void)
{
    bulkhead_fault_handler(bulkhead_rtems_fault);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_fault_initialize, RTEMS_SYSINIT_BSP_EARLY, RTEMS_SYSINIT_ORDER_FIRST);
