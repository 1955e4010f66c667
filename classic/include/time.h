/* Time as the executive's directives give it. */
#ifndef BULKHEAD_CLASSIC_TIME_H
#define BULKHEAD_CLASSIC_TIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t time_t;

struct timespec {
    time_t tv_sec;
    long tv_nsec;
};

#ifdef __cplusplus
}
#endif

#endif
