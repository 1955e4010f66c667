/* The types that directives have in common. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_TYPES_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <rtems/score/basedefs.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t rtems_id;
typedef uint32_t rtems_name;
typedef uint32_t rtems_interval;
typedef uint32_t rtems_task_priority;
typedef uintptr_t rtems_task_argument;

typedef struct {
    uint32_t year;   /* from 1988 */
    uint32_t month;  /* 1 to 12 */
    uint32_t day;    /* 1 to 31 */
    uint32_t hour;   /* 0 to 23 */
    uint32_t minute; /* 0 to 59 */
    uint32_t second; /* 0 to 59 */
    uint32_t ticks;  /* within the second */
} rtems_time_of_day;

#define RTEMS_ID_NONE 0
#define RTEMS_NO_TIMEOUT ((rtems_interval) 0)

#ifdef __cplusplus
}
#endif

#endif
