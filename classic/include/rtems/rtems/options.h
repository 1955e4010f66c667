/* Options of directives that may wait. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_OPTIONS_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_OPTIONS_H

#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t rtems_option;

#define RTEMS_DEFAULT_OPTIONS 0x00000000
#define RTEMS_WAIT 0x00000000
#define RTEMS_NO_WAIT 0x00000001
#define RTEMS_EVENT_ALL 0x00000000
#define RTEMS_EVENT_ANY 0x00000002

#ifdef __cplusplus
}
#endif

#endif
