/* The scheduler: there is one, 'UPD '. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_SCHEDULER_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_SCHEDULER_H

#include <rtems/rtems/status.h>

#ifdef __cplusplus
extern "C" {
#endif

rtems_status_code rtems_scheduler_ident(rtems_name name, rtems_id *id);

#ifdef __cplusplus
}
#endif

#endif
