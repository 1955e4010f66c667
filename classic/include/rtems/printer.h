/* Printers: all of them write to the partition's console. */
#ifndef BULKHEAD_CLASSIC_RTEMS_PRINTER_H
#define BULKHEAD_CLASSIC_RTEMS_PRINTER_H

#include <rtems/bspIo.h>
#include <rtems/print.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void rtems_print_printer_empty(rtems_printer *printer)
{
    printer->context = 0;
    printer->printer = 0;
}

static inline void rtems_print_printer_printk(rtems_printer *printer)
{
    printer->context = 0;
    printer->printer = rtems_printk_printer;
}

static inline void rtems_print_printer_printf(rtems_printer *printer)
{
    rtems_print_printer_printk(printer);
}

#ifdef __cplusplus
}
#endif

#endif
