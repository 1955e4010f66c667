/*
 * Keeps records on the disk of another partition, without a file system: each has a block, and the first block says how
 * many there are. A record counts when that block has been written and synced, so that none is lost that was said to be
 * there, and none is half of one, whenever power ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arinc653.h>
#include <bulkhead.h>
#include <bulkhead/disk.h>
#include <rtems.h>
#include <rtems/bspIo.h>

#define MESSAGE (BULKHEAD_DISK_HEADER + 2 * BULKHEAD_DISK_BLOCK)
#define MARK UINT32_C(0x7265636f) /* "reco" */
#define RECORDS 5
#define STARTS 3
#define SECOND ((SYSTEM_TIME_TYPE)1000000000)

static QUEUING_PORT_ID_TYPE requests;
static QUEUING_PORT_ID_TYPE answers;
static uint8_t message[MESSAGE];
static uint8_t *const block = message + BULKHEAD_DISK_HEADER;

/* Asks for something with the block in the message, and waits for the answer, which is there then. */
static struct bulkhead_disk_header ask(uint8_t operation, uint64_t number, uint16_t count)
{
    static uint32_t tag;
    struct bulkhead_disk_header header = {.operation = operation, .count = count, .tag = ++tag, .block = number};
    MESSAGE_SIZE_TYPE length = BULKHEAD_DISK_HEADER;
    RETURN_CODE_TYPE code;

    if (operation == BULKHEAD_DISK_WRITE)
        length += count * BULKHEAD_DISK_BLOCK;
    bulkhead_disk_put(message, &header);
    SEND_QUEUING_MESSAGE(requests, message, length, SECOND, &code);
    do {
        if (code == NO_ERROR)
            RECEIVE_QUEUING_MESSAGE(answers, SECOND, message, &length, &code);
        if (code != NO_ERROR && code != INVALID_CONFIG) {
            printk("the disk does not answer\n");
            exit(1);
        }
        header = bulkhead_disk_get(message);
    } while (header.tag != tag); /* of a start before */
    if (header.status != BULKHEAD_DISK_DONE) {
        printk("the disk refuses with %u\n", header.status);
        exit(1);
    }
    return header;
}

static void record(uint32_t number)
{
    memset(block, 0, BULKHEAD_DISK_BLOCK);
    snprintf((char *)block, BULKHEAD_DISK_BLOCK, "record %u", (unsigned)number);
    ask(BULKHEAD_DISK_WRITE, number, 1);
    ask(BULKHEAD_DISK_SYNC, 0, 0);
    memset(block, 0, BULKHEAD_DISK_BLOCK);
    bulkhead_disk_put_number(block, 4, MARK);
    bulkhead_disk_put_number(block + 4, 4, number);
    ask(BULKHEAD_DISK_WRITE, 0, 1);
    ask(BULKHEAD_DISK_SYNC, 0, 0);
}

static void create(const char *name, PORT_DIRECTION_TYPE direction, QUEUING_PORT_ID_TYPE *port)
{
    QUEUING_PORT_NAME_TYPE padded = {0};
    RETURN_CODE_TYPE code;

    strncpy(padded, name, sizeof(padded) - 1);
    CREATE_QUEUING_PORT(padded, MESSAGE, 4, direction, FIFO, port, &code);
}

static rtems_task Init(rtems_task_argument argument)
{
    struct bulkhead_partition_status self;
    uint32_t records = 0;
    uint32_t start;
    RETURN_CODE_TYPE code;

    (void)argument;
    bulkhead_partition_status(&self);
    start = self.restarts + 1;
    create("requests", SOURCE, &requests);
    create("answers", DESTINATION, &answers);
    SET_PARTITION_MODE(NORMAL, &code);
    printk("start %u: %u blocks are mine\n", (unsigned)start, (unsigned)ask(BULKHEAD_DISK_DESCRIBE, 0, 0).block);
    ask(BULKHEAD_DISK_READ, 0, 1);
    if (bulkhead_disk_number(block, 4) == MARK)
        records = (uint32_t)bulkhead_disk_number(block + 4, 4);
    for (uint32_t number = 1; number <= records; ++number) {
        char expected[32];

        snprintf(expected, sizeof(expected), "record %u", (unsigned)number);
        ask(BULKHEAD_DISK_READ, number, 1);
        if (strcmp((const char *)block, expected) != 0) {
            printk("%s is not there\n", expected);
            exit(1);
        }
    }
    printk("%u records are there\n", (unsigned)records);
    for (uint32_t number = records + 1; number <= records + RECORDS; ++number) {
        record(number);
        printk("record %u is kept\n", (unsigned)number);
    }
    if (start < STARTS)
        bulkhead_restart(0);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
