/*
 * What survives a warm restart: the section .noinit does, whole, and nothing else of the image; a cold one leaves
 * zeros. Runs on the stand-in and with an RTEMS kit. Exit status 0 if all is as it should be.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>

#include <inttypes.h>
#include <stdlib.h>

#define WORDS 3001

/* RTEMS 5 has no name for it. */
#ifndef RTEMS_NOINIT
#define RTEMS_NOINIT __attribute__((__section__(".noinit")))
#endif

static uint32_t kept[WORDS] RTEMS_NOINIT;
/* By its own name, and of an alignment that leaves a gap. */
static uint64_t kept_too __attribute__((__section__(".noinit.two"), __aligned__(64)));
static uint32_t zeroed[WORDS];
static uint32_t initialized[4] = {1, 2, 3, 4};

/* How many words hold what the start before has written. */
static uint32_t surviving(const uint32_t *words, uint32_t mark)
{
    uint32_t count = 0;

    for (uint32_t place = 0; place < WORDS; ++place)
        count += words[place] == mark + place;
    return count;
}

static uint32_t zeros(const uint32_t *words)
{
    uint32_t count = 0;

    for (uint32_t place = 0; place < WORDS; ++place)
        count += words[place] == 0;
    return count;
}

rtems_task Init(rtems_task_argument argument)
{
    const struct bulkhead_start_information *start = bulkhead_start_information();
    uint32_t restarts = start->restarts;
    bool warm = start->reason == BULKHEAD_START_REASON_WARM_RESTART;
    uint32_t mark = 0x600d0000 + (restarts << 8);
    uint32_t survived = surviving(kept, mark - 0x100) + (kept_too == mark - 0x100);
    uint32_t cleared = zeros(kept) + (kept_too == 0);
    bool fresh = zeros(zeroed) == WORDS && initialized[0] == 1 && initialized[3] == 4;
    bool good = fresh && (warm ? survived : cleared) == WORDS + 1;

    (void) argument;
    printk("noinit: start %" PRIu32 " %s: %" PRIu32 " kept, %" PRIu32 " cleared: %s\n", restarts,
        warm ? "warm" : "cold", survived, cleared, good ? "good" : "wrong");
    if (!good)
        exit(1);
    for (uint32_t place = 0; place < WORDS; ++place) {
        kept[place] = mark + place;
        zeroed[place] = mark;
    }
    kept_too = mark;
    initialized[0] = initialized[3] = mark;
    if (restarts < 4)
        (void) bulkhead_restart(restarts == 2 ? 0 : 1);
    exit(restarts == 4 ? 0 : 2);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
