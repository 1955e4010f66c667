/*
 * The partition's ports as files of RTEMS: /dev/port/NAME for each port that the system file gives the partition.
 *
 * A program has these files if one of its sources includes this header. A port that messages come to is opened with
 * O_RDONLY, one that they go out of with O_WRONLY; otherwise EACCES. docs/rtems.md says more.
 *
 * read() and write() take whole messages. Errors: EMSGSIZE if the message is longer than the room, which stays where it
 * is, or longer than the channel's longest; EAGAIN if there is no message or no room, and the file is O_NONBLOCK, or
 * there has been no message at a sampling port yet; ETIMEDOUT if there was none in the time of BULKHEAD_PORT_TIME_OUT;
 * EPERM if the caller would have to wait with interrupts or dispatching disabled, or as one of more than 128; EFAULT if
 * the buffer is not in the partition's own memory. No bytes are no message: 0, and nothing happens.
 */
#ifndef BULKHEAD_PORT_H
#define BULKHEAD_PORT_H

#include <stdint.h>
#include <sys/ioccom.h>

#include <rtems.h>

#include <bulkhead.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the system file says of the port. */
#define BULKHEAD_PORT_DESCRIBE _IOR('B', 1, struct bulkhead_port_description)

/* How the port stands. */
#define BULKHEAD_PORT_STATUS _IOR('B', 2, struct bulkhead_port_status)

/* BULKHEAD_RECEIVED_VALID, _NEW and _OVERFLOW of the message that was read last through this open file. */
#define BULKHEAD_PORT_RECEIVED _IOR('B', 3, uint32_t)

/* Drops the messages that wait; how many there were. EBADF if the port is no destination of a queuing channel. */
#define BULKHEAD_PORT_CLEAR _IOR('B', 4, uint32_t)

/* For how many nanoseconds read() and write() wait through this open file; negative, and so at first, for ever. */
#define BULKHEAD_PORT_TIME_OUT _IOW('B', 5, int64_t)

/* Not 0: tasks that wait are served by priority; 0, and so at first, in the order in which they came. */
#define BULKHEAD_PORT_BY_PRIORITY _IOW('B', 6, uint32_t)

/* Who is told with rtems_event_send() when a message has come, or when there is room in a queue that was full. */
struct bulkhead_port_events {
    rtems_id task;
    rtems_event_set events; /* 0: nobody */
};

/*
 * From now on these events are sent, whoever else has the port open: in place of those before. If there is a message or
 * room already, they are sent at once. What has been read meanwhile may be announced all the same: read with O_NONBLOCK
 * until EAGAIN.
 */
#define BULKHEAD_PORT_EVENTS _IOW('B', 7, struct bulkhead_port_events)

/* A file of the pack, which makes the files (ports.c). */
extern const char bulkhead_port_files;
static const char *const bulkhead_port_files_wanted __attribute__((__used__)) = &bulkhead_port_files;

#ifdef __cplusplus
}
#endif

#endif
