/* The command `bulkhead` of RTEMS's shell, in programs that include <bulkhead/shell.h>. */
#include "kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rtems/shell.h>
#include <rtems/sysinit.h>

#include <bulkhead/shell.h>

const char bulkhead_shell_commands = 1;

/* The clock driver's (rtems/src/clock.rs). */
extern volatile uint32_t bulkhead_rtems_ticks_caught_up;
extern volatile uint32_t bulkhead_rtems_ticks_skipped;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NANOSECONDS_PER_MICROSECOND 1000
#define MICROSECONDS_PER_SECOND 1000000

static const char *const bulkhead_rtems_modes[] = {"idle", "cold start", "warm start", "normal"};

static const char *const bulkhead_rtems_starts[] = {"the system's start", "a cold restart", "a warm restart",
    "a cold restart by the health monitor", "a warm restart by the health monitor", "a restart of the module"};

/* The words of the system file, in the order of abi/src/health.rs, where a test compares them. */
static const char *const bulkhead_rtems_errors[] = {
    "none",
    "memory-violation",
    "privileged-operation",
    "illegal-instruction",
    "numeric-error",
    "floating-point-error",
    "misaligned-access",
    "breakpoint",
    "processor-exception",
    "wrong-mode",
    "stack-overflow",
    "deadline-missed",
    "application-error",
    "initialization-error",
    "window-lost",
    "window-late",
    "call-flood",
    "watchdog",
    "device-error",
    "damaged-image",
};

static const char *bulkhead_rtems_word(const char *const *words, size_t count, uint32_t value)
{
    return value < count ? words[value] : "unknown";
}

#define WORD(words, value) bulkhead_rtems_word(words, COUNT(words), value)

/* Room for a time as it is shown: seconds, and what is left to the microsecond. */
typedef struct {
    char text[32];
} bulkhead_rtems_shown_time;

static const char *bulkhead_rtems_time(bulkhead_rtems_shown_time *shown, uint64_t nanoseconds)
{
    uint64_t microseconds = nanoseconds / NANOSECONDS_PER_MICROSECOND;

    snprintf(shown->text, sizeof(shown->text), "%" PRIu32 ".%06" PRIu32 " s",
        (uint32_t)(microseconds / MICROSECONDS_PER_SECOND), (uint32_t)(microseconds % MICROSECONDS_PER_SECOND));
    return shown->text;
}

