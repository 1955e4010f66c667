/*
 * Computes something of whole numbers and of fractions in each period, from what it reads and from what it had before,
 * so that a bit that is wrong once stays wrong; and says the result.
 */
#include "messages.h"

#define ENTRIES 256

static uint32_t table[ENTRIES];
static double state[ENTRIES];

/* The table of a cyclic redundancy check with the polynomial of IEEE 802.3. */
static void fill(void)
{
    for (uint32_t entry = 0; entry < ENTRIES; ++entry) {
        uint32_t rest = entry;

        for (int bit = 0; bit < 8; ++bit)
            rest = rest >> 1 ^ (rest & 1 ? UINT32_C(0xedb88320) : 0);
        table[entry] = rest;
        state[entry] = (double) entry / ENTRIES;
    }
}

static uint32_t sum(uint32_t before, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;

    for (size_t place = 0; place < count; ++place)
        before = table[(before ^ byte[place]) & 0xff] ^ before >> 8;
    return before;
}

static void move(int32_t angle)
{
    double input = (double) angle / 1000;

    for (int place = 0; place < ENTRIES; ++place) {
        double next = state[(place + 1) % ENTRIES];

        state[place] = state[place] * 0.75 + next * 0.125 + input * 0.125;
    }
}

rtems_task Init(rtems_task_argument argument)
{
    SAMPLING_PORT_ID_TYPE angles;
    RETURN_CODE_TYPE code;
    rtems_id period;
    uint32_t result = 0;

    (void) argument;
    CREATE_SAMPLING_PORT("angle-in", sizeof(struct angle), DESTINATION, 20 * MILLISECOND, &angles, &code);
    must(code);
    SET_PARTITION_MODE(NORMAL, &code);
    must(code);
    must_do(rtems_rate_monotonic_create(rtems_build_name('R', 'A', 'T', 'E'), &period));
    fill();
    for (unsigned round = 0;; ++round) {
        struct angle angle;
        MESSAGE_SIZE_TYPE length;
        VALIDITY_TYPE validity;

        (void) rtems_rate_monotonic_period(period, PERIOD);
        READ_SAMPLING_MESSAGE(angles, &angle, &length, &validity, &code);
        must(code);
        for (int step = 0; step < 16; ++step) {
            move(angle.angle);
            result = sum(result, state, sizeof(state));
        }
        printk("round %u: %08x\n", round, (unsigned) result);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
