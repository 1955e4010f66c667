/* /dev/port/NAME: the partition's ports as files, in programs that include <bulkhead/port.h>. */
#include "kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/filio.h>
#include <sys/poll.h>
#include <sys/stat.h>

#include <rtems/bspIo.h>
#include <rtems/imfs.h>
#include <rtems/seterr.h>
#include <rtems/sysinit.h>

#include <bulkhead/port.h>
#include <bulkhead/waiting.h>

const char bulkhead_port_files = 1;

typedef struct {
    uint32_t number;
    struct bulkhead_port_description description;
    struct bulkhead_port_events told;
} bulkhead_rtems_port;

/* What an open file has of its own. */
typedef struct {
    int64_t time_out;
    uint32_t received;
} bulkhead_rtems_port_file;

static bool bulkhead_rtems_port_is_queuing(const bulkhead_rtems_port *port)
{
    return port->description.kind == BULKHEAD_PORT_KIND_QUEUING;
}

static int bulkhead_rtems_port_error(int32_t answer)
{
    switch (answer) {
    case BULKHEAD_ERROR_NOT_AVAILABLE:
        return EAGAIN;
    case BULKHEAD_ERROR_BAD_ARGUMENT:
        return EMSGSIZE;
    case BULKHEAD_ERROR_BAD_ADDRESS:
        return EFAULT;
    case BULKHEAD_ERROR_NOT_PERMITTED:
        return EBADF;
    case BULKHEAD_WAITING_TIMED_OUT:
        return ETIMEDOUT;
    case BULKHEAD_WAITING_NOT_ALLOWED:
        return EPERM;
    default:
        return EIO;
    }
}

/* Interrupts are disabled; others may be in handlers below this one. */
static void bulkhead_rtems_port_tells(uint32_t number, void *argument)
{
    const bulkhead_rtems_port *port = argument;

    bulkhead_rtems_handler_begin();
    if (bulkhead_rtems_port_is_queuing(port))
        bulkhead_waiting_serve(number);
    if (port->told.events != 0)
        rtems_event_send(port->told.task, port->told.events);
    bulkhead_rtems_handler_end();
}

/* The same in programs that are built to be traced. */
static void bulkhead_rtems_recorded_port_tells(uint32_t number, void *argument)
{
    bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_ENTRY, BULKHEAD_LINE_PORT);
    bulkhead_rtems_port_tells(number, argument);
    bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_EXIT, BULKHEAD_LINE_PORT);
}

/* Tasks wait there from now on. What comes meanwhile is for this handler, not for the one that waiting installs. */
static void bulkhead_rtems_port_attach(bulkhead_rtems_port *port, uint32_t by_priority)
{
    uint32_t previous = bulkhead_interrupts_disable();

    if (bulkhead_rtems_port_is_queuing(port))
        bulkhead_waiting_attach(port->number, by_priority);
    bulkhead_port_install(port->number,
        bulkhead_rtems_record != NULL ? bulkhead_rtems_recorded_port_tells : bulkhead_rtems_port_tells, port);
    bulkhead_interrupts_restore(previous);
}

static int bulkhead_rtems_port_open(rtems_libio_t *iop, const char *path, int flags, mode_t mode)
{
    bulkhead_rtems_port_file *file = malloc(sizeof(*file));

    (void)path;
    (void)flags;
    (void)mode;
    if (file == NULL)
        rtems_set_errno_and_return_minus_one(ENOMEM);
    file->time_out = -1;
    file->received = 0;
    iop->data1 = file;
    return 0;
}

static int bulkhead_rtems_port_close(rtems_libio_t *iop)
{
    free(iop->data1);
    return 0;
}

static int64_t bulkhead_rtems_port_time_out(const rtems_libio_t *iop)
{
    const bulkhead_rtems_port_file *file = iop->data1;

    return rtems_libio_iop_is_no_delay(iop) ? 0 : file->time_out;
}

