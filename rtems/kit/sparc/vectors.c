/* SPARC: rtems_interrupt_catch(), in the place of RTEMS's `sparc-isr-install` object. */
#include "kit.h"

#include <rtems/score/isr.h>

static void bulkhead_rtems_caught(void *argument)
{
    uint32_t trap = (uint32_t)(uintptr_t)argument;

    bulkhead_rtems_handler_begin();
    bulkhead_interrupts_enable();
    (*_ISR_Vector_table[trap])(trap);
    bulkhead_interrupts_disable();
    bulkhead_rtems_handler_end();
}

/*
 * An interrupt's handler is called by its line, which is let through at once: a partition has no interrupt controller to
 * do it with. That of a software trap is found when the trap comes (processor.c); the other traps are the kernel's.
 */
void _CPU_ISR_install_vector(uint32_t vector, CPU_ISR_handler handler, CPU_ISR_handler *previous)
{
    uint32_t trap = SPARC_REAL_TRAP_NUMBER(vector);

    *previous = _ISR_Vector_table[trap];
    _ISR_Vector_table[trap] = handler;
    if (SPARC_IS_INTERRUPT_TRAP(trap)) {
        uint32_t line = bulkhead_rtems_line(SPARC_INTERRUPT_TRAP_TO_SOURCE(trap));

        bulkhead_interrupt_mask(line);
        if (handler != NULL) {
            bulkhead_interrupt_install(line, bulkhead_rtems_caught, (void *)(uintptr_t)trap);
            bulkhead_interrupt_unmask(line);
        }
    }
}

/* A handler that is to run in a trap's own window cannot be had. */
void _CPU_ISR_install_raw_handler(uint32_t vector, CPU_ISR_raw_handler handler, CPU_ISR_raw_handler *previous)
{
    (void)vector;
    (void)handler;
    *previous = NULL;
}
