/* The printer of RTEMS's test programs. */
#ifndef BULKHEAD_CLASSIC_RTEMS_TEST_PRINTER_H
#define BULKHEAD_CLASSIC_RTEMS_TEST_PRINTER_H

#include <rtems/printer.h>

#ifdef __cplusplus
extern "C" {
#endif

static __attribute__((__unused__)) rtems_printer rtems_test_printer = { 0, rtems_printk_printer };

static inline void rtems_print_printer_fprintf_putc(rtems_printer *printer)
{
    rtems_print_printer_printk(printer);
}

#ifdef __cplusplus
}
#endif

#endif