static ssize_t bulkhead_rtems_port_read(rtems_libio_t *iop, void *buffer, size_t count)
{
    const bulkhead_rtems_port *port = IMFS_generic_get_context_by_iop(iop);
    bulkhead_rtems_port_file *file = iop->data1;
    int32_t answer;

    if (count == 0)
        return 0;
    if (bulkhead_rtems_port_is_queuing(port))
        answer = bulkhead_waiting_receive(port->number, buffer, count, bulkhead_rtems_port_time_out(iop));
    else
        answer = bulkhead_port_read(port->number, buffer, count);
    if (answer < 0)
        rtems_set_errno_and_return_minus_one(bulkhead_rtems_port_error(answer));
    file->received = (uint32_t)answer & ~BULKHEAD_RECEIVED_LENGTH;
    return answer & BULKHEAD_RECEIVED_LENGTH;
}

static ssize_t bulkhead_rtems_port_write(rtems_libio_t *iop, const void *buffer, size_t count)
{
    const bulkhead_rtems_port *port = IMFS_generic_get_context_by_iop(iop);
    int32_t answer;

    if (count == 0)
        return 0;
    if (bulkhead_rtems_port_is_queuing(port))
        answer = bulkhead_waiting_send(port->number, buffer, count, bulkhead_rtems_port_time_out(iop));
    else
        answer = bulkhead_port_write(port->number, buffer, count);
    if (answer < 0)
        rtems_set_errno_and_return_minus_one(bulkhead_rtems_port_error(answer));
    return (ssize_t)count;
}

/* At a sampling port there is something to read if the last message has not been read. */
static bool bulkhead_rtems_port_is_ready(const bulkhead_rtems_port *port)
{
    struct bulkhead_port_status status;

    if (bulkhead_port_status(port->number, &status) != 0)
        return false;
    if (port->description.direction == BULKHEAD_PORT_DIRECTION_SOURCE)
        return !bulkhead_rtems_port_is_queuing(port) || status.messages < port->description.depth;
    return bulkhead_rtems_port_is_queuing(port) ? status.messages != 0
                                                : (status.flags & BULKHEAD_RECEIVED_NEW) != 0;
}

static int bulkhead_rtems_port_poll(rtems_libio_t *iop, int events)
{
    const bulkhead_rtems_port *port = IMFS_generic_get_context_by_iop(iop);
    bool source = port->description.direction == BULKHEAD_PORT_DIRECTION_SOURCE;

    return bulkhead_rtems_port_is_ready(port) ? events & (source ? POLLOUT | POLLWRNORM : POLLIN | POLLRDNORM) : 0;
}

/* Who is told may be interrupted by what he is told of. */
static void bulkhead_rtems_port_tell(bulkhead_rtems_port *port, const struct bulkhead_port_events *events)
{
    uint32_t previous = bulkhead_interrupts_disable();

    port->told = *events;
    bulkhead_interrupts_restore(previous);
    if (events->events != 0 && bulkhead_rtems_port_is_ready(port))
        rtems_event_send(events->task, events->events);
}

/* The answer of a call whose positive values are counts: stored, and 0. */
static int32_t bulkhead_rtems_port_store(uint32_t *count, int32_t answer)
{
    if (answer < 0)
        return answer;
    *count = (uint32_t)answer;
    return 0;
}

