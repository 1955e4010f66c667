/*
 * Says and records as much as it can: lines that a terminal would obey, messages that nobody reads, and tasks that
 * there are not, in a ring that is longer than its own and, it says, new each time.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>

#include <stdint.h>
#include <stdlib.h>

#define ITEMS 65536u
#define MILLISECOND ((SYSTEM_TIME_TYPE) 1000000)

/* RTEMS's numbers of events. */
enum { THREAD_ID = 11, THREAD_NAME = 12, SWITCH_IN = 305, UPTIME_HIGH = 322, UPTIME_LOW = 323 };

/* The ring that a program which is traced has: a word that says so, how many items there are, the mask for the place of
 * one, and the distance to the first. */
extern volatile uint32_t bulkhead_record_ring[] __attribute__((weak));

static void put(uint32_t *item, uint32_t time, uint32_t event, uint32_t data)
{
    item[0] = time << 10 | event;
    item[1] = data;
}

/* Items of one time, which has been, of as many tasks as can be. */
static void make_up(uint32_t *items)
{
    uint32_t time = 1000000;
    uint64_t fraction = ((uint64_t) time << 32) / 1000000000;

    for (uint32_t number = 0; number < ITEMS; number += 4) {
        put(items + 2 * number, time, THREAD_ID, 0x0a010000 + number);
        put(items + 2 * number + 2, time, THREAD_NAME, 0x1b5b324a);
        put(items + 2 * number + 4, time, SWITCH_IN, 0x0a010000 + number);
        put(items + 2 * number + 6, time, SWITCH_IN, number);
        if (number % 1024 == 0) {
            put(items + 2 * number, time, UPTIME_LOW, (uint32_t) fraction);
            put(items + 2 * number + 2, time, UPTIME_HIGH, 0);
        }
    }
}

rtems_task Init(rtems_task_argument argument)
{
    SAMPLING_PORT_ID_TYPE port;
    RETURN_CODE_TYPE code;
    uint32_t *items = malloc(ITEMS * 8 + 8);
    volatile uint32_t *ring = bulkhead_record_ring;

    (void) argument;
    CREATE_SAMPLING_PORT("noise-out", sizeof(uint32_t), SOURCE, 50 * MILLISECOND, &port, &code);
    SET_PARTITION_MODE(NORMAL, &code);
    if (items == NULL || ring == NULL || (uintptr_t) items < (uintptr_t) ring) {
        printk("nothing to record in\n");
        exit(1);
    }
    make_up(items);
    ring[3] = (uintptr_t) items - (uintptr_t) ring;
    ring[2] = ITEMS - 1;
    for (uint32_t round = 0;; ++round) {
        ring[1] += 0xf000;
        printk("\033[2J\033]0;mine\007\xe2\x80\xae %u\r\v\n", (unsigned) round);
        for (int message = 0; message < 200; ++message)
            WRITE_SAMPLING_MESSAGE(port, &round, sizeof(round), &code);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
