/*
 * Steers by what the sensor has sampled: if that is too old, it holds. A task waits for commands while the loop goes
 * on. Each period makes a record for the logger; one that finds no room is lost, and the logger is told.
 */
#include "messages.h"

static SAMPLING_PORT_ID_TYPE attitude;
static QUEUING_PORT_ID_TYPE commands, records;
static volatile int32_t setpoint;

static void create(void)
{
    RETURN_CODE_TYPE code;

    CREATE_SAMPLING_PORT("attitude-in", sizeof(struct attitude), DESTINATION, 50 * MILLISECOND, &attitude, &code);
    must(code);
    CREATE_QUEUING_PORT("commands-in", sizeof(struct command), 4, DESTINATION, FIFO, &commands, &code);
    must(code);
    CREATE_QUEUING_PORT("records-out", sizeof(struct record), 8, SOURCE, FIFO, &records, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
}

/* Waits for commands; it is a task of its own, so that nobody else waits. */
static rtems_task obey(rtems_task_argument argument)
{
    (void) argument;
    for (;;) {
        struct command command;
        MESSAGE_SIZE_TYPE length;
        RETURN_CODE_TYPE code;

        RECEIVE_QUEUING_MESSAGE(commands, INFINITE_TIME_VALUE, &command, &length, &code);
        must(code);
        setpoint = command.setpoint;
        printk("command: steer to %d\n", (int) setpoint);
    }
}

/* Says when the samples become good or too old. Returns whether this one is good. */
static int judge(const struct attitude *sample, VALIDITY_TYPE validity)
{
    static VALIDITY_TYPE before = INVALID;

    if (validity != before && validity == VALID)
        printk("sample %u at %d: steering\n", (unsigned) sample->number, (int) sample->angle);
    if (validity != before && validity == INVALID)
        printk("sample %u is too old: holding\n", (unsigned) sample->number);
    before = validity;
    return validity == VALID;
}

rtems_task Init(rtems_task_argument argument)
{
    unsigned steered = 0, held = 0, lost = 0;
    rtems_id period, task;

    (void) argument;
    create();
    must_do(rtems_task_create(rtems_build_name('O', 'B', 'E', 'Y'), 10, RTEMS_MINIMUM_STACK_SIZE,
        RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &task));
    must_do(rtems_task_start(task, obey, 0));
    must_do(rtems_rate_monotonic_create(rtems_build_name('L', 'O', 'O', 'P'), &period));
    for (uint32_t number = 0; number < SAMPLES; ++number) {
        struct attitude sample = { 0, 0 };
        struct record record;
        MESSAGE_SIZE_TYPE length;
        VALIDITY_TYPE validity;
        RETURN_CODE_TYPE code;

        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
        READ_SAMPLING_MESSAGE(attitude, &sample, &length, &validity, &code);
        if (code != NO_ACTION)
            must(code);
        if (judge(&sample, validity))
            ++steered;
        else
            ++held;
        record.number = number;
        record.angle = sample.angle - setpoint;
        record.last = number + 1 == SAMPLES;
        /* The last one waits for room, the others do not. */
        SEND_QUEUING_MESSAGE(records, &record, sizeof(record), record.last ? INFINITE_TIME_VALUE : 0, &code);
        if (code == NOT_AVAILABLE)
            ++lost;
        else
            must(code);
    }
    printk("done: steered %u times, held %u times, %u records lost\n", steered, held, lost);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_INIT_TASK_PRIORITY 20
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
