/* How RTEMS ends: faults become its exceptions, and its end becomes the partition's. */
#include "kit.h"

#include <inttypes.h>

#include <bsp.h>
#include <bsp/bootcard.h>
#include <rtems/bspIo.h>
#include <rtems/fatal.h>
#include <rtems/score/threadimpl.h>
#include <rtems/sysinit.h>

/* The address that the last memory fault touched. */
static uint32_t bulkhead_rtems_fault_address;

/* The way back from RTEMS's end to the fault that caused it. */
static bulkhead_rtems_way_back bulkhead_rtems_fault_return;
static const CPU_Exception_frame *bulkhead_rtems_fault_frame;
static struct bulkhead_fault_frame *bulkhead_rtems_this_fault;

void bulkhead_rtems_raise_fatal(rtems_fatal_source source, rtems_fatal_code code)
{
    uint32_t error = source == RTEMS_FATAL_SOURCE_STACK_CHECKER ? BULKHEAD_HEALTH_ERROR_STACK_OVERFLOW
                                                                : BULKHEAD_HEALTH_ERROR_APPLICATION;

    bulkhead_raise_error(error, (uint32_t)source, (uint32_t)code);
}

BULKHEAD_RTEMS_RESET_KEEPS

/*
 * A reset of the board: what becomes of the partition is the health monitor's to say, as with a fatal error. With a
 * response that lets the partition go on, or on a kernel without one, this is its end.
 */
void bsp_reset(BULKHEAD_RTEMS_RESET_PARAMETERS)
{
    BULKHEAD_RTEMS_RESET_REASON;

    if (source == RTEMS_FATAL_SOURCE_EXIT)
        bulkhead_halt((uint32_t)code);
    bulkhead_rtems_raise_fatal(source, code);
    bulkhead_halt(BULKHEAD_RTEMS_STATUS_FATAL + (uint32_t)source);
}

/*
 * With what a program wraps the reset (--wrap=bsp_reset), if it does. All of this is one object, in which the linker
 * leaves calls alone.
 */
RTEMS_NO_RETURN void __wrap_bsp_reset(BULKHEAD_RTEMS_RESET_PARAMETERS) __attribute__((weak));

RTEMS_NO_RETURN void bulkhead_rtems_reset(rtems_fatal_source source, rtems_fatal_code code)
{
    if (__wrap_bsp_reset != NULL)
        BULKHEAD_RTEMS_RESET(__wrap_bsp_reset, source, code);
    BULKHEAD_RTEMS_RESET(bsp_reset, source, code);
    __builtin_unreachable();
}

void bsp_fatal_extension(rtems_fatal_source source, bool always_false, rtems_fatal_code code)
{
    (void)always_false;
    if (source == RTEMS_FATAL_SOURCE_EXIT)
        bulkhead_rtems_reset(source, code);

    printk("\n*** FATAL ***\nfatal source: %i (%s)\nfatal code: %" PRIuPTR " (0x%08" PRIxPTR ")\n", (int)source,
        rtems_fatal_source_text(source), (uintptr_t)code, (uintptr_t)code);
    if (source == INTERNAL_ERROR_CORE)
        printk("internal error: %s\n", rtems_internal_error_text(code));
    if (source == RTEMS_FATAL_SOURCE_EXCEPTION) {
        bulkhead_rtems_print_exception((const CPU_Exception_frame *)code, bulkhead_rtems_fault_address);
        if ((const CPU_Exception_frame *)code == bulkhead_rtems_fault_frame
            && bulkhead_rtems_has_left_stack(_Per_CPU_Get(), bulkhead_rtems_this_fault->stack_pointer))
            bulkhead_rtems_print_left_stack(_Per_CPU_Get()->executing, bulkhead_rtems_this_fault->stack_pointer);
    }
    if (_System_state_Is_up(_System_state_Get()) && _Thread_Get_executing() != NULL)
        printk("executing thread: 0x%08" PRIx32 "\n", _Thread_Get_executing()->Object.id);
    /* The fault was nobody's in here: what becomes of the partition is the health monitor's to say. */
    if (source == RTEMS_FATAL_SOURCE_EXCEPTION && (const CPU_Exception_frame *)code == bulkhead_rtems_fault_frame)
        bulkhead_rtems_go_back(bulkhead_rtems_fault_return, 1);
    bulkhead_rtems_reset(source, code);
}

/* Whether a fault is being dealt with, unless the program has left its handler by longjmp(). */
static bool bulkhead_rtems_in_fault;

static bool bulkhead_rtems_is_on_threads_stack(uintptr_t pointer)
{
    const Thread_Control *executing = _Thread_Get_executing();

    return executing != NULL
        && pointer - (uintptr_t)executing->Start.Initial_stack.area < executing->Start.Initial_stack.size;
}

/* With no handler any more and interrupts disabled, the same instruction faults at once, to the kernel. */
static void bulkhead_rtems_leave_to_kernel(struct bulkhead_fault_frame *fault)
{
    bulkhead_fault_handler(NULL);
    fault->interrupts_enabled = 0;
}

/* On the guest layer's fault stack, interrupts disabled. */
static void bulkhead_rtems_fault(struct bulkhead_fault_frame *fault)
{
    bulkhead_rtems_exception exception;
    CPU_Exception_frame *frame = &exception.frame;

    /* Back on its stack, a thread has left the handler: that of a fatal error may, as on other boards. */
    if (bulkhead_rtems_in_fault && !bulkhead_rtems_is_on_threads_stack(fault->stack_pointer)) {
        bulkhead_rtems_leave_to_kernel(fault);
        return;
    }
    if (!bulkhead_rtems_has_left_stack(_Per_CPU_Get(), fault->stack_pointer) && bulkhead_fault_claimed(fault) != 0)
        return;
    bulkhead_rtems_exception_frame(&exception, fault);
    bulkhead_rtems_fault_address = fault->address;
    bulkhead_rtems_fault_frame = frame;
    bulkhead_rtems_this_fault = fault;
    if (bulkhead_rtems_come_back(bulkhead_rtems_fault_return) != 0) {
        bulkhead_rtems_leave_to_kernel(bulkhead_rtems_this_fault);
        return;
    }
    bulkhead_rtems_in_fault = true;
    bulkhead_fault_taken();
    bulkhead_rtems_raise_exception(frame, fault);
    bulkhead_rtems_in_fault = false;
    bulkhead_rtems_fault_frame = NULL;
}

static void bulkhead_rtems_fault_initialize(void)
{
    bulkhead_fault_handler(bulkhead_rtems_fault);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_fault_initialize, RTEMS_SYSINIT_BSP_EARLY, RTEMS_SYSINIT_ORDER_FIRST);
