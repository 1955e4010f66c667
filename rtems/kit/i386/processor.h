/* i386: what the generic files of the pack take from the processor. */
#ifndef BULKHEAD_RTEMS_PROCESSOR_H
#define BULKHEAD_RTEMS_PROCESSOR_H

#include <rtems/score/threaddispatch.h>

/* The way out of a function that does not return. */
typedef void *bulkhead_rtems_way_back[5];
#define bulkhead_rtems_come_back __builtin_setjmp
#define bulkhead_rtems_go_back __builtin_longjmp

/* What is made of a fault. */
typedef struct {
    CPU_Exception_frame frame;
} bulkhead_rtems_exception;

/* Tells the kernel the thread pointer that RTEMS's descriptor table holds (arch/i386). */
void bulkhead_rtems_set_thread_pointer(void);

/* What becomes of the interrupted thread's floating-point registers while handlers run: nothing. RTEMS's handlers on
   this processor do not use them. */
typedef char bulkhead_rtems_interrupted;

static inline void bulkhead_rtems_interrupt_begin(bulkhead_rtems_interrupted *interrupted)
{
    *interrupted = 0;
}

static inline void bulkhead_rtems_interrupt_end(const bulkhead_rtems_interrupted *interrupted)
{
    (void)interrupted;
}

static inline uintptr_t bulkhead_rtems_stack_pointer(void)
{
    uintptr_t pointer;

    __asm__ volatile("movl %%esp, %0" : "=r"(pointer));
    return pointer;
}

/* Dispatches, with interrupts enabled, from an interrupted thread. */
static inline void bulkhead_rtems_dispatch(Per_CPU_Control *cpu)
{
    _Thread_Do_dispatch(cpu, EFLAGS_INTR_ENABLE);
}

/* The vector that is always let through because it is raised by software: `<bsp/irq.h>` has it, from RTEMS 7 on. */
#ifdef BSP_SOFTWARE_IRQ
#define BULKHEAD_RTEMS_SOFTWARE_VECTOR BSP_SOFTWARE_IRQ
#endif

/* The line of a vector. */
static inline uint32_t bulkhead_rtems_line(rtems_vector_number vector)
{
    return vector;
}

/* The enable word that lets in what may interrupt a line's handler: every line. */
static inline uint32_t bulkhead_rtems_enable_word(uint32_t line)
{
    (void)line;
    return EFLAGS_INTR_ENABLE;
}

/* The vector of a line, for those that have one. */
#define BULKHEAD_RTEMS_HAS_VECTOR(vector) ((vector) < BSP_INTERRUPT_VECTOR_COUNT)

#endif
