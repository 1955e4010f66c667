/*
 * Reads the controller's records from a file, and writes to another where to steer. For a while it does something else,
 * and the queue of records overflows: it is told so with the next one.
 */
#include "messages.h"

#include <sys/ioctl.h>

static int commands, records;

static void command(int32_t setpoint)
{
    struct command command = { setpoint };

    must(write(commands, &command, sizeof(command)) == sizeof(command), "commands");
}

static rtems_task Init(rtems_task_argument argument)
{
    struct record record = { 0, 0, 0 };
    uint32_t expected = 0;
    unsigned read_so_far = 0, lost = 0;

    (void) argument;
    commands = must_open("/dev/port/commands-out", O_WRONLY);
    records = must_open("/dev/port/records-in", O_RDONLY);
    while (!record.last) {
        uint32_t received = 0;

        must(read(records, &record, sizeof(record)) == sizeof(record), "records");
        must(ioctl(records, BULKHEAD_PORT_RECEIVED, &received) == 0, "flags");
        if ((received & BULKHEAD_RECEIVED_OVERFLOW) != 0)
            printk("the queue has overflowed\n"); /* the oldest record is here all the same */
        if (record.number != expected) {
            printk("records %u to %u are lost\n", (unsigned) expected, (unsigned) record.number - 1);
            lost += record.number - expected;
        }
        expected = record.number + 1;
        ++read_so_far;
        if (read_so_far == 10)
            command(300);
        if (read_so_far == 40)
            command(-200);
        if (read_so_far == 60) {
            printk("record %u: I look away\n", (unsigned) record.number);
            (void) rtems_task_wake_after(300);
        }
    }
    printk("done: %u records received, %u lost\n", read_so_far, lost);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 4
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
