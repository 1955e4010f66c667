/*
 * Steers by what the sensor has sampled: if that is too old, it holds. One task waits for its period and for commands
 * at the same time, by events. Each period makes a record for the logger; one that finds no room is lost, and the
 * logger is told.
 */
#include "messages.h"

#include <sys/ioctl.h>

#define EVENT_PERIOD RTEMS_EVENT_0
#define EVENT_COMMAND RTEMS_EVENT_1

static int attitude, commands, records;
static int32_t setpoint;
static unsigned steered, held, lost;

/* A handler of RTEMS's timer. */
static void next_period(rtems_id timer, void *task)
{
    (void) rtems_timer_fire_after(timer, rtems_clock_get_ticks_per_second() / RATE, next_period, task);
    (void) rtems_event_send(*(rtems_id *) task, EVENT_PERIOD);
}

/* All that are there: an event says that something has come, not how much. */
static void obey(void)
{
    struct command command;

    while (read(commands, &command, sizeof(command)) == sizeof(command)) {
        setpoint = command.setpoint;
        printk("command: steer to %d\n", (int) setpoint);
    }
    must(errno == EAGAIN, "commands");
}

/* Says when the samples become good or too old. Returns whether this one is good. */
static bool judge(const struct attitude *sample, bool valid)
{
    static bool before;

    if (valid && !before)
        printk("sample %u at %d: steering\n", (unsigned) sample->number, (int) sample->angle);
    if (!valid && before)
        printk("sample %u is too old: holding\n", (unsigned) sample->number);
    before = valid;
    return valid;
}

static void control(uint32_t number)
{
    struct attitude sample = { 0, 0 };
    struct record record;
    uint32_t received = 0;

    if (read(attitude, &sample, sizeof(sample)) == sizeof(sample))
        must(ioctl(attitude, BULKHEAD_PORT_RECEIVED, &received) == 0, "flags");
    else
        must(errno == EAGAIN, "attitude");
    if (judge(&sample, (received & BULKHEAD_RECEIVED_VALID) != 0))
        ++steered;
    else
        ++held;
    record.number = number;
    record.angle = sample.angle - setpoint;
    record.last = number + 1 == SAMPLES;
    /* The last one waits for room, the others do not. */
    if (record.last)
        must(fcntl(records, F_SETFL, 0) == 0, "fcntl");
    if (write(records, &record, sizeof(record)) != sizeof(record)) {
        must(errno == EAGAIN, "records");
        ++lost;
    }
}

static rtems_task Init(rtems_task_argument argument)
{
    static rtems_id self;
    struct bulkhead_port_events events = { rtems_task_self(), EVENT_COMMAND };
    rtems_id timer;

    (void) argument;
    self = rtems_task_self();
    attitude = must_open("/dev/port/attitude-in", O_RDONLY);
    commands = must_open("/dev/port/commands-in", O_RDONLY | O_NONBLOCK);
    records = must_open("/dev/port/records-out", O_WRONLY | O_NONBLOCK);
    must(ioctl(commands, BULKHEAD_PORT_EVENTS, &events) == 0, "events");
    must(rtems_timer_create(rtems_build_name('L', 'O', 'O', 'P'), &timer) == RTEMS_SUCCESSFUL, "a timer");
    next_period(timer, &self);
    for (uint32_t number = 0; number < SAMPLES;) {
        rtems_event_set told;

        (void) rtems_event_receive(EVENT_PERIOD | EVENT_COMMAND, RTEMS_WAIT | RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT,
            &told);
        if ((told & EVENT_COMMAND) != 0)
            obey();
        if ((told & EVENT_PERIOD) != 0)
            control(number++);
    }
    printk("done: steered %u times, held %u times, %u records lost\n", steered, held, lost);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 6
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_TIMERS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
