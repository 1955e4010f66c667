/* Fatal errors: a line on the console, then the partition halts with status 254. */
#ifndef BULKHEAD_CLASSIC_RTEMS_FATAL_H
#define BULKHEAD_CLASSIC_RTEMS_FATAL_H

#include <stdarg.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    INTERNAL_ERROR_CORE = 0,
    INTERNAL_ERROR_RTEMS_API = 1,
    INTERNAL_ERROR_POSIX_API = 2,
    RTEMS_FATAL_SOURCE_BDBUF = 3,
    RTEMS_FATAL_SOURCE_APPLICATION = 4,
    RTEMS_FATAL_SOURCE_EXIT = 5,
    RTEMS_FATAL_SOURCE_BSP = 6,
    RTEMS_FATAL_SOURCE_ASSERT = 7,
    RTEMS_FATAL_SOURCE_STACK_CHECKER = 8,
    RTEMS_FATAL_SOURCE_EXCEPTION = 9,
    RTEMS_FATAL_SOURCE_SMP = 10,
    RTEMS_FATAL_SOURCE_PANIC = 11,
    RTEMS_FATAL_SOURCE_INVALID_HEAP_FREE = 12,
    RTEMS_FATAL_SOURCE_HEAP = 13,
    RTEMS_FATAL_SOURCE_SPURIOUS_INTERRUPT = 14,
    RTEMS_FATAL_SOURCE_LAST = 0x7fffffff
} rtems_fatal_source;

typedef uintptr_t rtems_fatal_code;

/* The source RTEMS_FATAL_SOURCE_EXIT halts the partition with the code as its status, without a message. */
RTEMS_NO_RETURN void rtems_fatal(rtems_fatal_source fatal_source, rtems_fatal_code fatal_code);
RTEMS_NO_RETURN void rtems_fatal_error_occurred(uint32_t fatal_code);

RTEMS_NO_RETURN void bulkhead_classic_panic(const char *format, va_list arguments);

RTEMS_NO_RETURN RTEMS_PRINTFLIKE(1, 2) static inline void rtems_panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    bulkhead_classic_panic(format, arguments);
}

#ifdef __cplusplus
}
#endif

#endif
