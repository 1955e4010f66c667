/*
 * A client of a disk's server that asks for what is not its own: other operations, lengths, blocks beyond its part and
 * at the end of numbers, writing where it may only read; and that takes none of its answers for a while.
 */
#include <stdlib.h>
#include <string.h>

#include <arinc653.h>
#include <bulkhead/disk.h>
#include <rtems.h>
#include <rtems/bspIo.h>

#define MESSAGE (BULKHEAD_DISK_HEADER + 2 * BULKHEAD_DISK_BLOCK)
#define OWN 64
#define SECOND ((SYSTEM_TIME_TYPE)1000000000)

static QUEUING_PORT_ID_TYPE ports[2][2];
static uint8_t message[MESSAGE];
static unsigned checks;
static unsigned good;

static void check(int condition, const char *what, unsigned long number)
{
    ++checks;
    if (condition)
        ++good;
    else
        printk("probe: not so: %s (%lu)\n", what, number);
}

/* Sends what is in the message with this header, and takes the answer. */
static struct bulkhead_disk_header asked(
    unsigned disk, unsigned operation, unsigned count, uint64_t block, MESSAGE_SIZE_TYPE length)
{
    static uint32_t tag;
    struct bulkhead_disk_header header = {(uint8_t)operation, 0, (uint16_t)count, ++tag, block};
    MESSAGE_SIZE_TYPE received = 0;
    RETURN_CODE_TYPE code;

    bulkhead_disk_put(message, &header);
    SEND_QUEUING_MESSAGE(ports[disk][0], message, length, SECOND, &code);
    check(code == NO_ERROR, "sent", code);
    memset(message, 0, sizeof(message));
    RECEIVE_QUEUING_MESSAGE(ports[disk][1], SECOND, message, &received, &code);
    check(code == NO_ERROR && received >= BULKHEAD_DISK_HEADER, "answered", code);
    header = bulkhead_disk_get(message);
    if (length >= BULKHEAD_DISK_HEADER)
        check(header.tag == tag && header.operation == ((operation | BULKHEAD_DISK_ANSWER) & 0xff), "its answer", tag);
    return header;
}

static void refused(unsigned status, unsigned disk, unsigned operation, unsigned count, uint64_t block, unsigned length)
{
    unsigned answer = asked(disk, operation, count, block, (MESSAGE_SIZE_TYPE)length).status;

    check(answer == status, "refused as it is", answer << 16 | operation << 8 | status);
}

static void probe(void)
{
    static const uint64_t beyond[] = {OWN, OWN - 1, UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 55, UINT64_MAX - 511};
    struct bulkhead_disk_header told = asked(0, BULKHEAD_DISK_DESCRIBE, 0, 0, BULKHEAD_DISK_HEADER);

    check(told.block == OWN && told.count == 2, "the part", (unsigned long)told.block);
    check(asked(1, BULKHEAD_DISK_DESCRIBE, 0, 0, BULKHEAD_DISK_HEADER).block == 8, "the other part", 1);
    check(bulkhead_disk_number(message + BULKHEAD_DISK_HEADER, 4) == BULKHEAD_DISK_FLAG_READ_ONLY, "read only", 0);
    for (unsigned place = 0; place < sizeof(beyond) / sizeof(*beyond); ++place) {
        refused(BULKHEAD_DISK_OUT_OF_RANGE, 0, BULKHEAD_DISK_READ, 2, beyond[place], BULKHEAD_DISK_HEADER);
        memset(message, 0xee, sizeof(message));
        refused(BULKHEAD_DISK_OUT_OF_RANGE, 0, BULKHEAD_DISK_WRITE, 2, beyond[place], MESSAGE);
    }
    for (unsigned operation = 4; operation < 256; operation += 21)
        refused(BULKHEAD_DISK_MALFORMED, 0, operation, 0, 0, BULKHEAD_DISK_HEADER);
    for (unsigned length = 1; length < MESSAGE; length += 101)
        if (length != BULKHEAD_DISK_HEADER)
            refused(BULKHEAD_DISK_MALFORMED, 0, BULKHEAD_DISK_WRITE, 2, 0, length);
    refused(BULKHEAD_DISK_MALFORMED, 0, BULKHEAD_DISK_READ, 0, 0, BULKHEAD_DISK_HEADER);
    refused(BULKHEAD_DISK_MALFORMED, 0, BULKHEAD_DISK_READ, 3, 0, BULKHEAD_DISK_HEADER);
    refused(BULKHEAD_DISK_MALFORMED, 0, BULKHEAD_DISK_READ, UINT16_MAX, 0, BULKHEAD_DISK_HEADER);
    refused(BULKHEAD_DISK_READ_ONLY, 1, BULKHEAD_DISK_WRITE, 2, 0, MESSAGE);
    /* What is its own, it gets. */
    memset(message, 0x5a, sizeof(message));
    refused(BULKHEAD_DISK_DONE, 0, BULKHEAD_DISK_WRITE, 2, OWN - 2, MESSAGE);
    refused(BULKHEAD_DISK_DONE, 0, BULKHEAD_DISK_SYNC, 0, 0, BULKHEAD_DISK_HEADER);
    refused(BULKHEAD_DISK_DONE, 0, BULKHEAD_DISK_READ, 2, OWN - 2, BULKHEAD_DISK_HEADER);
    check(message[BULKHEAD_DISK_HEADER] == 0x5a && message[MESSAGE - 1] == 0x5a, "what was written",
        message[MESSAGE - 1]);
}

/* Asks without end and takes no answer: others are served all the same. */
static void pester(void)
{
    struct bulkhead_disk_header header = {BULKHEAD_DISK_READ, 0, 2, 0, 0};
    RETURN_CODE_TYPE code;
    unsigned sent = 0;

    bulkhead_disk_put(message, &header);
    for (unsigned times = 0; times < 20; ++times) {
        do {
            SEND_QUEUING_MESSAGE(ports[0][0], message, BULKHEAD_DISK_HEADER, 0, &code);
            sent += code == NO_ERROR;
        } while (code == NO_ERROR);
        rtems_task_wake_after(10);
    }
    check(sent == 4, "requests until nobody takes them", sent);
}

static rtems_task Init(rtems_task_argument argument)
{
    static const char *const names[2][2] = {{"requests", "answers"}, {"maps-requests", "maps-answers"}};
    RETURN_CODE_TYPE code;

    (void)argument;
    for (unsigned disk = 0; disk < 2; ++disk)
        for (unsigned way = 0; way < 2; ++way) {
            QUEUING_PORT_NAME_TYPE name = {0};

            strncpy(name, names[disk][way], sizeof(name) - 1);
            CREATE_QUEUING_PORT(name, MESSAGE, 2, way == 0 ? SOURCE : DESTINATION, FIFO, &ports[disk][way], &code);
            check(code == NO_ERROR, "port", code);
        }
    SET_PARTITION_MODE(NORMAL, &code);
    probe();
    pester();
    printk("probe: %u of %u checks are good\n", good, checks);
    exit(good == checks ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
