/* Formats of types that are POSIX's. */
#ifndef BULKHEAD_CLASSIC_RTEMS_INTTYPES_H
#define BULKHEAD_CLASSIC_RTEMS_INTTYPES_H

#include <inttypes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PRIdtime_t PRId64
#define PRIdoff_t PRId64
#define PRIdsize_t "d"
#define PRIdclock_t "ld"
#define PRIxrtems_id PRIx32
#define PRIdrtems_task_priority PRIu32
#define PRIxrtems_task_priority PRIx32
#define PRIdrtems_interval PRIu32
#define PRIdrtems_task_argument PRIuPTR
#define PRIxrtems_event_set PRIx32
#define PRIdrtems_vector_number PRIu32

#ifdef __cplusplus
}
#endif

#endif
