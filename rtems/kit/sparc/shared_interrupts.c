/* SPARC: what RTEMS 5 asks the board for, where later ones have directives of their own: a device's interrupt by its
   number, and a handler of a trap that is let through at once. */
#include "kit.h"

#if __RTEMS_MAJOR__ < 6

#include <bsp.h>
#include <bsp/irq-generic.h>

/* The levels of set_vector(): a handler of RTEMS's, or one that runs in the trap's window. */
#define RAW 0

/* There is nothing to begin: interrupts are there before drivers are. */
void BSP_shared_interrupt_init(void)
{
}

void BSP_shared_interrupt_mask(int irq)
{
    bsp_interrupt_vector_disable((rtems_vector_number)irq);
}

void BSP_shared_interrupt_unmask(int irq)
{
    bsp_interrupt_vector_enable((rtems_vector_number)irq);
}

void BSP_shared_interrupt_clear(int irq)
{
    if (BULKHEAD_RTEMS_HAS_VECTOR((rtems_vector_number)irq))
        bulkhead_interrupt_clear(bulkhead_rtems_line((rtems_vector_number)irq));
}

rtems_isr_entry set_vector(rtems_isr_entry handler, rtems_vector_number vector, int type)
{
    rtems_isr_entry previous = NULL;
    CPU_ISR_raw_handler raw;

    if (type == RAW)
        _CPU_ISR_install_raw_handler(vector, (CPU_ISR_raw_handler)handler, &raw);
    else
        rtems_interrupt_catch(handler, vector, &previous);
    return previous;
}

#endif