static uint64_t bulkhead_rtems_join(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static int bulkhead_rtems_show_status(void)
{
    struct bulkhead_partition_status status;
    struct bulkhead_partition_description partition;
    bulkhead_rtems_shown_time time;

    bulkhead_partition_status(&status);
    printf("partition  %s, number %" PRIu32 "\n", bulkhead_partition_name(), status.identifier);
    printf("memory     %lu KiB at 0x%08lx\n", (unsigned long)(bulkhead_memory_size() / 1024),
        (unsigned long)bulkhead_memory_base());
    printf("started    by %s, %" PRIu32 " times before\n", WORD(bulkhead_rtems_starts, status.start_reason),
        status.restarts);
    if (bulkhead_partition_describe(status.identifier, &partition) == 0)
        printf("mode       %s\nlast error %s\n", WORD(bulkhead_rtems_modes, partition.mode),
            WORD(bulkhead_rtems_errors, partition.error));
    printf("clock      %s\n",
        bulkhead_rtems_time(&time, bulkhead_rtems_join(status.now_high, status.now_low)));
    return 0;
}

static int bulkhead_rtems_show_windows(void)
{
    struct bulkhead_schedule_status status;
    struct bulkhead_schedule_description schedule;
    bulkhead_rtems_shown_time first;
    bulkhead_rtems_shown_time second;
    uint32_t number;
    uint64_t start;
    uint64_t end;

    bulkhead_schedule_status(&status);
    for (uint32_t next = 0; bulkhead_schedule_describe(next, &schedule) == 0; ++next)
        printf("schedule   %.*s%s: %s of each %s in %" PRIu32 " of %" PRIu32 " windows\n",
            (int)sizeof(schedule.name), (const char *)schedule.name, next == status.current ? ", which runs" : "",
            bulkhead_rtems_time(&first, bulkhead_rtems_join(schedule.own_time_high, schedule.own_time_low)),
            bulkhead_rtems_time(&second, bulkhead_rtems_join(schedule.major_frame_high, schedule.major_frame_low)),
            schedule.own_windows, schedule.windows);
    bulkhead_window(&number, &start, &end);
    printf("window     number %" PRIu32 ", from %s to %s\n", number, bulkhead_rtems_time(&first, start),
        bulkhead_rtems_time(&second, end));
    printf("ticks      %" PRIu32 " caught up, %" PRIu32 " skipped\n", bulkhead_rtems_ticks_caught_up,
        bulkhead_rtems_ticks_skipped);
    return 0;
}

static int bulkhead_rtems_show_ports(void)
{
    struct bulkhead_port_description port;
    struct bulkhead_port_status status;
    bulkhead_rtems_shown_time time;
    uint32_t number;

    for (number = 0; bulkhead_port_describe(number, &port) == 0 && bulkhead_port_status(number, &status) == 0;
         ++number) {
        bool queuing = port.kind == BULKHEAD_PORT_KIND_QUEUING;

        printf("%-16s %s %s, %" PRIu32 " bytes: ", (const char *)port.name, queuing ? "queuing" : "sampling",
            port.direction == BULKHEAD_PORT_DIRECTION_SOURCE ? "source" : "destination", port.message_size);
        if (queuing)
            printf("%" PRIu32 " of %" PRIu32 " messages wait, %" PRIu32 " lost", status.messages, port.depth,
                status.lost);
        else if (status.messages == 0)
            printf("nothing written yet");
        else
            printf("written %s ago",
                bulkhead_rtems_time(&time, bulkhead_rtems_join(status.now_high, status.now_low)
                    - bulkhead_rtems_join(status.time_high, status.time_low)));
        printf("\n");
    }
    if (number == 0)
        printf("no ports\n");
    return 0;
}

static int bulkhead_rtems_show_regions(void)
{
    struct bulkhead_region_description region;
    uint32_t number;

    for (number = 0; bulkhead_region_describe(number, &region) == 0; ++number)
        printf("%-16s %" PRIu32 " bytes at 0x%08" PRIx32 ", %s\n", (const char *)region.name, region.size,
            region.address, region.writable ? "to read and write" : "to read");
    if (number == 0)
        printf("no regions\n");
    return 0;
}

static void bulkhead_rtems_show_log(uint32_t partition, const char *name)
{
    struct bulkhead_health_record record;
    bulkhead_rtems_shown_time time;
    uint32_t next = 0;

    while (bulkhead_health_read(partition, next, &record) == 0) {
        printf("%-16s %" PRIu32 " %s %s, code %" PRIu32 ", detail 0x%" PRIx32 ", at 0x%08" PRIx32 "\n", name,
            record.sequence,
            bulkhead_rtems_time(&time, bulkhead_rtems_join(record.time_high, record.time_low)),
            WORD(bulkhead_rtems_errors, record.error), record.code, record.detail, record.program_counter_low);
        next = record.sequence + 1;
    }
    if (next == 0)
        printf("%-16s no errors\n", name);
}

/* Of this partition, and with the right `system` of all. */
static int bulkhead_rtems_show_health(void)
{
    struct bulkhead_partition_description partition;
    struct bulkhead_partition_status own;

    bulkhead_partition_status(&own);
    if (bulkhead_partition_describe(own.identifier == 0 ? 1 : 0, &partition) != 0) {
        bulkhead_rtems_show_log(own.identifier, bulkhead_partition_name());
        return 0;
    }
    for (uint32_t number = 0; bulkhead_partition_describe(number, &partition) == 0; ++number) {
        char name[sizeof(partition.name) + 1] = "";

        memcpy(name, partition.name, sizeof(partition.name));
        bulkhead_rtems_show_log(number, name);
    }
    bulkhead_rtems_show_log(BULKHEAD_NO_PARTITION, "(module)");
    return 0;
}

static const struct {
    const char *name;
    int (*show)(void);
} bulkhead_rtems_words[] = {
    {"status", bulkhead_rtems_show_status},
    {"windows", bulkhead_rtems_show_windows},
    {"ports", bulkhead_rtems_show_ports},
    {"regions", bulkhead_rtems_show_regions},
    {"health", bulkhead_rtems_show_health},
};

static int bulkhead_rtems_shell_command(int count, char **arguments)
{
    const char *wanted = count > 1 ? arguments[1] : "status";

    for (size_t word = 0; word < COUNT(bulkhead_rtems_words) && count <= 2; ++word)
        if (strcmp(wanted, bulkhead_rtems_words[word].name) == 0)
            return bulkhead_rtems_words[word].show();
    printf("bulkhead status|windows|ports|regions|health\n");
    return 1;
}

static rtems_shell_cmd_t bulkhead_rtems_shell = {
    .name = "bulkhead",
    .usage = "bulkhead [status|windows|ports|regions|health]",
    .topic = "misc",
    .command = bulkhead_rtems_shell_command,
};

static void bulkhead_rtems_shell_initialize(void)
{
    rtems_shell_add_cmd_struct(&bulkhead_rtems_shell);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_shell_initialize, RTEMS_SYSINIT_LAST, RTEMS_SYSINIT_ORDER_MIDDLE);
