/*
 * What RTEMS measures, in windows that are 4 ms of each 10: two periodic tasks under earliest deadline first, their
 * statistics, stacks and switches, and the processor's counter.
 */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/capture.h>
#include <rtems/counter.h>
#include <rtems/cpuuse.h>
#include <rtems/printer.h>
#include <rtems/rtems/ratemon.h>
#include <rtems/stackchk.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bulkhead.h>

#define MILLISECOND UINT64_C(1000000)
#define JOBS 4

static unsigned wrong;

static void check(bool right, const char *what, unsigned long got)
{
    if (!right) {
        ++wrong;
        printk("%s: %lu\n", what, got);
    }
}

/* ---- Work, by how much of it there is and not by time ------------------------------------------------------- */

static uint32_t turns_of_a_millisecond;

static void turn(uint32_t turns)
{
    for (volatile uint32_t left = turns; left > 0; --left)
        continue;
}

/* At the begin of a window. */
static void calibrate(void)
{
    uint64_t begin;

    rtems_task_wake_after(2);
    begin = bulkhead_clock_now();
    turn(10000);
    turns_of_a_millisecond = (uint32_t)(10000 * MILLISECOND / (bulkhead_clock_now() - begin));
}

/* ---- Two periodic tasks ------------------------------------------------------------------------------------- */

static char order[4 * JOBS + 1];
static rtems_rate_monotonic_period_statistics statistics[2];
static rtems_id main_task;

/* The first has half the period of the second, and less to do. */
static rtems_task periodic(rtems_task_argument which)
{
    volatile char stack[3000];
    rtems_id period;

    memset((char *)stack, 1, sizeof(stack));
    rtems_rate_monotonic_create(rtems_build_name('P', 'E', 'R', '1' + which), &period);
    for (unsigned job = 0; job < (which == 0 ? 2 * JOBS : JOBS); ++job) {
        check(rtems_rate_monotonic_period(period, which == 0 ? 40 : 80) == RTEMS_SUCCESSFUL, "late", job);
        strcat(order, which == 0 ? "a" : "B");
        turn((which == 0 ? 2 : 6) * turns_of_a_millisecond);
    }
    rtems_rate_monotonic_period(period, which == 0 ? 40 : 80);
    rtems_rate_monotonic_get_statistics(period, &statistics[which]);
    rtems_event_send(main_task, RTEMS_EVENT_0 << which);
    rtems_task_suspend(RTEMS_SELF);
}

static unsigned long microseconds(const struct timespec *time)
{
    return (unsigned long)time->tv_sec * 1000000 + (unsigned long)time->tv_nsec / 1000;
}

/* What a job computes is its own windows' time; that it takes longer is the others'. */
static void look_at_statistics(void)
{
    for (unsigned which = 0; which < 2; ++which) {
        unsigned long work = which == 0 ? 2000 : 6000;
        unsigned long least = microseconds(&statistics[which].min_cpu_time);
        unsigned long most = microseconds(&statistics[which].max_cpu_time);

        check(statistics[which].count >= JOBS && statistics[which].missed_count == 0, "jobs", statistics[which].count);
        check(least > work - work / 4 && most < work + work / 2, "least", least);
        check(most > work - work / 4 && most < work + work / 2, "most", most);
    }
    check(microseconds(&statistics[1].min_wall_time) > 11000, "wall", microseconds(&statistics[1].min_wall_time));
}

/* ---- What reports print -------------------------------------------------------------------------------------- */

static char report[4096];
static size_t reported;

static int into_report(void *context, const char *format, va_list arguments)
{
    int length = vsnprintf(report + reported, sizeof(report) - reported, format, arguments);

    (void)context;
    reported += length > 0 && (size_t)length < sizeof(report) - reported ? (size_t)length : 0;
    return length;
}

/* The last number of the line with this word. */
static unsigned long last_number(const char *word)
{
    const char *line = strstr(report, word);
    const char *end = line == NULL ? NULL : strchr(line, '\n');
    const char *number = end;

    if (end == NULL)
        return 0;
    while (number > line && strchr("0123456789 \r", number[-1]) != NULL)
        --number;
    while (*number == ' ')
        ++number;
    for (const char *next = number; next < end; ++next)
        if (*next == ' ' && next[1] >= '0' && next[1] <= '9')
            number = next + 1;
    return strtoul(number, NULL, 10);
}

