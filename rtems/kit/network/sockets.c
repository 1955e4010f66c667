/*
 * UDP without a network: datagram sockets over the partition's ports, for programs that are linked with -lnetworking,
 * as with RTEMS's own stack. A socket that is bound to UDP port N receives what comes to the queuing port `udp-N`; what
 * is sent to UDP port N of anybody goes out of the queuing port `udp-to-N`. At the other end is a gateway, or a
 * partition.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <rtems.h>
#include <rtems/libio_.h>
#include <rtems/seterr.h>

#include <bulkhead.h>
#include <bulkhead/waiting.h>

/* No port of the partition. */
#define NO_PORT UINT32_MAX

typedef struct {
    /* Where datagrams come to. */
    uint32_t port;
    /* Room for the longest of them. */
    uint8_t *message;
    size_t room;
    /* Its own address, and that of its peer, if there is one. */
    struct sockaddr_in own;
    struct sockaddr_in peer;
} bulkhead_rtems_socket;

static int bulkhead_rtems_error(int32_t answer)
{
    switch (answer) {
    case BULKHEAD_ERROR_NOT_AVAILABLE:
    case BULKHEAD_WAITING_TIMED_OUT:
        return EAGAIN;
    case BULKHEAD_ERROR_BAD_ARGUMENT:
        return EMSGSIZE;
    case BULKHEAD_ERROR_BAD_ADDRESS:
        return EFAULT;
    default:
        return EIO;
    }
}

static int bulkhead_rtems_socket_close(rtems_libio_t *iop)
{
    bulkhead_rtems_socket *socket = iop->data1;

    free(socket->message);
    free(socket);
    return 0;
}

static ssize_t bulkhead_rtems_socket_read(rtems_libio_t *iop, void *buffer, size_t room)
{
    return recvfrom(rtems_libio_iop_to_descriptor(iop), buffer, room, 0, NULL, NULL);
}

static ssize_t bulkhead_rtems_socket_write(rtems_libio_t *iop, const void *message, size_t length)
{
    return sendto(rtems_libio_iop_to_descriptor(iop), message, length, 0, NULL, 0);
}

static const rtems_filesystem_file_handlers_r bulkhead_rtems_socket_handlers = {
    .open_h = rtems_filesystem_default_open,
    .close_h = bulkhead_rtems_socket_close,
    .read_h = bulkhead_rtems_socket_read,
    .write_h = bulkhead_rtems_socket_write,
    .ioctl_h = rtems_filesystem_default_ioctl,
    .lseek_h = rtems_filesystem_default_lseek,
    .fstat_h = rtems_filesystem_default_fstat,
    .ftruncate_h = rtems_filesystem_default_ftruncate,
    .fsync_h = rtems_filesystem_default_fsync_or_fdatasync,
    .fdatasync_h = rtems_filesystem_default_fsync_or_fdatasync,
    .fcntl_h = rtems_filesystem_default_fcntl,
    .kqfilter_h = rtems_filesystem_default_kqfilter,
    .mmap_h = rtems_filesystem_default_mmap,
    .poll_h = rtems_filesystem_default_poll,
    .readv_h = rtems_filesystem_default_readv,
    .writev_h = rtems_filesystem_default_writev,
};

/* The open file of a descriptor; NULL with `errno` if it is no socket. */
static rtems_libio_t *bulkhead_rtems_socket_of(int descriptor, bulkhead_rtems_socket **socket)
{
    rtems_libio_t *iop;

    if (descriptor < 0 || (uint32_t)descriptor >= rtems_libio_number_iops) {
        errno = EBADF;
        return NULL;
    }
    iop = rtems_libio_iop(descriptor);
    if (iop->pathinfo.handlers != &bulkhead_rtems_socket_handlers) {
        errno = ENOTSOCK;
        return NULL;
    }
    *socket = iop->data1;
    return iop;
}

/* A queuing port of a direction, such as `udp-5000`. */
static uint32_t bulkhead_rtems_udp_port(const char *beginning, uint16_t number, uint32_t direction, size_t *size)
{
    struct bulkhead_port_description description;
    char name[BULKHEAD_NAME_SIZE];
    int32_t port;

    snprintf(name, sizeof(name), "%s%u", beginning, (unsigned)number);
    port = bulkhead_port_find(name);
    if (port < 0 || bulkhead_port_describe((uint32_t)port, &description) != 0
        || description.kind != BULKHEAD_PORT_KIND_QUEUING || description.direction != direction)
        return NO_PORT;
    *size = description.message_size;
    return (uint32_t)port;
}

static bool bulkhead_rtems_is_internet(const struct sockaddr *address, socklen_t length)
{
    return address != NULL && length >= sizeof(struct sockaddr_in) && address->sa_family == AF_INET;
}

