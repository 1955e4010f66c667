/* The end of the executive. */
#ifndef BULKHEAD_CLASSIC_RTEMS_INIT_H
#define BULKHEAD_CLASSIC_RTEMS_INIT_H

#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The partition halts with this status. */
RTEMS_NO_RETURN void rtems_shutdown_executive(uint32_t fatal_code);

#ifdef __cplusplus
}
#endif

#endif
