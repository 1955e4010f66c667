/* Writes to a sampling port, fills a queue until it overflows, goes on when there is room again, and takes a reply. */
#include <rtems.h>

#include <bulkhead.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 3

static volatile uint32_t replies;

static void reply_has_come(uint32_t port, void *argument)
{
    (void) port;
    ++*(volatile uint32_t *) argument;
}

static uint32_t find(const char *name)
{
    int32_t port = bulkhead_port_find(name);

    if (port < 0) {
        printf("there is no port %s: %" PRId32 "\n", name, port);
        exit(1);
    }
    return (uint32_t) port;
}

static void expect(const char *what, int32_t answer, int32_t expected)
{
    if (answer != expected) {
        printf("%s answers %" PRId32 ", not %" PRId32 "\n", what, answer, expected);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    uint32_t rate = find("rate-out");
    uint32_t orders = find("orders-out");
    uint32_t reply = find("replies-in");
    struct bulkhead_port_description description;
    struct bulkhead_port_status status;
    char message[64];
    int32_t length;

    (void) argument;
    expect("finding a port of another", bulkhead_port_find("rate-in"), BULKHEAD_ERROR_NOT_PERMITTED);
    expect("describing", bulkhead_port_describe(orders, &description), 0);
    printf("%s: %" PRIu32 " messages of %" PRIu32 " bytes\n", description.name, description.depth,
        description.message_size);
    expect("installing", bulkhead_port_install(reply, reply_has_come, (void *) &replies), 0);

    expect("writing too much", bulkhead_port_write(rate, message, 65), BULKHEAD_ERROR_BAD_ARGUMENT);
    expect("writing to a queue", bulkhead_port_write(orders, message, 1), BULKHEAD_ERROR_NOT_PERMITTED);
    expect("writing from nowhere", bulkhead_port_write(rate, (void *) 0xfffff000, 8), BULKHEAD_ERROR_BAD_ADDRESS);
    expect("writing", bulkhead_port_write(rate, "forgotten", 9), 0);
    memset(message, 'r', sizeof(message));
    expect("writing", bulkhead_port_write(rate, message, sizeof(message)), 0);

    for (int number = 1; number <= DEPTH; ++number) {
        int size = snprintf(message, sizeof(message), "order %d", number);

        expect("sending", bulkhead_port_send(orders, message, (size_t) size, 0), 0);
    }
    expect("sending to a full queue", bulkhead_port_send(orders, "waits", 5, 1), BULKHEAD_ERROR_NOT_AVAILABLE);
    expect("sending to a full queue", bulkhead_port_send(orders, "is lost", 7, 0), BULKHEAD_ERROR_NOT_AVAILABLE);
    expect("asking", bulkhead_port_status(orders, &status), 0);
    printf("%" PRIu32 " orders wait, %" PRIu32 " lost\n", status.messages, status.lost);

    while (bulkhead_port_take_notice(orders) == 0) {
        rtems_task_wake_after(1);
    }
    expect("sending again", bulkhead_port_send(orders, "after all", 9, 1), 0);
    puts("there was room again");

    while (replies == 0) {
        rtems_task_wake_after(1);
    }
    length = bulkhead_port_receive(reply, message, sizeof(message));
    if (length < 0) {
        printf("receiving answers %" PRId32 "\n", length);
        exit(1);
    }
    printf("reply: %.*s\n", (int) (length & BULKHEAD_RECEIVED_LENGTH), message);
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
