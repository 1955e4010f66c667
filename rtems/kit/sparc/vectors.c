/* SPARC: rtems_interrupt_catch(), in the place of RTEMS's `sparc-isr-install` object. */
#include "kit.h"

#include <inttypes.h>

#include <rtems/bspIo.h>
#include <rtems/fatal.h>
#include <rtems/score/isr.h>

#if __RTEMS_MAJOR__ < 6
/* As long as this is not 0, vectors 0 to 31 pass for valid, 16 and 17 among them. */
int LEON3_IrqCtrl_EIrq = -1;
#endif

/* Traps that are the kernel's from beginning to end (SPARC V8 manual, table 7-1; the kernel's own `ta`). */
#define TRAP_RESET 0x00
#define TRAP_WINDOW_OVERFLOW 0x05
#define TRAP_WINDOW_UNDERFLOW 0x06
#define TRAP_INTERRUPT 0x10 /* That of level 1 is one more. */
#define TRAP_FLUSH_WINDOWS 0x83
#define TRAP_DISABLE_INTERRUPTS 0x89
#define TRAP_ENABLE_INTERRUPTS 0x8a

static bool bulkhead_rtems_is_kernels(uint32_t trap)
{
    return trap == TRAP_RESET || trap == TRAP_WINDOW_OVERFLOW || trap == TRAP_WINDOW_UNDERFLOW
        || trap == TRAP_FLUSH_WINDOWS || trap == TRAP_DISABLE_INTERRUPTS || trap == TRAP_ENABLE_INTERRUPTS;
}

/* RTEMS has no way to say no. */
static void bulkhead_rtems_refuse(uint32_t trap, const char *why)
{
    printk("\na handler of trap 0x%02" PRIx32 " %s\n", trap, why);
    rtems_fatal(RTEMS_FATAL_SOURCE_BSP, BULKHEAD_RTEMS_FATAL_TRAP);
}

/* One bit for each trap whose handler goes on behind the instruction. */
static uint32_t bulkhead_rtems_synchronous[CPU_INTERRUPT_NUMBER_OF_VECTORS / 32];

bool bulkhead_rtems_is_synchronous(uint32_t trap)
{
    return (bulkhead_rtems_synchronous[trap / 32] >> trap % 32 & 1) != 0;
}

static void bulkhead_rtems_caught(void *argument)
{
    uint32_t trap = (uint32_t)(uintptr_t)argument;
    uint32_t line = bulkhead_rtems_line(trap - TRAP_INTERRUPT);

    if (line == BULKHEAD_LINE_WINDOW)
        bulkhead_rtems_window_began();
    bulkhead_rtems_handler_begin();
    bulkhead_interrupts_restore(bulkhead_rtems_enable_word(line));
    (*_ISR_Vector_table[trap])(trap);
    bulkhead_interrupts_disable();
    /* Of a device the next one is let in. */
    bulkhead_rtems_update_mask(trap - TRAP_INTERRUPT);
    bulkhead_rtems_handler_end();
}

/* Has an interrupt's line call the handler that the trap has, if it has one. Interrupts are disabled. */
static void bulkhead_rtems_give_line(uint32_t trap)
{
    rtems_vector_number vector = trap - TRAP_INTERRUPT;

    bulkhead_rtems_set_enabled(vector, false);
    if (_ISR_Vector_table[trap] == NULL) {
        bulkhead_rtems_install_vector(vector);
    } else {
        bulkhead_rtems_install(bulkhead_rtems_line(vector), bulkhead_rtems_caught, (void *)(uintptr_t)trap);
        bulkhead_rtems_set_enabled(vector, true);
    }
}

/*
 * An interrupt's handler is called by its line, which is let through at once: a partition has no interrupt controller
 * to do it with. Without a handler it is the generic interrupt support's again. The handler of any other trap is found
 * when the trap comes (processor.c).
 */
void _CPU_ISR_install_vector(uint32_t vector, CPU_ISR_handler handler, CPU_ISR_handler *previous)
{
    uint32_t trap = SPARC_REAL_TRAP_NUMBER(vector);
    uint32_t enabled;

    if (bulkhead_rtems_is_kernels(trap))
        bulkhead_rtems_refuse(trap, "would never be called: the trap is the kernel's");
    enabled = bulkhead_interrupts_disable();
    *previous = _ISR_Vector_table[trap];
    _ISR_Vector_table[trap] = handler;
    bulkhead_rtems_synchronous[trap / 32] &= ~(UINT32_C(1) << trap % 32);
    if ((vector & SPARC_SYNCHRONOUS_TRAP_BIT_MASK) != 0)
        bulkhead_rtems_synchronous[trap / 32] |= UINT32_C(1) << trap % 32;
    if (trap > TRAP_INTERRUPT && trap < TRAP_INTERRUPT + 16)
        bulkhead_rtems_give_line(trap);
    bulkhead_interrupts_restore(enabled);
}

void _CPU_ISR_install_raw_handler(uint32_t vector, CPU_ISR_raw_handler handler, CPU_ISR_raw_handler *previous)
{
    (void)handler;
    *previous = NULL;
    bulkhead_rtems_refuse(SPARC_REAL_TRAP_NUMBER(vector),
                          "cannot run in the trap's own window: use rtems_interrupt_catch()");
}
