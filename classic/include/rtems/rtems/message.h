/* Message queues. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_MESSAGE_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_MESSAGE_H

#include <rtems/rtems/attr.h>
#include <rtems/rtems/options.h>
#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

rtems_status_code rtems_message_queue_create(rtems_name name, uint32_t count, size_t max_message_size,
    rtems_attribute attribute_set, rtems_id *id);
rtems_status_code rtems_message_queue_ident(rtems_name name, uint32_t node, rtems_id *id);
rtems_status_code rtems_message_queue_delete(rtems_id id);
rtems_status_code rtems_message_queue_send(rtems_id id, const void *buffer, size_t size);
rtems_status_code rtems_message_queue_urgent(rtems_id id, const void *buffer, size_t size);
rtems_status_code rtems_message_queue_broadcast(rtems_id id, const void *buffer, size_t size, uint32_t *count);
rtems_status_code rtems_message_queue_receive(rtems_id id, void *buffer, size_t *size, rtems_option option_set,
    rtems_interval timeout);
rtems_status_code rtems_message_queue_get_number_pending(rtems_id id, uint32_t *count);
rtems_status_code rtems_message_queue_flush(rtems_id id, uint32_t *count);

#ifdef __cplusplus
}
#endif

#endif
