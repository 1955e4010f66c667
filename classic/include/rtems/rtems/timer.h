/* Timers. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_TIMER_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_TIMER_H

#include <rtems/rtems/attr.h>
#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TIMER_DORMANT = 0,
    TIMER_INTERVAL = 4,
    TIMER_TIME_OF_DAY = 5,
    TIMER_INTERVAL_ON_TASK = 6,
    TIMER_TIME_OF_DAY_ON_TASK = 7
} Timer_Classes;

typedef struct {
    Timer_Classes the_class;
    rtems_interval initial;
    rtems_interval start_time;
    rtems_interval stop_time;
} rtems_timer_information;

typedef void rtems_timer_service_routine;
typedef rtems_timer_service_routine (*rtems_timer_service_routine_entry)(rtems_id timer, void *user_data);

#define RTEMS_TIMER_SERVER_DEFAULT_PRIORITY ((rtems_task_priority) -1)

rtems_status_code rtems_timer_create(rtems_name name, rtems_id *id);
rtems_status_code rtems_timer_ident(rtems_name name, rtems_id *id);
rtems_status_code rtems_timer_cancel(rtems_id id);
rtems_status_code rtems_timer_delete(rtems_id id);
rtems_status_code rtems_timer_fire_after(rtems_id id, rtems_interval ticks,
    rtems_timer_service_routine_entry routine, void *user_data);
rtems_status_code rtems_timer_fire_when(rtems_id id, const rtems_time_of_day *wall_time,
    rtems_timer_service_routine_entry routine, void *user_data);
rtems_status_code rtems_timer_initiate_server(rtems_task_priority priority, size_t stack_size,
    rtems_attribute attribute_set);
rtems_status_code rtems_timer_server_fire_after(rtems_id id, rtems_interval ticks,
    rtems_timer_service_routine_entry routine, void *user_data);
rtems_status_code rtems_timer_server_fire_when(rtems_id id, const rtems_time_of_day *wall_time,
    rtems_timer_service_routine_entry routine, void *user_data);
rtems_status_code rtems_timer_reset(rtems_id id);
rtems_status_code rtems_timer_get_information(rtems_id id, rtems_timer_information *the_info);

#ifdef __cplusplus
}
#endif

#endif
