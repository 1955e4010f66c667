/* Sizes that programs ask for. */
#ifndef BULKHEAD_CLASSIC_SYS_PARAM_H
#define BULKHEAD_CLASSIC_SYS_PARAM_H

#include <limits.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MIN
#define MIN(_first, _second) ((_first) < (_second) ? (_first) : (_second))
#endif

#ifndef MAX
#define MAX(_first, _second) ((_first) > (_second) ? (_first) : (_second))
#endif

#ifdef __cplusplus
}
#endif

#endif