static int bulkhead_rtems_port_ioctl(rtems_libio_t *iop, ioctl_command_t request, void *argument)
{
    bulkhead_rtems_port *port = IMFS_generic_get_context_by_iop(iop);
    bulkhead_rtems_port_file *file = iop->data1;
    int32_t answer = 0;

    switch (request) {
    case BULKHEAD_PORT_DESCRIBE:
        *(struct bulkhead_port_description *)argument = port->description;
        break;
    case BULKHEAD_PORT_STATUS:
        answer = bulkhead_port_status(port->number, argument);
        break;
    case BULKHEAD_PORT_RECEIVED:
        *(uint32_t *)argument = file->received;
        break;
    case BULKHEAD_PORT_CLEAR:
        answer = bulkhead_rtems_port_store(argument, bulkhead_port_clear(port->number));
        break;
    case BULKHEAD_PORT_TIME_OUT:
        file->time_out = *(const int64_t *)argument;
        break;
    case BULKHEAD_PORT_BY_PRIORITY:
        bulkhead_rtems_port_attach(port, *(const uint32_t *)argument);
        break;
    case BULKHEAD_PORT_EVENTS:
        bulkhead_rtems_port_tell(port, argument);
        break;
    case FIONREAD:
        *(int *)argument = bulkhead_rtems_port_poll(iop, POLLIN) != 0 ? (int)port->description.message_size : 0;
        break;
    default:
        rtems_set_errno_and_return_minus_one(ENOTTY);
    }
    if (answer < 0)
        rtems_set_errno_and_return_minus_one(bulkhead_rtems_port_error(answer));
    return 0;
}

/* open() with O_TRUNC asks for it, and so does fopen(). */
static int bulkhead_rtems_port_truncate(rtems_libio_t *iop, off_t length)
{
    (void)iop;
    (void)length;
    return 0;
}

static const rtems_filesystem_file_handlers_r bulkhead_rtems_port_handlers = {
    .open_h = bulkhead_rtems_port_open,
    .close_h = bulkhead_rtems_port_close,
    .read_h = bulkhead_rtems_port_read,
    .write_h = bulkhead_rtems_port_write,
    .ioctl_h = bulkhead_rtems_port_ioctl,
    .lseek_h = rtems_filesystem_default_lseek,
    .fstat_h = IMFS_stat,
    .ftruncate_h = bulkhead_rtems_port_truncate,
    .fsync_h = rtems_filesystem_default_fsync_or_fdatasync_success,
    .fdatasync_h = rtems_filesystem_default_fsync_or_fdatasync_success,
    .fcntl_h = rtems_filesystem_default_fcntl,
    .poll_h = bulkhead_rtems_port_poll,
    .kqfilter_h = rtems_filesystem_default_kqfilter,
    .readv_h = rtems_filesystem_default_readv,
    .writev_h = rtems_filesystem_default_writev,
    .mmap_h = rtems_filesystem_default_mmap,
};

static const IMFS_node_control bulkhead_rtems_port_control = IMFS_GENERIC_INITIALIZER(
    &bulkhead_rtems_port_handlers, IMFS_node_initialize_generic, IMFS_node_destroy_default);

static int bulkhead_rtems_port_create(uint32_t number, const struct bulkhead_port_description *description)
{
    char path[sizeof("/dev/port/") + BULKHEAD_NAME_SIZE];
    bool source = description->direction == BULKHEAD_PORT_DIRECTION_SOURCE;
    mode_t mode = source ? S_IWUSR | S_IWGRP | S_IWOTH : S_IRUSR | S_IRGRP | S_IROTH;
    bulkhead_rtems_port *port = calloc(1, sizeof(*port));

    if (port == NULL)
        rtems_set_errno_and_return_minus_one(ENOMEM);
    port->number = number;
    port->description = *description;
    snprintf(path, sizeof(path), "/dev/port/%s", (const char *)description->name);
    if (IMFS_make_generic_node(path, S_IFCHR | mode, &bulkhead_rtems_port_control, port) != 0) {
        free(port);
        return -1;
    }
    bulkhead_rtems_port_attach(port, 0);
    return 0;
}

static void bulkhead_rtems_ports_initialize(void)
{
    struct bulkhead_port_description description;
    int result = mkdir("/dev/port", S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);

    for (uint32_t number = 0; result == 0 && bulkhead_port_describe(number, &description) == 0; ++number)
        result = bulkhead_rtems_port_create(number, &description);
    if (result != 0)
        printk("the files of ports cannot be made: %s\n", strerror(errno));
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_ports_initialize, RTEMS_SYSINIT_DEVICE_DRIVERS, RTEMS_SYSINIT_ORDER_MIDDLE);
