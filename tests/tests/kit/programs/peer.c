/* The other side of files.c: does what its messages say, with files too. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/mman.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead/port.h>
#include <bulkhead/region.h>

#define EVENT_RUNG RTEMS_EVENT_3

static int answers;

static void fail(const char *what)
{
    printk("peer: %s\n", what);
    exit(EXIT_FAILURE);
}

static int opened(const char *path, int flags)
{
    int file = open(path, flags);

    if (file < 0)
        fail(path);
    return file;
}

static void answer(const char *text)
{
    if (write(answers, text, strlen(text)) != (ssize_t)strlen(text))
        fail("an answer was not sent");
}

/* Receives all that is there: for each message its length, first byte, and whether one before was lost. */
static void receive_bulk(int bulk)
{
    static char message[4096];
    ssize_t length;

    while ((length = read(bulk, message, sizeof(message))) > 0) {
        char text[20];
        uint32_t received;

        if (ioctl(bulk, BULKHEAD_PORT_RECEIVED, &received) != 0)
            fail("no flags");
        snprintf(text, sizeof(text), "%d %c%s", (int)length, message[0],
                 (received & BULKHEAD_RECEIVED_OVERFLOW) != 0 ? " lost" : "");
        answer(text);
    }
}

static rtems_task Init(rtems_task_argument argument)
{
    int commands = opened("/dev/port/commands", O_RDONLY);
    int bulk = opened("/dev/port/bulk", O_RDONLY | O_NONBLOCK);
    int samples = opened("/dev/port/samples", O_WRONLY);
    int board = opened("/dev/region/board", O_RDWR);
    int notices = opened("/dev/region/notices", O_RDWR);
    volatile char *seen = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, board, 0);
    volatile char *notice = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, notices, 0);
    struct bulkhead_region_events events = {rtems_task_self(), EVENT_RUNG};
    rtems_event_set rung;
    char command[16];
    ssize_t length;

    (void)argument;
    answers = opened("/dev/port/answers", O_WRONLY);
    if (seen == MAP_FAILED || notice == MAP_FAILED || ioctl(board, BULKHEAD_REGION_EVENTS, &events) != 0)
        fail("no region");
    while ((length = read(commands, command, sizeof(command))) > 0) {
        switch (command[0]) {
        case 'a': /* answers with the rest */
            if (write(answers, command + 1, (size_t)length - 1) != length - 1)
                fail("an answer was not sent");
            break;
        case 'b':
            receive_bulk(bulk);
            break;
        case 's': /* writes the rest as a sample */
            if (write(samples, command + 1, (size_t)length - 1) != length - 1)
                fail("no sample");
            break;
        case 'r': /* has been rung: answers in the shared memory, and rings */
            if (rtems_event_receive(EVENT_RUNG, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &rung) != RTEMS_SUCCESSFUL)
                fail("nobody has rung");
            seen[4096] = seen[4095] + 1;
            notice[7] = 7;
            ioctl(board, BULKHEAD_REGION_DOORBELL);
            break;
        default:
            exit(EXIT_SUCCESS);
        }
    }
    fail("no message");
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_STACK_SIZE (16 * 1024)
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
