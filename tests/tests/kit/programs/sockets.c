/* UDP sockets over ports: asks at port 5000 and hears at 6000, or answers there, as the command line says. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

static unsigned wrong;

static void check(int right, const char *what)
{
    if (!right) {
        ++wrong;
        printk("%s: error %d\n", what, errno);
    }
}

static struct sockaddr_in at(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    check(inet_pton(AF_INET, "10.0.2.2", &address.sin_addr) == 1, "inet_pton");
    return address;
}

/* Whether a datagram comes to a socket within so many milliseconds. */
static int comes(int descriptor, unsigned milliseconds)
{
    struct timeval time_out = {0, milliseconds * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    return select(descriptor + 1, &set, NULL, NULL, &time_out) == 1 && FD_ISSET(descriptor, &set);
}

static int bound(unsigned port)
{
    struct sockaddr_in address = at(port);
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

    check(descriptor >= 0, "socket");
    check(bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
    return descriptor;
}

static void answer(void)
{
    struct sockaddr_in to = at(6000);
    int descriptor = bound(5000);
    char text[64] = "";

    check(recv(descriptor, text, sizeof(text), 0) == 9, "a question");
    printk("heard %s\n", text);
    check(sendto(descriptor, "an answer", 10, 0, (struct sockaddr *)&to, sizeof(to)) == 10, "an answer");
    check(close(descriptor) == 0, "close");
}

static void ask(void)
{
    struct sockaddr_in to = at(5000);
    struct sockaddr_in none = at(7);
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    int descriptor = bound(6000);
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    char text[64] = "";

    check(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPROTONOSUPPORT, "no streams");
    check(bind(other, (struct sockaddr *)&none, sizeof(none)) == -1 && errno == EADDRNOTAVAIL, "no such port");
    check(sendto(other, "x", 1, 0, (struct sockaddr *)&none, sizeof(none)) == -1 && errno == ENETUNREACH, "no way");
    check(sendto(0, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) == -1 && errno == ENOTSOCK, "no socket");
    check(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    check(recv(descriptor, text, sizeof(text), 0) == -1 && errno == EAGAIN, "nothing yet");
    check(!comes(descriptor, 20), "nothing in time");
    check(connect(other, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    check(write(other, "a question", 9) == 9, "write");
    check(comes(descriptor, 1000), "an answer in time");
    /* What there is no room for is cut, and the sender is not known. */
    check(recvfrom(descriptor, text, 6, 0, (struct sockaddr *)&from, &size) == 6 && size == sizeof(from), "recvfrom");
    printk("heard %s, %u wrong\n", text, wrong);
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    if (strcmp(bulkhead_command_line(), "answers") == 0)
        answer();
    else
        ask();
    exit(wrong == 0 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_STACK_SIZE 16384
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
