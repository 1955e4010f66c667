/* Tasks. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_TASKS_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_TASKS_H

#include <rtems/rtems/attr.h>
#include <rtems/rtems/modes.h>
#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void rtems_task;
typedef rtems_task (*rtems_task_entry)(rtems_task_argument argument);

typedef struct {
    rtems_name name;
    size_t stack_size;
    rtems_task_priority initial_priority;
    rtems_attribute attribute_set;
    rtems_task_entry entry_point;
    rtems_mode mode_set;
    rtems_task_argument argument;
} rtems_initialization_tasks_table;

#define RTEMS_SELF ((rtems_id) 0)
#define RTEMS_MINIMUM_PRIORITY 1
#define RTEMS_MAXIMUM_PRIORITY 255
#define RTEMS_CURRENT_PRIORITY 0
#define RTEMS_NO_PRIORITY RTEMS_CURRENT_PRIORITY
#define RTEMS_MINIMUM_STACK_SIZE 4096
#define RTEMS_CONFIGURED_MINIMUM_STACK_SIZE 0
#define RTEMS_YIELD_PROCESSOR 0

rtems_status_code rtems_task_create(rtems_name name, rtems_task_priority initial_priority, size_t stack_size,
    rtems_mode initial_modes, rtems_attribute attribute_set, rtems_id *id);
rtems_status_code rtems_task_ident(rtems_name name, uint32_t node, rtems_id *id);
rtems_id rtems_task_self(void);
rtems_status_code rtems_task_start(rtems_id id, rtems_task_entry entry_point, rtems_task_argument argument);
rtems_status_code rtems_task_restart(rtems_id id, rtems_task_argument argument);
rtems_status_code rtems_task_delete(rtems_id id);
RTEMS_NO_RETURN void rtems_task_exit(void);
rtems_status_code rtems_task_suspend(rtems_id id);
rtems_status_code rtems_task_resume(rtems_id id);
rtems_status_code rtems_task_is_suspended(rtems_id id);
rtems_status_code rtems_task_set_priority(rtems_id id, rtems_task_priority new_priority,
    rtems_task_priority *old_priority);
rtems_status_code rtems_task_get_priority(rtems_id task_id, rtems_id scheduler_id, rtems_task_priority *priority);
rtems_status_code rtems_task_get_scheduler(rtems_id task_id, rtems_id *scheduler_id);
rtems_status_code rtems_task_mode(rtems_mode mode_set, rtems_mode mask, rtems_mode *previous_mode_set);
rtems_status_code rtems_task_wake_after(rtems_interval ticks);
rtems_status_code rtems_task_wake_when(const rtems_time_of_day *time_buffer);

#ifdef __cplusplus
}
#endif

#endif
