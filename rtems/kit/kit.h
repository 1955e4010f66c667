/* What the C files of the link-time pack share. They are the part of it that sees RTEMS's structures. */
#ifndef BULKHEAD_RTEMS_KIT_H
#define BULKHEAD_RTEMS_KIT_H

#include <rtems.h>
#include <rtems/fatal.h>
#include <rtems/record.h>
#include <rtems/score/percpu.h>
#include <rtems/score/sysstate.h>
#include <rtems/score/thread.h>

#include <bulkhead.h>

#include "versions.h"

/* The clock driver in Rust (clock.rs). This many ticks are due if they come faster than they can be announced. */
#define BULKHEAD_RTEMS_HOPELESS UINT32_MAX
void bulkhead_rtems_clock_start(uint32_t period);
uint32_t bulkhead_rtems_clock_ticks_due(void);
void bulkhead_rtems_clock_ticks_announced(void);
uint32_t bulkhead_rtems_timecount_frequency(void);
uint32_t bulkhead_rtems_timecount(void);

/* Tells of tasks that have become late for their rate-monotonic periods at the tick that has passed (periods.c). */
void bulkhead_rtems_look_at_periods(void);

/* What the clock driver's handler calls after ticks, if anything (core.c). */
extern void (*bulkhead_rtems_after_ticks)(void);

/* Code of a fatal error of source RTEMS_FATAL_SOURCE_BSP: ticks that no window can serve. */
#define BULKHEAD_RTEMS_FATAL_CLOCK 0x42000001

/* The same: a trap that a partition cannot have a handler for, or not one of its kind. */
#define BULKHEAD_RTEMS_FATAL_TRAP 0x42000002

/* The same: the program has asked for the reset that a watchdog does. */
#define BULKHEAD_RTEMS_FATAL_WATCHDOG 0x42000003

/* The same, of RTEMS 5: the program has reset the board. Later ones say why. */
#define BULKHEAD_RTEMS_FATAL_RESET 0x42000004

/* Statuses that a partition halts with when RTEMS has ended otherwise than by exit(): this and the fatal source. */
#define BULKHEAD_RTEMS_STATUS_FATAL 128

/* The lines that wait, one bit each. */
uint32_t bulkhead_rtems_pending_lines(void);

/* Lines from here on are the partition's own, to be raised by itself. */
#define BULKHEAD_RTEMS_FIRST_OWN_LINE 16

/* The line of the device whose interrupt has this number at its controller, 0 for none (interrupts.c). */
extern uint8_t bulkhead_rtems_line_of_device[BULKHEAD_RTEMS_FIRST_OWN_LINE];

#include "processor.h"

/*
 * What every interrupt handler does first and last: it counts as one for RTEMS, and what it readies is not dispatched
 * before the outermost has returned, in bulkhead_after_interrupts. The floating-point registers of what is interrupted,
 * a thread or another handler, are kept in a variable of the function that says so.
 */
#define bulkhead_rtems_handler_begin() \
    bulkhead_rtems_interrupted interrupted; \
    bulkhead_rtems_handler_begins(&interrupted)

#define bulkhead_rtems_handler_end() bulkhead_rtems_handler_ends(&interrupted)

static inline void bulkhead_rtems_handler_begins(bulkhead_rtems_interrupted *interrupted)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();

    bulkhead_rtems_interrupt_begin(interrupted);
    ++cpu->isr_nest_level;
    ++cpu->thread_dispatch_disable_level;
}

static inline void bulkhead_rtems_handler_ends(const bulkhead_rtems_interrupted *interrupted)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();

    --cpu->thread_dispatch_disable_level;
    --cpu->isr_nest_level;
    bulkhead_rtems_interrupt_end(interrupted);
}

/*
 * In programs that are built to be traced (trace/records.c): records an event of a line's handler, and installs a
 * handler of which it records begin and end.
 */
void bulkhead_rtems_record(rtems_record_event event, uint32_t line) __attribute__((__weak__));
void bulkhead_rtems_install_recorded(uint32_t line, bulkhead_interrupt_handler handler, void *argument)
    __attribute__((__weak__));

/* Installs a line's handler. Whether it is recorded is decided here: interrupts are not to pay for the question. */
static inline void bulkhead_rtems_install(uint32_t line, bulkhead_interrupt_handler handler, void *argument)
{
    if (bulkhead_rtems_install_recorded != NULL)
        bulkhead_rtems_install_recorded(line, handler, argument);
    else
        bulkhead_interrupt_install(line, handler, argument);
}

/* A vector's line calls the handlers that RTEMS has for the vector, which is how it begins (interrupts.c). */
void bulkhead_rtems_install_vector(rtems_vector_number vector);

/* Lets a vector come, or no longer. */
void bulkhead_rtems_set_enabled(rtems_vector_number vector, bool enabled);

/* Lets the vector's line through, or not, as it is to be; of a device lets in the next interrupt. Interrupts are
   disabled. */
void bulkhead_rtems_update_mask(rtems_vector_number vector);

/* Takes note of a window that has begun (windows.c). Interrupts are disabled. */
void bulkhead_rtems_window_began(void);

/* What a thread's stack begins with, and the word that its own stack checker begins with too (stacks.c). */
#define BULKHEAD_RTEMS_STACK_MARK 0xfeedf00d

/* Whether the executing thread has left its stack: not in interrupt handlers, which have a stack of their own. */
static inline bool bulkhead_rtems_has_left_stack(const Per_CPU_Control *cpu, uintptr_t pointer)
{
    const uint32_t *begin;

    /* While threads are dispatched, the executing thread is the heir already, on the stack of the one before. */
    if (cpu->isr_nest_level != 0 || cpu->thread_dispatch_disable_level != 0
        || !_System_state_Is_up(_System_state_Get()))
        return false;
    begin = cpu->executing->Start.Initial_stack.area;
    return pointer < (uintptr_t)begin || *begin != BULKHEAD_RTEMS_STACK_MARK;
}

/* Says so on the console. */
void bulkhead_rtems_print_left_stack(const Thread_Control *thread, uintptr_t pointer);

/* Ends the partition because a thread has. On a stack where there is room, interrupts disabled. */
RTEMS_NO_RETURN void bulkhead_rtems_left_stack(const Thread_Control *thread, uintptr_t pointer);

/* Tells the health monitor of a fatal error, with its source and code. Returns if the partition is to go on. */
void bulkhead_rtems_raise_fatal(rtems_fatal_source source, rtems_fatal_code code);

/* Resets the board, with what a program wraps that, if it does (fatal.c). */
RTEMS_NO_RETURN void bulkhead_rtems_reset(rtems_fatal_source source, rtems_fatal_code code);

/* ---- What each processor has of its own (processor.c, processor.h) ------------------------------------------- */

/* The exception frame of RTEMS for a fault, with what it points to. */
void bulkhead_rtems_exception_frame(bulkhead_rtems_exception *exception, const struct bulkhead_fault_frame *fault);

/*
 * Tells RTEMS of an exception. If this returns, the exception has been dealt with, and the partition goes on with what
 * is in the fault's frame then.
 */
void bulkhead_rtems_raise_exception(CPU_Exception_frame *frame, struct bulkhead_fault_frame *fault);

/* Says on the console what an exception was. `address` is what the last memory fault touched. */
void bulkhead_rtems_print_exception(const CPU_Exception_frame *frame, uint32_t address);

#endif
