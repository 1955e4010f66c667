/* Waiting, as POSIX has it. */
#ifndef BULKHEAD_CLASSIC_UNISTD_H
#define BULKHEAD_CLASSIC_UNISTD_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int useconds_t;

unsigned int sleep(unsigned int seconds);
int usleep(useconds_t microseconds);

#ifdef __cplusplus
}
#endif

#endif
