/* Output through a printer that the program chooses. */
#ifndef BULKHEAD_CLASSIC_RTEMS_PRINT_H
#define BULKHEAD_CLASSIC_RTEMS_PRINT_H

#include <stdarg.h>
#include <rtems/score/basedefs.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtems_printer rtems_printer;
typedef int (*rtems_print_printer)(void *context, const char *format, va_list arguments);

struct rtems_printer {
    void *context;
    rtems_print_printer printer;
};

static inline int rtems_vprintf(const rtems_printer *printer, const char *format, va_list arguments)
{
    return printer->printer == 0 ? 0 : printer->printer(printer->context, format, arguments);
}

RTEMS_PRINTFLIKE(2, 3) static inline int rtems_printf(const rtems_printer *printer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = rtems_vprintf(printer, format, arguments);
    va_end(arguments);
    return length;
}

#ifdef __cplusplus
}
#endif

#endif