int socket(int domain, int type, int protocol)
{
    bulkhead_rtems_socket *socket;
    rtems_libio_t *iop;

    if (domain != AF_INET)
        rtems_set_errno_and_return_minus_one(EAFNOSUPPORT);
    if (type != SOCK_DGRAM || (protocol != 0 && protocol != IPPROTO_UDP))
        rtems_set_errno_and_return_minus_one(EPROTONOSUPPORT);
    socket = calloc(1, sizeof(*socket));
    if (socket == NULL)
        rtems_set_errno_and_return_minus_one(ENOMEM);
    iop = rtems_libio_allocate();
    if (iop == NULL) {
        free(socket);
        rtems_set_errno_and_return_minus_one(ENFILE);
    }
    socket->port = NO_PORT;
    socket->own.sin_family = AF_INET;
    iop->data1 = socket;
    iop->pathinfo.handlers = &bulkhead_rtems_socket_handlers;
    iop->pathinfo.mt_entry = &rtems_filesystem_null_mt_entry;
    rtems_filesystem_location_add_to_mt_entry(&iop->pathinfo);
    rtems_libio_iop_flags_set(iop, LIBIO_FLAGS_OPEN | LIBIO_FLAGS_READ_WRITE);
    return rtems_libio_iop_to_descriptor(iop);
}

int bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    const struct sockaddr_in *internet = (const struct sockaddr_in *)address;
    bulkhead_rtems_socket *socket;
    uint32_t port;
    size_t room;

    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    if (!bulkhead_rtems_is_internet(address, length))
        rtems_set_errno_and_return_minus_one(EAFNOSUPPORT);
    if (socket->port != NO_PORT)
        rtems_set_errno_and_return_minus_one(EINVAL);
    port = bulkhead_rtems_udp_port("udp-", ntohs(internet->sin_port), BULKHEAD_PORT_DIRECTION_DESTINATION, &room);
    if (port == NO_PORT || bulkhead_waiting_attach(port, 0) != 0)
        rtems_set_errno_and_return_minus_one(EADDRNOTAVAIL);
    socket->message = malloc(room);
    if (socket->message == NULL)
        rtems_set_errno_and_return_minus_one(ENOMEM);
    socket->room = room;
    socket->own = *internet;
    socket->port = port;
    return 0;
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    bulkhead_rtems_socket *socket;

    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    if (!bulkhead_rtems_is_internet(address, length))
        rtems_set_errno_and_return_minus_one(EAFNOSUPPORT);
    socket->peer = *(const struct sockaddr_in *)address;
    return 0;
}

/* As on a network, a datagram for which there is no room is lost. */
ssize_t sendto(int descriptor, const void *message, size_t length, int flags, const struct sockaddr *address,
    socklen_t address_length)
{
    const struct sockaddr_in *to = (const struct sockaddr_in *)address;
    bulkhead_rtems_socket *socket;
    uint32_t port;
    size_t size;
    int32_t answer;

    (void)flags;
    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    if (address == NULL)
        to = &socket->peer;
    else if (!bulkhead_rtems_is_internet(address, address_length))
        rtems_set_errno_and_return_minus_one(EAFNOSUPPORT);
    if (to->sin_family != AF_INET)
        rtems_set_errno_and_return_minus_one(EDESTADDRREQ);
    port = bulkhead_rtems_udp_port("udp-to-", ntohs(to->sin_port), BULKHEAD_PORT_DIRECTION_SOURCE, &size);
    if (port == NO_PORT)
        rtems_set_errno_and_return_minus_one(ENETUNREACH);
    answer = bulkhead_port_send(port, message, length, 0);
    if (answer < 0 && answer != BULKHEAD_ERROR_NOT_AVAILABLE)
        rtems_set_errno_and_return_minus_one(bulkhead_rtems_error(answer));
    return (ssize_t)length;
}

ssize_t send(int descriptor, const void *message, size_t length, int flags)
{
    return sendto(descriptor, message, length, flags, NULL, 0);
}

/* The sender is not known: it is whom the gateway says. What is longer than the room is cut, as by UDP. */
ssize_t recvfrom(
    int descriptor, void *buffer, size_t room, int flags, struct sockaddr *address, socklen_t *address_length)
{
    bulkhead_rtems_socket *socket;
    rtems_libio_t *iop = bulkhead_rtems_socket_of(descriptor, &socket);
    int32_t received;
    size_t length;

    if (iop == NULL)
        return -1;
    if (socket->port == NO_PORT)
        rtems_set_errno_and_return_minus_one(EINVAL);
    received = bulkhead_waiting_receive(socket->port, socket->message, socket->room,
        rtems_libio_iop_is_no_delay(iop) || (flags & MSG_DONTWAIT) != 0 ? 0 : -1);
    if (received < 0)
        rtems_set_errno_and_return_minus_one(bulkhead_rtems_error(received));
    length = (size_t)received & BULKHEAD_RECEIVED_LENGTH;
    if (length > room)
        length = room;
    memcpy(buffer, socket->message, length);
    if (address != NULL && address_length != NULL) {
        struct sockaddr_in from = {.sin_len = sizeof(from), .sin_family = AF_INET};

        memcpy(address, &from, *address_length < sizeof(from) ? *address_length : sizeof(from));
        *address_length = sizeof(from);
    }
    return (ssize_t)length;
}

