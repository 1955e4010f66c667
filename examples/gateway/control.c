/*
 * A carriage that a client on the network moves: commands come over a queuing port, ten samples a second go out over a
 * sampling port. What is no command is counted, and changes nothing.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RATE 50        /* periods of control in a second */
#define SAMPLE_EVERY 5 /* periods */
#define STEP 20        /* the most that the carriage moves in a period, in mm */
#define RANGE 1000     /* how far it can go from the middle, in mm */
#define SECOND ((SYSTEM_TIME_TYPE) 1000000000)

#define COMMAND 0x434d4431u /* "CMD1" */
#define SAMPLE 0x534d5031u  /* "SMP1" */

/* Words are those of the network, the highest byte first. */
enum { COMMAND_SIZE = 12, SAMPLE_SIZE = 16 };
enum kind { COMMAND_MOVE = 1, COMMAND_STOP = 2 };

static void must(RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR) {
        printk("a service has answered %d\n", (int) code);
        exit(1);
    }
}

static uint32_t word(const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

static void put(uint8_t *bytes, uint32_t value)
{
    for (int place = 0; place < 4; ++place)
        bytes[place] = (uint8_t) (value >> (24 - 8 * place));
}

static SAMPLING_PORT_ID_TYPE samples;
static QUEUING_PORT_ID_TYPE commands;
static int32_t position, setpoint;
static unsigned obeyed, refused;

/* Obeys a message that is a command; whether it says to stop. */
static int obey(const uint8_t *message, MESSAGE_SIZE_TYPE length)
{
    int32_t wanted;

    if (length == COMMAND_SIZE && word(message) == COMMAND) {
        wanted = (int32_t) word(message + 8);
        if (word(message + 4) == COMMAND_STOP)
            return 1;
        if (word(message + 4) == COMMAND_MOVE && wanted >= -RANGE && wanted <= RANGE) {
            setpoint = wanted;
            printk("command %u: to %d mm\n", ++obeyed, (int) setpoint);
            return 0;
        }
    }
    ++refused;
    return 0;
}

/* Obeys what waits; whether one of them says to stop. */
static int receive(void)
{
    uint8_t message[COMMAND_SIZE];
    MESSAGE_SIZE_TYPE length;
    RETURN_CODE_TYPE code;

    for (;;) {
        RECEIVE_QUEUING_MESSAGE(commands, 0, message, &length, &code);
        /* The queue has overflowed: the message is right all the same. */
        if (code != NO_ERROR && code != INVALID_CONFIG)
            return 0;
        if (obey(message, length))
            return 1;
    }
}

static void sample(uint32_t number)
{
    uint8_t message[SAMPLE_SIZE];
    RETURN_CODE_TYPE code;

    put(message, SAMPLE);
    put(message + 4, number);
    put(message + 8, (uint32_t) position);
    put(message + 12, obeyed);
    WRITE_SAMPLING_MESSAGE(samples, message, sizeof(message), &code);
    must(code);
}

static void move(void)
{
    int32_t way = setpoint - position;

    position += way > STEP ? STEP : way < -STEP ? -STEP : way;
}

rtems_task Init(rtems_task_argument argument)
{
    rtems_rate_monotonic_period_statistics statistics;
    RETURN_CODE_TYPE code;
    rtems_id period;
    unsigned count;

    (void) argument;
    CREATE_QUEUING_PORT("commands-in", COMMAND_SIZE, 8, DESTINATION, FIFO, &commands, &code);
    must(code);
    CREATE_SAMPLING_PORT("samples-out", SAMPLE_SIZE, SOURCE, SECOND / 5, &samples, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    if (rtems_rate_monotonic_create(rtems_build_name('M', 'O', 'V', 'E'), &period) != RTEMS_SUCCESSFUL)
        exit(1);
    printk("the carriage is at %d mm\n", (int) position);
    for (count = 0; !receive(); ++count) {
        move();
        if (count % SAMPLE_EVERY == 0)
            sample(count / SAMPLE_EVERY);
        /* A deadline that was missed is counted by the period itself. */
        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
    }
    if (rtems_rate_monotonic_get_statistics(period, &statistics) != RTEMS_SUCCESSFUL)
        exit(1);
    printk("done at %d mm: %u commands obeyed, %u messages refused, %u deadlines missed\n", (int) position, obeyed,
        refused, (unsigned) statistics.missed_count);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
