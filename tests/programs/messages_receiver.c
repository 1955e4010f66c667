/* Reads a sampling port while its message is valid and after, takes orders from a queue that overflows, and replies. */
#include <rtems.h>

#include <bulkhead.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS 4

static char message[64];

static uint32_t find(const char *name)
{
    int32_t port = bulkhead_port_find(name);

    if (port < 0) {
        printf("there is no port %s: %" PRId32 "\n", name, port);
        exit(1);
    }
    return (uint32_t) port;
}

static const char *flags(int32_t answer)
{
    static char text[32];

    snprintf(text, sizeof(text), "%s, %s", answer & BULKHEAD_RECEIVED_VALID ? "valid" : "stale",
        answer & BULKHEAD_RECEIVED_NEW ? "new" : "read before");
    return text;
}

rtems_task Init(rtems_task_argument argument)
{
    uint32_t rate = find("rate-in");
    uint32_t orders = find("orders-in");
    uint32_t replies = find("replies-out");
    struct bulkhead_port_status status;
    uint32_t overflows = 0;
    int32_t answer;

    (void) argument;
    while (bulkhead_port_take_notice(rate) == 0) {
        rtems_task_wake_after(1);
    }
    answer = bulkhead_port_read(rate, message, 63);
    printf("no room for it: %s\n", answer == BULKHEAD_ERROR_BAD_ARGUMENT ? "told" : "not told");
    answer = bulkhead_port_read(rate, message, sizeof(message));
    printf("%" PRId32 " bytes that begin with %c%c%c: %s\n", answer & BULKHEAD_RECEIVED_LENGTH, message[0], message[1],
        message[63], flags(answer));
    answer = bulkhead_port_read(rate, message, sizeof(message));
    printf("once more: %s\n", flags(answer));

    for (int number = 0; number < ORDERS;) {
        if (number == 0 && bulkhead_port_status(orders, &status) == 0 && status.messages != 0) {
            printf("%" PRIu32 " orders wait\n", status.messages);
        }
        answer = bulkhead_port_receive(orders, message, sizeof(message));
        if (answer == BULKHEAD_ERROR_NOT_AVAILABLE) {
            rtems_task_wake_after(1);
            continue;
        }
        printf("%.*s\n", (int) (answer & BULKHEAD_RECEIVED_LENGTH), message);
        overflows += (answer & BULKHEAD_RECEIVED_OVERFLOW) != 0;
        ++number;
    }
    printf("%" PRIu32 " overflow\n", overflows);

    do {
        rtems_task_wake_after(1);
        answer = bulkhead_port_read(rate, message, sizeof(message));
    } while (answer & BULKHEAD_RECEIVED_VALID);
    printf("later: %s\n", flags(answer));
    answer = bulkhead_port_send(replies, "all done", 8, 0);
    if (answer != 0) {
        printf("sending a reply answers %" PRId32 "\n", answer);
    }
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
