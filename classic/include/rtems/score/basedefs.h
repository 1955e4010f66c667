/* Names for what compilers offer. */
#ifndef BULKHEAD_CLASSIC_RTEMS_SCORE_BASEDEFS_H
#define BULKHEAD_CLASSIC_RTEMS_SCORE_BASEDEFS_H

#ifndef TRUE
#define TRUE 1
#endif

#ifndef FALSE
#define FALSE 0
#endif

#ifndef RTEMS_NO_RETURN
#define RTEMS_NO_RETURN __attribute__((__noreturn__))
#endif

#ifndef RTEMS_UNUSED
#define RTEMS_UNUSED __attribute__((__unused__))
#endif

#define RTEMS_PRINTFLIKE(_format, _arguments) __attribute__((__format__(__printf__, _format, _arguments)))
#define RTEMS_INLINE_ROUTINE static inline
#define RTEMS_COMPILER_MEMORY_BARRIER() __asm__ volatile("" ::: "memory")
#define RTEMS_ARRAY_SIZE(_array) (sizeof(_array) / sizeof((_array)[0]))
#define RTEMS_ALIGNED(_alignment) __attribute__((__aligned__(_alignment)))
#define RTEMS_SECTION(_section) __attribute__((__section__(_section)))
#define RTEMS_NOINIT RTEMS_SECTION(".noinit")
#define RTEMS_PACKED __attribute__((__packed__))
#define RTEMS_WEAK __attribute__((__weak__))
#define RTEMS_NO_INLINE __attribute__((__noinline__))
#define RTEMS_PREDICT_TRUE(_value) __builtin_expect((_value), 1)
#define RTEMS_PREDICT_FALSE(_value) __builtin_expect((_value), 0)

#ifdef __cplusplus
#define RTEMS_STATIC_ASSERT(_condition, _message) static_assert(_condition, #_message)
#else
#define RTEMS_STATIC_ASSERT(_condition, _message) _Static_assert(_condition, #_message)
#endif

#endif
