/*
 * A control loop at 50 Hz on a rate-monotonic period: it moves a carriage to a setpoint that changes every second,
 * sends to telemetry where it is, and counts the deadlines that it misses.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#include "state.h"

#define RATE 50
#define PERIODS (RATE * 14 / 5)

/* Stops at the first directive that fails. */
static void must(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

struct carriage {
    double position; /* m */
    double velocity; /* m/s */
};

/* One period of a controller with feedback of position and velocity, and of the carriage that it moves. */
static void step(struct carriage *carriage, double setpoint)
{
    const double seconds = 1.0 / RATE;
    double acceleration = 100.0 * (setpoint - carriage->position) - 20.0 * carriage->velocity;

    carriage->velocity += acceleration * seconds;
    carriage->position += carriage->velocity * seconds;
}

static QUEUING_PORT_ID_TYPE create_port(void)
{
    QUEUING_PORT_ID_TYPE port = 0;
    RETURN_CODE_TYPE code;

    CREATE_QUEUING_PORT("state-out", sizeof(struct state), QUEUE_DEPTH, SOURCE, FIFO, &port, &code);
    if (code == NO_ERROR)
        SET_PARTITION_MODE(NORMAL, &code);
    if (code != NO_ERROR)
        rtems_fatal_error_occurred(code);
    return port;
}

/* Sends a state. Control waits for nobody: telemetry finds out what it has not got. */
static void report(QUEUING_PORT_ID_TYPE port, uint32_t number, const struct carriage *carriage, double setpoint)
{
    struct state state = { number, (int32_t) (carriage->position * 1000.0 + 0.5), (int32_t) (setpoint * 1000.0) };
    RETURN_CODE_TYPE code;

    SEND_QUEUING_MESSAGE(port, &state, sizeof(state), 0, &code);
}

static unsigned missed(rtems_id period)
{
    rtems_rate_monotonic_period_statistics statistics;

    must(rtems_rate_monotonic_get_statistics(period, &statistics));
    return statistics.missed_count;
}

rtems_task Init(rtems_task_argument argument)
{
    struct carriage carriage = { 0.0, 0.0 };
    double setpoint = 1.0;
    QUEUING_PORT_ID_TYPE port;
    rtems_id period;

    (void) argument;
    port = create_port();
    must(rtems_rate_monotonic_create(rtems_build_name('L', 'O', 'O', 'P'), &period));
    printk("a control loop at %d Hz begins\n", RATE);
    for (int count = 1; count <= PERIODS; ++count) {
        /* A deadline that was missed is counted by the period itself. */
        (void) rtems_rate_monotonic_period(period, rtems_clock_get_ticks_per_second() / RATE);
        step(&carriage, setpoint);
        report(port, (uint32_t) (count - 1), &carriage, setpoint);
        if (count % RATE == 0) {
            printk("second %d: the carriage is at %d mm of %d mm, %u deadlines missed\n", count / RATE,
                (int) (carriage.position * 1000.0 + 0.5), (int) (setpoint * 1000.0), missed(period));
            setpoint = setpoint > 0.75 ? 0.5 : 1.0;
        }
    }
    printk("done: %d periods, %u deadlines missed\n", PERIODS, missed(period));
    exit(missed(period) == 0 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
