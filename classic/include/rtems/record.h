/* Records of what a program does, for `bulkhead trace`: the calls of RTEMS's event recording that make one. In programs
   that are not built to be traced they do nothing. */
#ifndef BULKHEAD_RTEMS_RECORD_H
#define BULKHEAD_RTEMS_RECORD_H

#include <rtems/recorddata.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Records an event with a word that says more. */
void rtems_record_produce(rtems_record_event event, rtems_record_data data);

/* Records two events of the same time. */
void rtems_record_produce_2(rtems_record_event event_0, rtems_record_data data_0, rtems_record_event event_1,
    rtems_record_data data_1);

#ifdef __cplusplus
}
#endif

#endif