static void look_at_reports(void)
{
    rtems_printer printer = {.printer = into_report};

    rtems_stack_checker_report_usage_with_plugin(&printer);
    check(last_number("PER1") >= 3000 && last_number("PER1") < 8192, "stack", last_number("PER1"));
    check(!rtems_stack_checker_is_blown(), "blown", 0);
}

/* ---- Switches -------------------------------------------------------------------------------------------------- */

static void look_at_switches(void)
{
    unsigned long switches = 0;
    rtems_capture_time last = 0;
    const void *records;
    size_t read;

    check(rtems_capture_set_control(false) == RTEMS_SUCCESSFUL, "capture ends", 0);
    while (rtems_capture_read(0, &read, &records) == RTEMS_SUCCESSFUL && read > 0) {
        const uint8_t *next = records;

        for (size_t count = 0; count < read; ++count) {
            rtems_capture_record record;

            memcpy(&record, next, sizeof(record));
            check(record.time >= last, "order of switches", switches);
            last = record.time;
            switches += (record.events & RTEMS_CAPTURE_SWITCHED_IN_EVENT) != 0;
            next += record.size;
        }
        rtems_capture_release(0, read);
    }
    check(switches >= 3 * JOBS, "switches", switches);
}

/* ---- Counter ---------------------------------------------------------------------------------------------------- */

static void look_at_counter(void)
{
    uint64_t begin = bulkhead_clock_now();
    rtems_counter_ticks first = rtems_counter_read();
    uint64_t passed;
    uint64_t counted;

    rtems_counter_delay_nanoseconds(15 * MILLISECOND);
    counted = rtems_counter_ticks_to_nanoseconds(rtems_counter_difference(rtems_counter_read(), first));
    passed = bulkhead_clock_now() - begin;
    check(passed >= 15 * MILLISECOND && passed < 27 * MILLISECOND, "delay", (unsigned long)passed);
    check(counted <= passed && passed - counted < MILLISECOND / 2, "counter", (unsigned long)counted);
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_event_set events;
    rtems_id tasks[2];

    (void)argument;
    main_task = rtems_task_self();
    calibrate();
    look_at_counter();
    check(rtems_capture_open(2000, NULL) == RTEMS_SUCCESSFUL, "capture", 0);
    check(rtems_capture_watch_global(true) == RTEMS_SUCCESSFUL, "watch", 0);
    check(rtems_capture_watch_ceiling(0) == RTEMS_SUCCESSFUL, "ceiling", 0);
    check(rtems_capture_watch_floor(UINT32_MAX) == RTEMS_SUCCESSFUL, "floor", 0);
    check(rtems_capture_set_trigger(0, 0, rtems_build_name('P', 'E', 'R', '1'), 0, rtems_capture_from_any,
              rtems_capture_switch)
            == RTEMS_SUCCESSFUL,
        "trigger", 0);
    check(rtems_capture_set_control(true) == RTEMS_SUCCESSFUL, "capture begins", 0);
    for (unsigned which = 0; which < 2; ++which) {
        rtems_task_create(rtems_build_name('P', 'E', 'R', '1' + which), 100, 8192, RTEMS_DEFAULT_MODES,
            RTEMS_FLOATING_POINT, &tasks[which]);
        rtems_task_start(tasks[which], periodic, which);
    }
    rtems_event_receive(RTEMS_EVENT_0 | RTEMS_EVENT_1, RTEMS_WAIT | RTEMS_EVENT_ALL, 0, &events);
    look_at_switches();
    look_at_statistics();
    look_at_reports();
    printk("jobs in the order %s, %u wrong\n", order, wrong);
    exit(wrong == 0 ? 0 : 1);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_SCHEDULER_EDF
#define CONFIGURE_STACK_CHECKER_ENABLED
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 3
#define CONFIGURE_MAXIMUM_PERIODS 2
#define CONFIGURE_MAXIMUM_USER_EXTENSIONS 2
#define CONFIGURE_EXTRA_TASK_STACKS 32768
#define CONFIGURE_INIT_TASK_STACK_SIZE 16384
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
