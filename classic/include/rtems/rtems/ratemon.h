/* Rate-monotonic periods. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_RATEMON_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_RATEMON_H

#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    RATE_MONOTONIC_INACTIVE = 0,
    RATE_MONOTONIC_ACTIVE = 1,
    RATE_MONOTONIC_EXPIRED = 2
} rtems_rate_monotonic_period_states;

typedef struct {
    uint32_t count;
    uint32_t missed_count;
    struct timespec min_cpu_time;
    struct timespec max_cpu_time;
    struct timespec total_cpu_time;
    struct timespec min_wall_time;
    struct timespec max_wall_time;
    struct timespec total_wall_time;
} rtems_rate_monotonic_period_statistics;

typedef struct {
    rtems_id owner;
    rtems_rate_monotonic_period_states state;
    struct timespec since_last_period;
    struct timespec executed_since_last_period;
    uint32_t postponed_jobs_count;
} rtems_rate_monotonic_period_status;

#define RTEMS_PERIOD_STATUS 0

rtems_status_code rtems_rate_monotonic_create(rtems_name name, rtems_id *id);
rtems_status_code rtems_rate_monotonic_ident(rtems_name name, rtems_id *id);
rtems_status_code rtems_rate_monotonic_cancel(rtems_id id);
rtems_status_code rtems_rate_monotonic_delete(rtems_id id);
rtems_status_code rtems_rate_monotonic_period(rtems_id id, rtems_interval length);
rtems_status_code rtems_rate_monotonic_get_status(rtems_id id, rtems_rate_monotonic_period_status *status);
rtems_status_code rtems_rate_monotonic_get_statistics(rtems_id id, rtems_rate_monotonic_period_statistics *status);
rtems_status_code rtems_rate_monotonic_reset_statistics(rtems_id id);
void rtems_rate_monotonic_reset_all_statistics(void);
void rtems_rate_monotonic_report_statistics(void);

#ifdef __cplusplus
}
#endif

#endif
