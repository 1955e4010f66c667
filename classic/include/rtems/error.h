/* Errors and their numbers. */
#ifndef BULKHEAD_CLASSIC_RTEMS_ERROR_H
#define BULKHEAD_CLASSIC_RTEMS_ERROR_H

#include <errno.h>
#include <rtems.h>

#ifdef __cplusplus
extern "C" {
#endif

RTEMS_NO_RETURN RTEMS_PRINTFLIKE(2, 3) static inline void rtems_error(int error_code, const char *format, ...)
{
    va_list arguments;

    (void) error_code;
    va_start(arguments, format);
    bulkhead_classic_panic(format, arguments);
}

#ifdef __cplusplus
}
#endif

#endif
