/* Differences of times. */
#ifndef BULKHEAD_CLASSIC_RTEMS_SCORE_TIMESPEC_H
#define BULKHEAD_CLASSIC_RTEMS_SCORE_TIMESPEC_H

#include <stdbool.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void _Timespec_Subtract(const struct timespec *start, const struct timespec *end,
    struct timespec *result)
{
    bool borrow = end->tv_nsec < start->tv_nsec;

    result->tv_sec = end->tv_sec - start->tv_sec - (borrow ? 1 : 0);
    result->tv_nsec = end->tv_nsec - start->tv_nsec + (borrow ? 1000000000L : 0);
}

#ifdef __cplusplus
}
#endif

#endif
