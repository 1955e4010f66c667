/* Types of POSIX. */
#ifndef BULKHEAD_CLASSIC_SYS_TYPES_H
#define BULKHEAD_CLASSIC_SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int pid_t;
typedef int64_t off_t;
typedef int ssize_t;

#ifdef __cplusplus
}
#endif

#endif
