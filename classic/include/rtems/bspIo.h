/* Output without buffers, usable everywhere. */
#ifndef BULKHEAD_CLASSIC_RTEMS_BSPIO_H
#define BULKHEAD_CLASSIC_RTEMS_BSPIO_H

#include <stdarg.h>
#include <rtems/score/basedefs.h>

#ifdef __cplusplus
extern "C" {
#endif

int vprintk(const char *format, va_list arguments);
int putk(const char *text);
void rtems_putc(char character);
int rtems_printk_printer(void *unused, const char *format, va_list arguments);

/* One byte of console input, -1 if none is waiting. */
int getchark(void);

RTEMS_PRINTFLIKE(1, 2) int printk(const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
