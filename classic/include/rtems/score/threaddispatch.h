/* Between directives a task may always be switched. */
#ifndef BULKHEAD_CLASSIC_RTEMS_SCORE_THREADDISPATCH_H
#define BULKHEAD_CLASSIC_RTEMS_SCORE_THREADDISPATCH_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool _Thread_Dispatch_is_enabled(void)
{
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