ssize_t recv(int descriptor, void *buffer, size_t room, int flags)
{
    return recvfrom(descriptor, buffer, room, flags, NULL, NULL);
}

int getsockname(int descriptor, struct sockaddr *address, socklen_t *length)
{
    bulkhead_rtems_socket *socket;

    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    memcpy(address, &socket->own, *length < sizeof(socket->own) ? *length : sizeof(socket->own));
    *length = sizeof(socket->own);
    return 0;
}

int getpeername(int descriptor, struct sockaddr *address, socklen_t *length)
{
    bulkhead_rtems_socket *socket;

    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    if (socket->peer.sin_family != AF_INET)
        rtems_set_errno_and_return_minus_one(ENOTCONN);
    memcpy(address, &socket->peer, *length < sizeof(socket->peer) ? *length : sizeof(socket->peer));
    *length = sizeof(socket->peer);
    return 0;
}

/* Options are taken note of by nobody: there is no network that they would change. */
int setsockopt(int descriptor, int level, int option, const void *value, socklen_t length)
{
    bulkhead_rtems_socket *socket;

    (void)level;
    (void)option;
    (void)value;
    (void)length;
    return bulkhead_rtems_socket_of(descriptor, &socket) == NULL ? -1 : 0;
}

int getsockopt(int descriptor, int level, int option, void *value, socklen_t *length)
{
    bulkhead_rtems_socket *socket;

    (void)level;
    (void)option;
    if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
        return -1;
    memset(value, 0, *length);
    return 0;
}

int shutdown(int descriptor, int how)
{
    bulkhead_rtems_socket *socket;

    (void)how;
    return bulkhead_rtems_socket_of(descriptor, &socket) == NULL ? -1 : 0;
}

int listen(int descriptor, int backlog)
{
    (void)descriptor;
    (void)backlog;
    rtems_set_errno_and_return_minus_one(EOPNOTSUPP);
}

int accept(int descriptor, struct sockaddr *address, socklen_t *length)
{
    (void)descriptor;
    (void)address;
    (void)length;
    rtems_set_errno_and_return_minus_one(EOPNOTSUPP);
}

/* Leaves in a set the sockets at which a datagram waits, or all if what is asked is whether one can be sent. */
static int bulkhead_rtems_ready(int count, const fd_set *asked, fd_set *set, bool to_read)
{
    int ready = 0;

    FD_ZERO(set);
    for (int descriptor = 0; descriptor < count; ++descriptor) {
        struct bulkhead_port_status status;
        bulkhead_rtems_socket *socket;

        if (!FD_ISSET(descriptor, asked))
            continue;
        if (bulkhead_rtems_socket_of(descriptor, &socket) == NULL)
            return -1;
        if (!to_read
            || (socket->port != NO_PORT && bulkhead_port_status(socket->port, &status) == 0 && status.messages > 0)) {
            FD_SET(descriptor, set);
            ++ready;
        }
    }
    return ready;
}

/* Of sockets alone: it looks again with each tick. */
int select(int count, fd_set *reads, fd_set *writes, fd_set *exceptions, struct timeval *time_out)
{
    uint64_t nanoseconds = time_out == NULL ? BULKHEAD_NEVER
                                            : (uint64_t)time_out->tv_sec * 1000000000
            + (uint64_t)time_out->tv_usec * 1000;
    uint64_t begin = bulkhead_clock_now();
    fd_set none;
    fd_set asked_reads;
    fd_set asked_writes;

    FD_ZERO(&none);
    asked_reads = reads == NULL ? none : *reads;
    asked_writes = writes == NULL ? none : *writes;
    if (exceptions != NULL)
        FD_ZERO(exceptions);
    for (;;) {
        fd_set unused;
        int to_read = bulkhead_rtems_ready(count, &asked_reads, reads == NULL ? &unused : reads, true);
        int to_write = bulkhead_rtems_ready(count, &asked_writes, writes == NULL ? &unused : writes, false);

        if (to_read < 0 || to_write < 0)
            return -1;
        if (to_read + to_write > 0 || (time_out != NULL && bulkhead_clock_now() - begin >= nanoseconds))
            return to_read + to_write;
        rtems_task_wake_after(1);
    }
}
