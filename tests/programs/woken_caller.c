/*
 * Sends two calls at a time to a queue with one place, the second of which waits for room, and then waits for a
 * doorbell and the answer in a region. It says how long the slowest round took, and in the end it writes where it must
 * not.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>

#define ROUNDS 6
#define SECOND 1000000000ULL

static volatile uint32_t rung;

static void ring(void *argument)
{
    (void) argument;
    ++rung;
}

static void must(int good, const char *what)
{
    if (!good) {
        printk("%s: failed\n", what);
        exit(1);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    QUEUING_PORT_ID_TYPE calls;
    MEMORY_BLOCK_STATUS_TYPE answers;
    RETURN_CODE_TYPE code;
    volatile uint32_t *words;
    uint64_t slowest = 0;

    (void) argument;
    CREATE_QUEUING_PORT("calls-out", sizeof(uint32_t), 1, SOURCE, FIFO, &calls, &code);
    must(code == NO_ERROR, "create");
    GET_MEMORY_BLOCK_STATUS("answers", &answers, &code);
    must(code == NO_ERROR && answers.MEMORY_BLOCK_MODE == READ && answers.MEMORY_BLOCK_SIZE == 8192, "region");
    must(answers.MEMORY_BLOCK_ADDR == (void *) 0x00800000, "where the region is");
    SET_PARTITION_MODE(NORMAL, &code);
    must(bulkhead_interrupt_install(9, ring, NULL) == 0 && bulkhead_interrupt_unmask(9) == 0, "line");
    words = (volatile uint32_t *) answers.MEMORY_BLOCK_ADDR;
    must(words[0] == 0 && words[2047] == 0, "a region is zeros in the beginning");
    for (uint32_t round = 1; round <= ROUNDS; ++round) {
        uint64_t begin = bulkhead_clock_now(), took;

        for (uint32_t call = 2 * round; call < 2 * round + 2; ++call) {
            SEND_QUEUING_MESSAGE(calls, &call, sizeof(call), INFINITE_TIME_VALUE, &code);
            must(code == NO_ERROR, "send");
        }
        while (rung < round)
            rtems_task_wake_after(1);
        must(words[0] == 2 * round + 1 && words[2047] == ~words[0], "answer");
        took = bulkhead_clock_now() - begin;
        /* Who begins first is not said: the first round is as long as that takes. */
        if (round > 1 && took > slowest)
            slowest = took;
    }
    printk("%u rounds, %u rings, the slowest took %u ms\n", ROUNDS, (unsigned) rung,
        (unsigned) (slowest / (SECOND / 1000)));
    printk("now I write to what I may only read\n");
    words[0] = 0;
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
