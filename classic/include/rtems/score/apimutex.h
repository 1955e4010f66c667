/* Memory is allocated with interrupts disabled, without a mutex. */
#ifndef BULKHEAD_CLASSIC_RTEMS_SCORE_APIMUTEX_H
#define BULKHEAD_CLASSIC_RTEMS_SCORE_APIMUTEX_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool _RTEMS_Allocator_is_owner(void)
{
    return false;
}

#ifdef __cplusplus
}
#endif

#endif
