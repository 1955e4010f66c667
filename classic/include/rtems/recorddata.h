/* The events that a program can record of its own: RTEMS_RECORD_USER_0 and those behind it, up to
   RTEMS_RECORD_USER_511. */
#ifndef BULKHEAD_RTEMS_RECORDDATA_H
#define BULKHEAD_RTEMS_RECORDDATA_H

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int rtems_record_event;
typedef unsigned long rtems_record_data;

#define RTEMS_RECORD_USER_0 512u
#define RTEMS_RECORD_USER(index) (RTEMS_RECORD_USER_0 + (index))
#define RTEMS_RECORD_USER_511 1023u

#ifdef __cplusplus
}
#endif

#endif
