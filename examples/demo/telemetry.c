/*
 * What control sends goes from a collector through a message queue to a packer, which announces every full packet to a
 * downlink task with an event. The packer checks that no sample is lost; the collector counts the deadlines that it
 * misses.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>

#include "state.h"

#define RATE 50
#define PACKETS_PER_SECOND 5
#define SAMPLES_PER_PACKET (RATE / PACKETS_PER_SECOND)
#define PACKETS (PACKETS_PER_SECOND * 14 / 5)
#define PACKET_READY RTEMS_EVENT_0

/* Stops at the first directive that fails. */
static void must(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

static QUEUING_PORT_ID_TYPE port;
static rtems_id samples;
static rtems_id period;
static rtems_id downlink_id;
static volatile uint32_t lost;

static void create_port(void)
{
    RETURN_CODE_TYPE code;

    CREATE_QUEUING_PORT("state-in", sizeof(struct state), QUEUE_DEPTH, DESTINATION, FIFO, &port, &code);
    if (code == NO_ERROR)
        SET_PARTITION_MODE(NORMAL, &code);
    if (code != NO_ERROR)
        rtems_fatal_error_occurred(code);
}

static rtems_task collector(rtems_task_argument argument)
{
    (void) argument;
    must(rtems_rate_monotonic_create(rtems_build_name('C', 'O', 'L', 'L'), &period));
    for (;;) {
        struct state sample;
        MESSAGE_SIZE_TYPE length;
        RETURN_CODE_TYPE code;

        /* A deadline that was missed is counted by the period itself. */
        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
        for (;;) {
            RECEIVE_QUEUING_MESSAGE(port, 0, &sample, &length, &code);
            if (length == 0)
                break;
            must(rtems_message_queue_send(samples, &sample, sizeof(sample)));
        }
    }
}

static rtems_task packer(rtems_task_argument argument)
{
    (void) argument;
    for (uint32_t expected = 0;; ++expected) {
        struct state sample;
        size_t size;

        must(rtems_message_queue_receive(samples, &sample, &size, RTEMS_WAIT, RTEMS_NO_TIMEOUT));
        if (size != sizeof(sample) || sample.number != expected)
            ++lost;
        if ((expected + 1) % SAMPLES_PER_PACKET == 0)
            must(rtems_event_send(downlink_id, PACKET_READY));
    }
}

static unsigned missed(void)
{
    rtems_rate_monotonic_period_statistics statistics;

    must(rtems_rate_monotonic_get_statistics(period, &statistics));
    return statistics.missed_count;
}

static rtems_task downlink(rtems_task_argument argument)
{
    (void) argument;
    for (int packet = 1; packet <= PACKETS; ++packet) {
        rtems_event_set events;

        must(rtems_event_receive(PACKET_READY, RTEMS_WAIT | RTEMS_EVENT_ALL, RTEMS_NO_TIMEOUT, &events));
        if (packet % PACKETS_PER_SECOND == 0)
            printk("second %d: %d packets sent, %" PRIu32 " samples lost, %u deadlines missed\n",
                packet / PACKETS_PER_SECOND, packet, lost, missed());
    }
    printk("done: %d packets, %" PRIu32 " samples lost, %u deadlines missed\n", PACKETS, lost, missed());
    exit(lost == 0 && missed() == 0 ? 0 : 1);
}

static rtems_id start(char letter, rtems_task_priority priority, rtems_task_entry entry)
{
    rtems_id id;

    must(rtems_task_create(rtems_build_name('T', 'E', 'L', letter), priority, RTEMS_MINIMUM_STACK_SIZE,
        RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id));
    must(rtems_task_start(id, entry, 0));
    return id;
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    must(rtems_message_queue_create(rtems_build_name('S', 'A', 'M', 'P'), SAMPLES_PER_PACKET, sizeof(struct state),
        RTEMS_FIFO, &samples));
    create_port();
    printk("%d samples per second from control, %d to a packet\n", RATE, SAMPLES_PER_PACKET);
    downlink_id = start('D', 30, downlink);
    (void) start('P', 20, packer);
    (void) start('C', 10, collector);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 4
#define CONFIGURE_MAXIMUM_MESSAGE_QUEUES 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_MESSAGE_BUFFER_MEMORY CONFIGURE_MESSAGE_BUFFERS_FOR_QUEUE(SAMPLES_PER_PACKET, sizeof(struct state))
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
