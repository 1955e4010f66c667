/* What RTEMS 5 has otherwise than later ones, for programs that are to run with both. */
#ifndef BULKHEAD_TEST_VERSIONS_H
#define BULKHEAD_TEST_VERSIONS_H

#include <bsp.h>
#include <bsp/bootcard.h>
#include <bsp/irq-generic.h>
#include <rtems.h>

#if __RTEMS_MAJOR__ >= 6

#define RESET_PARAMETERS rtems_fatal_source source, rtems_fatal_code code
#define RESET(reset, source, code) (reset)(source, code)

/* Without variables of threads. */
#define ADD_SYMBOLS(table, size) rtems_rtl_base_sym_global_add(table, size, NULL, 0)

#else

#include <time.h>

#include <bulkhead.h>

#define RESET_PARAMETERS void
#define RESET(reset, source, code) (reset)()

#define ADD_SYMBOLS(table, size) rtems_rtl_base_sym_global_add(table, size)

/* Interrupts are the board's to raise: in a partition the guest layer raises the vector's line. */
static inline void rtems_interrupt_raise(rtems_vector_number vector)
{
    bulkhead_interrupt_raise(vector >= 3 && vector < 16 ? vector + 16 : vector);
}

#define rtems_interrupt_vector_enable bsp_interrupt_vector_enable
#define rtems_interrupt_vector_disable bsp_interrupt_vector_disable

#define RTEMS_NOINIT __attribute__((__section__(".noinit")))

#define rtems_clock_get_realtime(now) clock_gettime(CLOCK_REALTIME, now)

/* The bus is a variable. */
#define ambapp_plb() (&ambapp_plb)

#endif

#endif
