/*
 * Executes one instruction after the other in a partition and prints what each did. The instructions are in trials.S,
 * which the test makes out of the audit's table.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <stdlib.h>

/* The trials, their number, and how one is made: 0 if the instruction ran, 1 if it faulted. */
extern void (*const instructions_trials[])(void);
extern const uint32_t instructions_count;
uint32_t instructions(void (*trial)(void));

/* While a trial is under way: where to go on after a fault, and with which stack. */
extern volatile uint32_t instructions_resume;
extern volatile uint32_t instructions_stack;

/* The flags behind the last instruction that ran. */
extern volatile uint32_t instructions_flags;

static volatile uint32_t vector;
static volatile uint32_t error;

#if defined(__i386__)
#include "arch/i386/instructions.h"
#elif defined(__sparc__)
#include "arch/sparc/instructions.h"
#endif

static void faulted(struct bulkhead_fault_frame *frame)
{
    if (instructions_resume == 0) {
        printk("unexpected fault: vector %u at %08x\n", frame->vector, frame->program_counter);
        bulkhead_halt(99);
    }
    vector = frame->vector;
    error = frame->error;
    go_on(frame);
}

static rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    bulkhead_fault_handler(faulted);
    for (uint32_t number = 0; number < instructions_count; ++number) {
        /* No interrupt may come while the stack segment or the stack is a trial's. */
        uint32_t level = bulkhead_interrupts_disable();
        uint32_t fault = instructions(instructions_trials[number]);

        bulkhead_interrupts_restore(level);
        if (fault)
            printk("trial %u: vector %u error %u\n", number, vector, error);
        else
            printk("trial %u: ran flags %u\n", number, instructions_flags);
    }
    bulkhead_fault_handler(NULL);
    printk("trials: %u\n", instructions_count);
    exit(0);
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_STACK_SIZE 8192
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
