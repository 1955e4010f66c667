/* Assertions: a line on the console, then a fatal error. May be included again with another NDEBUG. */
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

void bulkhead_classic_assertion_failed(void) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif

#undef assert
#ifdef NDEBUG
#define assert(_expression) ((void) 0)
#else
#define assert(_expression)                                                                      \
    ((_expression) ? (void) 0                                                                    \
                   : (printf("%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #_expression), \
                         bulkhead_classic_assertion_failed()))
#endif

#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
