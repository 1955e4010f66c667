/*
 * Every directive that the stand-in covers, with the statuses that RTEMS gives: one line for each group, exit status 0
 * if all checks hold. It uses nothing but the Classic API, so that it runs on RTEMS too.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(_c) rtems_build_name('T', 'S', 'T', _c)
#define BAD_ID ((rtems_id) 0xffffffff)
#define MAXIMUM_TASKS 5
#define INIT_PRIORITY 10
#define TIMESLICE 2

static unsigned checks;
static unsigned failures;
static unsigned group_begin;

static void check(int line, const char *text, bool holds)
{
    ++checks;
    if (!holds) {
        ++failures;
        printk("classic: line %d: %s\n", line, text);
    }
}

static void check_status(int line, const char *text, rtems_status_code found, rtems_status_code expected)
{
    ++checks;
    if (found != expected) {
        ++failures;
        printk("classic: line %d: %s: %s, expected %s\n", line, text, rtems_status_text(found),
            rtems_status_text(expected));
    }
}

#define CHECK(_condition) check(__LINE__, #_condition, _condition)
#define CHECK_STATUS(_call, _expected) check_status(__LINE__, #_call, _call, _expected)
#define OK(_call) CHECK_STATUS(_call, RTEMS_SUCCESSFUL)

static void end_group(const char *name)
{
    printk("classic: %s: %u checks\n", name, checks - group_begin);
    group_begin = checks;
}

/* ---- Helpers -------------------------------------------------------------------------------------------------- */

static rtems_id init_id;

static rtems_id spawn_with_mode(rtems_task_priority priority, rtems_mode mode, rtems_task_entry entry,
    rtems_task_argument argument)
{
    rtems_id id = BAD_ID;

    OK(rtems_task_create(NAME('S'), priority, 8192, mode, RTEMS_FLOATING_POINT, &id));
    OK(rtems_task_start(id, entry, argument));
    return id;
}

static rtems_id spawn(rtems_task_priority priority, rtems_task_entry entry, rtems_task_argument argument)
{
    return spawn_with_mode(priority, RTEMS_DEFAULT_MODES, entry, argument);
}

static rtems_task_priority priority_of(rtems_id id)
{
    rtems_task_priority priority = 0;

    OK(rtems_task_set_priority(id, RTEMS_CURRENT_PRIORITY, &priority));
    return priority;
}

/* Lets tasks of lower priority execute for a while. */
static void let_others_work(void)
{
    OK(rtems_task_wake_after(2));
}

/* What helper tasks leave for the main one. */
static volatile unsigned order[8];
static volatile unsigned ordered;
static volatile rtems_status_code helper_status;

static void note(unsigned number)
{
    if (ordered < 8)
        order[ordered] = number;
    ++ordered;
}

static rtems_task note_and_exit(rtems_task_argument argument)
{
    note((unsigned) argument);
    rtems_task_exit();
}

static rtems_task note_and_suspend(rtems_task_argument argument)
{
    note((unsigned) argument);
    for (;;)
        (void) rtems_task_suspend(RTEMS_SELF);
}

/* ---- Tasks ---------------------------------------------------------------------------------------------------- */

static void test_tasks(void)
{
    rtems_id id;
    rtems_id found;
    rtems_id scheduler;
    rtems_id more[MAXIMUM_TASKS];
    rtems_task_priority priority;
    unsigned count = 0;

    CHECK_STATUS(rtems_task_create(0, 20, 4096, 0, 0, &id), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_task_create(NAME('1'), 20, 4096, 0, 0, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_create(NAME('1'), 0, 4096, 0, 0, &id), RTEMS_INVALID_PRIORITY);
    CHECK_STATUS(rtems_task_create(NAME('1'), 256, 4096, 0, 0, &id), RTEMS_INVALID_PRIORITY);
    OK(rtems_task_create(NAME('1'), 20, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id));

    OK(rtems_task_ident(NAME('1'), RTEMS_SEARCH_ALL_NODES, &found));
    CHECK(found == id);
    OK(rtems_task_ident(RTEMS_WHO_AM_I, RTEMS_SEARCH_ALL_NODES, &found));
    CHECK(found == init_id && found == rtems_task_self());
    CHECK_STATUS(rtems_task_ident(NAME('?'), RTEMS_SEARCH_ALL_NODES, &found), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_task_ident(NAME('1'), RTEMS_SEARCH_ALL_NODES, NULL), RTEMS_INVALID_ADDRESS);

    CHECK_STATUS(rtems_task_restart(id, 0), RTEMS_INCORRECT_STATE);
    CHECK_STATUS(rtems_task_start(id, NULL, 0), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_start(BAD_ID, note_and_suspend, 0), RTEMS_INVALID_ID);
    OK(rtems_task_start(id, note_and_suspend, 1));
    CHECK_STATUS(rtems_task_start(id, note_and_suspend, 1), RTEMS_INCORRECT_STATE);

    ordered = 0;
    OK(rtems_task_suspend(id));
    CHECK_STATUS(rtems_task_suspend(id), RTEMS_ALREADY_SUSPENDED);
    CHECK_STATUS(rtems_task_is_suspended(id), RTEMS_ALREADY_SUSPENDED);
    let_others_work();
    CHECK(ordered == 0);
    OK(rtems_task_resume(id));
    CHECK_STATUS(rtems_task_resume(id), RTEMS_INCORRECT_STATE);
    OK(rtems_task_is_suspended(id));
    let_others_work();
    CHECK(ordered == 1 && order[0] == 1);
    CHECK_STATUS(rtems_task_is_suspended(id), RTEMS_ALREADY_SUSPENDED);
    CHECK_STATUS(rtems_task_suspend(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_task_resume(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_task_is_suspended(BAD_ID), RTEMS_INVALID_ID);

    OK(rtems_task_restart(id, 2));
    let_others_work();
    CHECK(ordered == 2 && order[1] == 2);
    CHECK_STATUS(rtems_task_restart(BAD_ID, 0), RTEMS_INVALID_ID);

    OK(rtems_task_set_priority(id, 5, &priority));
    CHECK(priority == 20 && priority_of(id) == 5);
    OK(rtems_task_resume(id));
    OK(rtems_task_restart(id, 3));
    CHECK(priority_of(id) == 20);
    CHECK_STATUS(rtems_task_set_priority(id, 256, &priority), RTEMS_INVALID_PRIORITY);
    CHECK_STATUS(rtems_task_set_priority(id, 5, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_set_priority(BAD_ID, 5, &priority), RTEMS_INVALID_ID);
    OK(rtems_task_get_scheduler(RTEMS_SELF, &scheduler));
    CHECK_STATUS(rtems_task_get_scheduler(RTEMS_SELF, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_get_scheduler(BAD_ID, &scheduler), RTEMS_INVALID_ID);
    OK(rtems_task_get_priority(RTEMS_SELF, scheduler, &priority));
    CHECK(priority == INIT_PRIORITY);
    CHECK_STATUS(rtems_task_get_priority(RTEMS_SELF, scheduler, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_get_priority(RTEMS_SELF, BAD_ID, &priority), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_task_get_priority(BAD_ID, scheduler, &priority), RTEMS_INVALID_ID);

    OK(rtems_task_delete(id));
    CHECK_STATUS(rtems_task_delete(id), RTEMS_INVALID_ID);

    while (count < MAXIMUM_TASKS
        && rtems_task_create(NAME('M'), 20, 4096, 0, 0, &more[count]) == RTEMS_SUCCESSFUL)
        ++count;
    CHECK(count == MAXIMUM_TASKS - 1);
    CHECK_STATUS(rtems_task_create(NAME('M'), 20, 4096, 0, 0, &id), RTEMS_TOO_MANY);
    while (count > 0)
        OK(rtems_task_delete(more[--count]));
    end_group("tasks");
}

/* ---- Scheduling ----------------------------------------------------------------------------------------------- */

static volatile unsigned spins[2];

static rtems_task spin(rtems_task_argument argument)
{
    for (;;)
        ++spins[argument];
}

static rtems_task yield_twice(rtems_task_argument argument)
{
    note((unsigned) argument);
    (void) rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
    note((unsigned) argument);
    rtems_task_exit();
}

static void test_scheduling(void)
{
    rtems_mode previous;
    rtems_id first;
    rtems_id second;

    ordered = 0;
    (void) spawn(5, note_and_exit, 1);
    CHECK(ordered == 1);

    CHECK_STATUS(rtems_task_mode(0, 0, NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_task_mode(RTEMS_NO_PREEMPT, RTEMS_PREEMPT_MASK, &previous));
    CHECK((previous & RTEMS_PREEMPT_MASK) == RTEMS_PREEMPT);
    (void) spawn(5, note_and_exit, 2);
    CHECK(ordered == 1);
    OK(rtems_task_mode(RTEMS_PREEMPT, RTEMS_PREEMPT_MASK, &previous));
    CHECK((previous & RTEMS_PREEMPT_MASK) == RTEMS_NO_PREEMPT);
    CHECK(ordered == 2);

    ordered = 0;
    (void) spawn(20, yield_twice, 1);
    (void) spawn(20, yield_twice, 2);
    let_others_work();
    CHECK(ordered == 4 && order[0] == 1 && order[1] == 2 && order[2] == 1 && order[3] == 2);

    spins[0] = spins[1] = 0;
    first = spawn(20, spin, 0);
    second = spawn(20, spin, 1);
    OK(rtems_task_wake_after(5 * TIMESLICE));
    CHECK(spins[0] != 0 && spins[1] == 0);
    OK(rtems_task_delete(first));
    OK(rtems_task_delete(second));

    spins[0] = spins[1] = 0;
    first = spawn_with_mode(20, RTEMS_TIMESLICE, spin, 0);
    second = spawn_with_mode(20, RTEMS_TIMESLICE, spin, 1);
    OK(rtems_task_wake_after(5 * TIMESLICE));
    CHECK(spins[0] != 0 && spins[1] != 0);
    OK(rtems_task_delete(first));
    OK(rtems_task_delete(second));
    end_group("scheduling");
}

/* ---- Clock ---------------------------------------------------------------------------------------------------- */

static void test_clock(void)
{
    const rtems_time_of_day leap_day = { 2024, 2, 29, 23, 59, 58, 0 };
    rtems_time_of_day time = leap_day;
    rtems_time_of_day now;
    rtems_interval ticks;
    rtems_interval seconds;
    struct timespec uptime;
    struct timespec later;
    struct timeval value;
    uint64_t nanoseconds;

    CHECK_STATUS(rtems_clock_get_tod(&now), RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_clock_get_seconds_since_epoch(&seconds), RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_task_wake_when(&time), RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_clock_set(NULL), RTEMS_INVALID_ADDRESS);
    time.year = 1987;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time.year = 2023;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.month = 13;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.hour = 24;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.minute = 60;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.second = 60;
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.ticks = rtems_clock_get_ticks_per_second();
    CHECK_STATUS(rtems_clock_set(&time), RTEMS_INVALID_CLOCK);
    OK(rtems_clock_set(&leap_day));
    CHECK_STATUS(rtems_clock_get_tod(NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_clock_get_tod(&now));
    CHECK(now.year == 2024 && now.month == 2 && now.day == 29);
    CHECK(now.hour == 23 && now.minute == 59 && now.second == 58);
    OK(rtems_clock_get_seconds_since_epoch(&seconds));
    CHECK(seconds == 1709251198);
    CHECK_STATUS(rtems_clock_get_seconds_since_epoch(NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_clock_get_tod_timeval(&value));
    CHECK(value.tv_sec == 1709251198 && value.tv_usec < 1000000);
    CHECK_STATUS(rtems_clock_get_tod_timeval(NULL), RTEMS_INVALID_ADDRESS);

    CHECK_STATUS(rtems_task_wake_when(NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_task_wake_when(&leap_day), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.day = 30;
    CHECK_STATUS(rtems_task_wake_when(&time), RTEMS_INVALID_CLOCK);
    time = leap_day;
    time.second = 59;
    OK(rtems_task_wake_when(&time));
    OK(rtems_clock_get_tod(&now));
    CHECK(now.second == 59);
    OK(rtems_task_wake_after(rtems_clock_get_ticks_per_second() + 1));
    OK(rtems_clock_get_tod(&now));
    CHECK(now.year == 2024 && now.month == 3 && now.day == 1 && now.hour == 0 && now.minute == 0);

    CHECK(rtems_clock_get_ticks_per_second() == 1000000 / rtems_configuration_get_microseconds_per_tick());
    ticks = rtems_clock_get_ticks_since_boot();
    CHECK(rtems_clock_tick_before(rtems_clock_tick_later(10)));
    OK(rtems_clock_get_uptime(&uptime));
    nanoseconds = rtems_clock_get_uptime_nanoseconds();
    OK(rtems_task_wake_after(3));
    CHECK(rtems_clock_get_ticks_since_boot() - ticks >= 3);
    CHECK(!rtems_clock_tick_before(ticks));
    OK(rtems_clock_get_uptime(&later));
    CHECK(later.tv_sec > uptime.tv_sec || (later.tv_sec == uptime.tv_sec && later.tv_nsec > uptime.tv_nsec));
    CHECK(later.tv_nsec >= 0 && later.tv_nsec < 1000000000);
    nanoseconds = rtems_clock_get_uptime_nanoseconds() - nanoseconds;
    CHECK(nanoseconds >= UINT64_C(2000) * rtems_configuration_get_microseconds_per_tick());
    CHECK_STATUS(rtems_clock_get_uptime(NULL), RTEMS_INVALID_ADDRESS);
    CHECK(rtems_clock_get_uptime_seconds() >= uptime.tv_sec);
    end_group("clock");
}

/* ---- Semaphores ----------------------------------------------------------------------------------------------- */

static rtems_id semaphore;

static rtems_task obtain(rtems_task_argument argument)
{
    helper_status = rtems_semaphore_obtain(semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
    note((unsigned) argument);
    rtems_task_exit();
}

static rtems_task release_not_owned(rtems_task_argument argument)
{
    (void) argument;
    helper_status = rtems_semaphore_release(semaphore);
    rtems_task_exit();
}

static void test_semaphores(void)
{
    rtems_id found;

    CHECK_STATUS(rtems_semaphore_create(0, 1, 0, 0, &semaphore), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_semaphore_create(NAME('1'), 1, 0, 0, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_semaphore_create(NAME('1'), 2, RTEMS_BINARY_SEMAPHORE, 0, &semaphore), RTEMS_INVALID_NUMBER);
    CHECK_STATUS(rtems_semaphore_create(NAME('1'), 2, RTEMS_SIMPLE_BINARY_SEMAPHORE, 0, &semaphore),
        RTEMS_INVALID_NUMBER);
    CHECK_STATUS(rtems_semaphore_create(NAME('1'), 1, RTEMS_BINARY_SEMAPHORE | RTEMS_INHERIT_PRIORITY, 0, &semaphore),
        RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_semaphore_create(NAME('1'), 1, RTEMS_COUNTING_SEMAPHORE | RTEMS_PRIORITY_CEILING, 1, &semaphore),
        RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_semaphore_obtain(BAD_ID, RTEMS_WAIT, 0), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_semaphore_obtain(init_id, RTEMS_WAIT, 0), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_semaphore_release(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_semaphore_flush(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_semaphore_delete(BAD_ID), RTEMS_INVALID_ID);

    /* Counting, first come, first served. */
    OK(rtems_semaphore_create(NAME('1'), 2, RTEMS_COUNTING_SEMAPHORE | RTEMS_FIFO, 0, &semaphore));
    OK(rtems_semaphore_ident(NAME('1'), RTEMS_SEARCH_ALL_NODES, &found));
    CHECK(found == semaphore);
    CHECK_STATUS(rtems_semaphore_ident(NAME('?'), RTEMS_SEARCH_ALL_NODES, &found), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_semaphore_ident(NAME('1'), RTEMS_SEARCH_ALL_NODES, NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0));
    OK(rtems_semaphore_obtain(semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT));
    CHECK_STATUS(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0), RTEMS_UNSATISFIED);
    CHECK_STATUS(rtems_semaphore_obtain(semaphore, RTEMS_WAIT, 2), RTEMS_TIMEOUT);
    ordered = 0;
    (void) spawn(9, obtain, 1);
    (void) spawn(8, obtain, 2);
    OK(rtems_semaphore_release(semaphore));
    CHECK(ordered == 1 && order[0] == 1);
    OK(rtems_semaphore_flush(semaphore));
    CHECK(ordered == 2 && helper_status == RTEMS_UNSATISFIED);
    (void) spawn(8, obtain, 3);
    OK(rtems_semaphore_delete(semaphore));
    CHECK(ordered == 3 && helper_status == RTEMS_OBJECT_WAS_DELETED);
    CHECK_STATUS(rtems_semaphore_release(semaphore), RTEMS_INVALID_ID);

    /* Simple binary, by priority. */
    OK(rtems_semaphore_create(NAME('2'), 0, RTEMS_SIMPLE_BINARY_SEMAPHORE | RTEMS_PRIORITY, 0, &semaphore));
    ordered = 0;
    (void) spawn(9, obtain, 1);
    (void) spawn(8, obtain, 2);
    OK(rtems_semaphore_release(semaphore));
    CHECK(ordered == 1 && order[0] == 2 && helper_status == RTEMS_SUCCESSFUL);
    OK(rtems_semaphore_release(semaphore));
    CHECK(ordered == 2 && order[1] == 1);
    OK(rtems_semaphore_release(semaphore));
    OK(rtems_semaphore_release(semaphore));
    OK(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0));
    CHECK_STATUS(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0), RTEMS_UNSATISFIED);
    OK(rtems_semaphore_delete(semaphore));

    /* Binary with an owner, who may obtain it again. */
    OK(rtems_semaphore_create(NAME('3'), 1, RTEMS_BINARY_SEMAPHORE, 0, &semaphore));
    CHECK_STATUS(rtems_semaphore_release(semaphore), RTEMS_NOT_OWNER_OF_RESOURCE);
    OK(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0));
    OK(rtems_semaphore_obtain(semaphore, RTEMS_NO_WAIT, 0));
    (void) spawn(9, release_not_owned, 0);
    CHECK(helper_status == RTEMS_NOT_OWNER_OF_RESOURCE);
    CHECK_STATUS(rtems_semaphore_delete(semaphore), RTEMS_RESOURCE_IN_USE);
    OK(rtems_semaphore_release(semaphore));
    CHECK_STATUS(rtems_semaphore_delete(semaphore), RTEMS_RESOURCE_IN_USE);
    OK(rtems_semaphore_release(semaphore));
    OK(rtems_semaphore_delete(semaphore));
    end_group("semaphores");
}

/* ---- Priorities through semaphores ---------------------------------------------------------------------------- */

static rtems_task obtain_briefly(rtems_task_argument argument)
{
    helper_status = rtems_semaphore_obtain(semaphore, RTEMS_WAIT, (rtems_interval) argument);
    if (helper_status == RTEMS_SUCCESSFUL) {
        note(1);
        (void) rtems_semaphore_release(semaphore);
    }
    rtems_task_exit();
}

static void test_inheritance(void)
{
    const rtems_attribute inherit = RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY;
    const rtems_attribute ceiling = RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_PRIORITY_CEILING;
    rtems_id scheduler;
    rtems_task_priority previous;

    OK(rtems_semaphore_create(NAME('I'), 1, inherit, 0, &semaphore));
    OK(rtems_semaphore_obtain(semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT));
    CHECK(priority_of(RTEMS_SELF) == INIT_PRIORITY);
    ordered = 0;
    (void) spawn(7, obtain_briefly, RTEMS_NO_TIMEOUT);
    CHECK(ordered == 0 && priority_of(RTEMS_SELF) == 7);
    (void) spawn(3, obtain_briefly, 2);
    CHECK(priority_of(RTEMS_SELF) == 3);
    OK(rtems_task_wake_after(4));
    CHECK(helper_status == RTEMS_TIMEOUT && priority_of(RTEMS_SELF) == 7);
    OK(rtems_semaphore_release(semaphore));
    CHECK(ordered == 1 && priority_of(RTEMS_SELF) == INIT_PRIORITY);
    OK(rtems_semaphore_delete(semaphore));

    CHECK_STATUS(rtems_semaphore_create(NAME('C'), 1, ceiling, 256, &semaphore), RTEMS_INVALID_PRIORITY);
    OK(rtems_semaphore_create(NAME('C'), 1, ceiling, 4, &semaphore));
    OK(rtems_semaphore_obtain(semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT));
    CHECK(priority_of(RTEMS_SELF) == 4);
    OK(rtems_semaphore_obtain(semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT));
    OK(rtems_semaphore_release(semaphore));
    CHECK(priority_of(RTEMS_SELF) == 4);
    OK(rtems_semaphore_release(semaphore));
    CHECK(priority_of(RTEMS_SELF) == INIT_PRIORITY);
    (void) spawn(3, obtain_briefly, RTEMS_NO_TIMEOUT);
    CHECK(helper_status == RTEMS_INVALID_PRIORITY);
    OK(rtems_task_get_scheduler(RTEMS_SELF, &scheduler));
    OK(rtems_semaphore_set_priority(semaphore, scheduler, 2, &previous));
    CHECK(previous == 4);
    (void) spawn(3, obtain_briefly, RTEMS_NO_TIMEOUT);
    CHECK(helper_status == RTEMS_SUCCESSFUL);
    CHECK_STATUS(rtems_semaphore_set_priority(semaphore, scheduler, 2, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_semaphore_set_priority(BAD_ID, scheduler, 2, &previous), RTEMS_INVALID_ID);
    OK(rtems_semaphore_delete(semaphore));

    OK(rtems_semaphore_create(NAME('C'), 0, ceiling, 5, &semaphore));
    CHECK(priority_of(RTEMS_SELF) == 5);
    OK(rtems_semaphore_release(semaphore));
    CHECK(priority_of(RTEMS_SELF) == INIT_PRIORITY);
    OK(rtems_semaphore_delete(semaphore));
    end_group("inheritance and ceilings");
}

/* ---- Message queues ------------------------------------------------------------------------------------------- */

static rtems_id queue;
static char received[4][16];
static size_t received_sizes[4];

static rtems_task receive(rtems_task_argument argument)
{
    helper_status = rtems_message_queue_receive(queue, received[argument], &received_sizes[argument], RTEMS_WAIT,
        RTEMS_NO_TIMEOUT);
    note((unsigned) argument);
    rtems_task_exit();
}

static bool next_is(const char *text)
{
    char buffer[16];
    size_t size = 0;

    OK(rtems_message_queue_receive(queue, buffer, &size, RTEMS_NO_WAIT, 0));
    return size == strlen(text) && memcmp(buffer, text, size) == 0;
}

static void test_queues(void)
{
    rtems_id found;
    uint32_t count;
    size_t size;
    char buffer[16];

    CHECK_STATUS(rtems_message_queue_create(0, 3, 8, 0, &queue), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_message_queue_create(NAME('Q'), 3, 8, 0, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_create(NAME('Q'), 0, 8, 0, &queue), RTEMS_INVALID_NUMBER);
    CHECK_STATUS(rtems_message_queue_create(NAME('Q'), 3, 0, 0, &queue), RTEMS_INVALID_SIZE);
    OK(rtems_message_queue_create(NAME('Q'), 3, 8, RTEMS_PRIORITY, &queue));
    OK(rtems_message_queue_ident(NAME('Q'), RTEMS_SEARCH_ALL_NODES, &found));
    CHECK(found == queue);
    CHECK_STATUS(rtems_message_queue_ident(NAME('?'), RTEMS_SEARCH_ALL_NODES, &found), RTEMS_INVALID_NAME);

    CHECK_STATUS(rtems_message_queue_send(BAD_ID, "x", 1), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_message_queue_send(queue, NULL, 1), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_send(queue, "123456789", 9), RTEMS_INVALID_SIZE);
    CHECK_STATUS(rtems_message_queue_urgent(queue, "123456789", 9), RTEMS_INVALID_SIZE);
    CHECK_STATUS(rtems_message_queue_urgent(BAD_ID, "x", 1), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_message_queue_receive(BAD_ID, buffer, &size, RTEMS_NO_WAIT, 0), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_message_queue_receive(queue, NULL, &size, RTEMS_NO_WAIT, 0), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_receive(queue, buffer, NULL, RTEMS_NO_WAIT, 0), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_receive(queue, buffer, &size, RTEMS_NO_WAIT, 0), RTEMS_UNSATISFIED);
    CHECK_STATUS(rtems_message_queue_receive(queue, buffer, &size, RTEMS_WAIT, 2), RTEMS_TIMEOUT);

    OK(rtems_message_queue_send(queue, "one", 3));
    OK(rtems_message_queue_send(queue, "four", 4));
    OK(rtems_message_queue_urgent(queue, "eightchr", 8));
    CHECK_STATUS(rtems_message_queue_send(queue, "x", 1), RTEMS_TOO_MANY);
    OK(rtems_message_queue_get_number_pending(queue, &count));
    CHECK(count == 3);
    CHECK_STATUS(rtems_message_queue_get_number_pending(queue, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_get_number_pending(BAD_ID, &count), RTEMS_INVALID_ID);
    CHECK(next_is("eightchr"));
    CHECK(next_is("one"));
    OK(rtems_message_queue_send(queue, "", 0));
    CHECK(next_is("four"));
    CHECK(next_is(""));
    OK(rtems_message_queue_send(queue, "one", 3));
    OK(rtems_message_queue_flush(queue, &count));
    CHECK(count == 1);
    OK(rtems_message_queue_flush(queue, &count));
    CHECK(count == 0);
    CHECK_STATUS(rtems_message_queue_flush(queue, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_flush(BAD_ID, &count), RTEMS_INVALID_ID);

    ordered = 0;
    (void) spawn(9, receive, 0);
    (void) spawn(8, receive, 1);
    OK(rtems_message_queue_send(queue, "first", 5));
    CHECK(ordered == 1 && order[0] == 1 && received_sizes[1] == 5 && memcmp(received[1], "first", 5) == 0);
    (void) spawn(8, receive, 2);
    CHECK_STATUS(rtems_message_queue_broadcast(queue, "all", 3, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_message_queue_broadcast(BAD_ID, "all", 3, &count), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_message_queue_broadcast(queue, "123456789", 9, &count), RTEMS_INVALID_SIZE);
    OK(rtems_message_queue_broadcast(queue, "all", 3, &count));
    CHECK(count == 2 && ordered == 3);
    CHECK(received_sizes[0] == 3 && received_sizes[2] == 3 && memcmp(received[0], "all", 3) == 0);
    OK(rtems_message_queue_broadcast(queue, "all", 3, &count));
    CHECK(count == 0);
    (void) spawn(9, receive, 3);
    OK(rtems_message_queue_delete(queue));
    CHECK(helper_status == RTEMS_OBJECT_WAS_DELETED);
    CHECK_STATUS(rtems_message_queue_delete(queue), RTEMS_INVALID_ID);
    end_group("message queues");
}

/* ---- Events --------------------------------------------------------------------------------------------------- */

static rtems_event_set helper_events;

static rtems_task wait_for_events(rtems_task_argument options)
{
    helper_status = rtems_event_receive(RTEMS_EVENT_1 | RTEMS_EVENT_2, (rtems_option) options, RTEMS_NO_TIMEOUT,
        &helper_events);
    note(1);
    rtems_task_exit();
}

static void test_events(void)
{
    rtems_event_set events;
    rtems_id id;

    CHECK_STATUS(rtems_event_send(BAD_ID, RTEMS_EVENT_0), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_event_receive(RTEMS_EVENT_0, RTEMS_NO_WAIT, 0, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_event_receive(RTEMS_EVENT_0, RTEMS_NO_WAIT, 0, &events), RTEMS_UNSATISFIED);
    CHECK_STATUS(rtems_event_receive(RTEMS_EVENT_0, RTEMS_WAIT, 2, &events), RTEMS_TIMEOUT);
    OK(rtems_event_send(RTEMS_SELF, RTEMS_EVENT_0 | RTEMS_EVENT_31));
    OK(rtems_event_receive(RTEMS_PENDING_EVENTS, RTEMS_NO_WAIT, 0, &events));
    CHECK(events == (RTEMS_EVENT_0 | RTEMS_EVENT_31));
    CHECK_STATUS(rtems_event_receive(RTEMS_EVENT_0 | RTEMS_EVENT_1, RTEMS_NO_WAIT | RTEMS_EVENT_ALL, 0, &events),
        RTEMS_UNSATISFIED);
    OK(rtems_event_receive(RTEMS_EVENT_0 | RTEMS_EVENT_1, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &events));
    CHECK(events == RTEMS_EVENT_0);
    OK(rtems_event_receive(RTEMS_ALL_EVENTS, RTEMS_WAIT | RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT, &events));
    CHECK(events == RTEMS_EVENT_31);

    ordered = 0;
    id = spawn(9, wait_for_events, RTEMS_WAIT | RTEMS_EVENT_ALL);
    OK(rtems_event_send(id, RTEMS_EVENT_1));
    OK(rtems_event_send(id, RTEMS_EVENT_3));
    CHECK(ordered == 0);
    OK(rtems_event_send(id, RTEMS_EVENT_2));
    CHECK(ordered == 1 && helper_events == (RTEMS_EVENT_1 | RTEMS_EVENT_2));
    id = spawn(9, wait_for_events, RTEMS_WAIT | RTEMS_EVENT_ANY);
    OK(rtems_event_send(id, RTEMS_EVENT_2));
    CHECK(ordered == 2 && helper_status == RTEMS_SUCCESSFUL && helper_events == RTEMS_EVENT_2);
    end_group("events");
}

/* ---- Timers --------------------------------------------------------------------------------------------------- */

static volatile bool in_interrupt;

static rtems_timer_service_routine fired(rtems_id timer, void *data)
{
    (void) timer;
    in_interrupt = rtems_interrupt_is_in_progress();
    note((unsigned) (uintptr_t) data);
    (void) rtems_event_send(init_id, RTEMS_EVENT_5);
}

static void test_timers(void)
{
    rtems_event_set events;
    rtems_time_of_day time;
    rtems_timer_information information;
    rtems_id timer;
    rtems_id other;
    rtems_id found;

    CHECK_STATUS(rtems_timer_create(0, &timer), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_timer_create(NAME('1'), NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_timer_create(NAME('1'), &timer));
    OK(rtems_timer_create(NAME('2'), &other));
    CHECK_STATUS(rtems_timer_create(NAME('3'), &found), RTEMS_TOO_MANY);
    OK(rtems_timer_ident(NAME('2'), &found));
    CHECK(found == other);
    CHECK_STATUS(rtems_timer_ident(NAME('?'), &found), RTEMS_INVALID_NAME);

    CHECK_STATUS(rtems_timer_reset(timer), RTEMS_NOT_DEFINED);
    CHECK_STATUS(rtems_timer_fire_after(timer, 0, fired, NULL), RTEMS_INVALID_NUMBER);
    CHECK_STATUS(rtems_timer_fire_after(timer, 1, NULL, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_timer_fire_after(BAD_ID, 1, fired, NULL), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_timer_reset(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_timer_cancel(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_timer_delete(BAD_ID), RTEMS_INVALID_ID);
    OK(rtems_timer_get_information(timer, &information));
    CHECK(information.the_class == TIMER_DORMANT);
    CHECK_STATUS(rtems_timer_get_information(timer, NULL), RTEMS_INVALID_ADDRESS);

    ordered = 0;
    in_interrupt = false;
    OK(rtems_timer_fire_after(timer, 3, fired, (void *) 1));
    OK(rtems_timer_fire_after(other, 1, fired, (void *) 2));
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 10, &events));
    CHECK(ordered == 1 && order[0] == 2 && in_interrupt);
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 10, &events));
    CHECK(ordered == 2 && order[1] == 1);
    OK(rtems_timer_get_information(timer, &information));
    CHECK(information.the_class == TIMER_INTERVAL && information.initial == 3);
    OK(rtems_timer_reset(timer));
    OK(rtems_timer_cancel(timer));
    CHECK_STATUS(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 5, &events), RTEMS_TIMEOUT);
    OK(rtems_timer_reset(timer));
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 5, &events));

    OK(rtems_clock_get_tod(&time));
    CHECK_STATUS(rtems_timer_fire_when(timer, &time, fired, NULL), RTEMS_INVALID_CLOCK);
    time.second = 10;
    time.minute = 20;
    time.ticks = 0;
    OK(rtems_clock_set(&time));
    ++time.second;
    CHECK_STATUS(rtems_timer_fire_when(timer, &time, NULL, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_timer_fire_when(BAD_ID, &time, fired, NULL), RTEMS_INVALID_ID);
    OK(rtems_timer_fire_when(timer, &time, fired, (void *) 3));
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 2 * rtems_clock_get_ticks_per_second(), &events));
    OK(rtems_clock_get_tod(&time));
    CHECK(time.second == 11);
    CHECK_STATUS(rtems_timer_reset(timer), RTEMS_NOT_DEFINED);

    CHECK_STATUS(rtems_timer_server_fire_after(timer, 1, fired, NULL), RTEMS_INCORRECT_STATE);
    CHECK_STATUS(rtems_timer_initiate_server(256, 8192, 0), RTEMS_INVALID_PRIORITY);
    OK(rtems_timer_initiate_server(5, 8192, RTEMS_DEFAULT_ATTRIBUTES));
    CHECK_STATUS(rtems_timer_initiate_server(5, 8192, RTEMS_DEFAULT_ATTRIBUTES), RTEMS_INCORRECT_STATE);
    CHECK_STATUS(rtems_timer_server_fire_after(timer, 0, fired, NULL), RTEMS_INVALID_NUMBER);
    OK(rtems_timer_server_fire_after(timer, 2, fired, (void *) 4));
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 10, &events));
    CHECK(order[ordered - 1] == 4 && !in_interrupt);
    ++time.second;
    OK(rtems_timer_server_fire_when(timer, &time, fired, (void *) 5));
    OK(rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 2 * rtems_clock_get_ticks_per_second(), &events));
    CHECK(order[ordered - 1] == 5 && !in_interrupt);

    OK(rtems_timer_delete(timer));
    OK(rtems_timer_delete(other));
    CHECK_STATUS(rtems_timer_cancel(timer), RTEMS_INVALID_ID);
    end_group("timers");
}

/* ---- Periods -------------------------------------------------------------------------------------------------- */

static rtems_id period;

static rtems_task use_period(rtems_task_argument argument)
{
    (void) argument;
    helper_status = rtems_rate_monotonic_period(period, 5);
    if (helper_status == RTEMS_NOT_OWNER_OF_RESOURCE)
        helper_status = rtems_rate_monotonic_cancel(period);
    rtems_task_exit();
}

static void spend(rtems_interval ticks)
{
    rtems_interval end = rtems_clock_tick_later(ticks);

    while (rtems_clock_tick_before(end))
        ;
}

static void test_periods(void)
{
    rtems_rate_monotonic_period_statistics statistics;
    rtems_rate_monotonic_period_status status;
    rtems_interval begin;
    rtems_id found;

    CHECK_STATUS(rtems_rate_monotonic_create(0, &period), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_rate_monotonic_create(NAME('P'), NULL), RTEMS_INVALID_ADDRESS);
    OK(rtems_rate_monotonic_create(NAME('P'), &period));
    CHECK_STATUS(rtems_rate_monotonic_create(NAME('Q'), &found), RTEMS_TOO_MANY);
    OK(rtems_rate_monotonic_ident(NAME('P'), &found));
    CHECK(found == period);
    CHECK_STATUS(rtems_rate_monotonic_ident(NAME('?'), &found), RTEMS_INVALID_NAME);
    CHECK_STATUS(rtems_rate_monotonic_period(BAD_ID, 5), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_rate_monotonic_period(period, RTEMS_PERIOD_STATUS), RTEMS_NOT_DEFINED);
    OK(rtems_rate_monotonic_get_status(period, &status));
    CHECK(status.owner == init_id && status.state == RATE_MONOTONIC_INACTIVE);
    CHECK_STATUS(rtems_rate_monotonic_get_status(period, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_rate_monotonic_get_status(BAD_ID, &status), RTEMS_INVALID_ID);

    OK(rtems_task_wake_after(1));
    OK(rtems_rate_monotonic_period(period, 5));
    begin = rtems_clock_get_ticks_since_boot();
    OK(rtems_rate_monotonic_period(period, RTEMS_PERIOD_STATUS));
    spend(2);
    OK(rtems_rate_monotonic_period(period, 5));
    CHECK(rtems_clock_get_ticks_since_boot() - begin == 5);
    OK(rtems_rate_monotonic_period(period, 5));
    CHECK(rtems_clock_get_ticks_since_boot() - begin == 10);
    OK(rtems_rate_monotonic_get_status(period, &status));
    CHECK(status.state == RATE_MONOTONIC_ACTIVE && status.postponed_jobs_count == 0);

    spend(6);
    CHECK_STATUS(rtems_rate_monotonic_period(period, RTEMS_PERIOD_STATUS), RTEMS_TIMEOUT);
    OK(rtems_rate_monotonic_get_status(period, &status));
    CHECK(status.state == RATE_MONOTONIC_EXPIRED && status.postponed_jobs_count == 1);
    CHECK(status.since_last_period.tv_sec > 0 || status.since_last_period.tv_nsec > 0);
    CHECK_STATUS(rtems_rate_monotonic_period(period, 5), RTEMS_TIMEOUT);
    OK(rtems_rate_monotonic_period(period, 5));
    CHECK(rtems_clock_get_ticks_since_boot() - begin == 20);

    CHECK_STATUS(rtems_rate_monotonic_get_statistics(period, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_rate_monotonic_get_statistics(BAD_ID, &statistics), RTEMS_INVALID_ID);
    OK(rtems_rate_monotonic_get_statistics(period, &statistics));
    CHECK(statistics.count == 4 && statistics.missed_count == 1);
    CHECK(statistics.max_wall_time.tv_nsec >= statistics.min_wall_time.tv_nsec);
    OK(rtems_rate_monotonic_reset_statistics(period));
    CHECK_STATUS(rtems_rate_monotonic_reset_statistics(BAD_ID), RTEMS_INVALID_ID);
    OK(rtems_rate_monotonic_get_statistics(period, &statistics));
    CHECK(statistics.count == 0 && statistics.missed_count == 0);
    rtems_rate_monotonic_reset_all_statistics();

    (void) spawn(9, use_period, 0);
    CHECK(helper_status == RTEMS_NOT_OWNER_OF_RESOURCE);
    OK(rtems_rate_monotonic_cancel(period));
    CHECK_STATUS(rtems_rate_monotonic_cancel(BAD_ID), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_rate_monotonic_period(period, RTEMS_PERIOD_STATUS), RTEMS_NOT_DEFINED);
    OK(rtems_rate_monotonic_delete(period));
    CHECK_STATUS(rtems_rate_monotonic_delete(period), RTEMS_INVALID_ID);
    end_group("periods");
}

/* ---- Interrupts ----------------------------------------------------------------------------------------------- */

static void do_nothing(void *argument)
{
    (void) argument;
}

static void spend_nanoseconds(uint64_t time)
{
    uint64_t end = rtems_clock_get_uptime_nanoseconds() + time;

    while (rtems_clock_get_uptime_nanoseconds() < end)
        ;
}

static void test_interrupts(void)
{
    const uint64_t three_ticks = UINT64_C(3000) * rtems_configuration_get_microseconds_per_tick();
    rtems_interrupt_level level;
    rtems_interval ticks;
    rtems_mode previous;

    CHECK(!rtems_interrupt_is_in_progress());
    CHECK_STATUS(rtems_interrupt_handler_install(0xffffffff, "test", RTEMS_INTERRUPT_SHARED, do_nothing, NULL),
        RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_interrupt_handler_install(0, "test", RTEMS_INTERRUPT_SHARED, NULL, NULL), RTEMS_INVALID_ADDRESS);
    CHECK_STATUS(rtems_interrupt_handler_remove(0xffffffff, do_nothing, NULL), RTEMS_INVALID_ID);

    OK(rtems_task_wake_after(1));
    rtems_interrupt_local_disable(level);
    ticks = rtems_clock_get_ticks_since_boot();
    spend_nanoseconds(three_ticks);
    ticks = rtems_clock_get_ticks_since_boot() - ticks;
    rtems_interrupt_local_enable(level);
    CHECK(ticks == 0);
    ticks = rtems_clock_get_ticks_since_boot();
    spend_nanoseconds(three_ticks);
    CHECK(rtems_clock_get_ticks_since_boot() != ticks);

    OK(rtems_task_mode(RTEMS_INTERRUPT_LEVEL(1), RTEMS_INTERRUPT_MASK, &previous));
    CHECK((previous & RTEMS_INTERRUPT_MASK) == 0);
    ticks = rtems_clock_get_ticks_since_boot();
    spend_nanoseconds(three_ticks);
    CHECK(rtems_clock_get_ticks_since_boot() == ticks);
    OK(rtems_task_mode(RTEMS_INTERRUPT_LEVEL(0), RTEMS_INTERRUPT_MASK, &previous));
    CHECK((previous & RTEMS_INTERRUPT_MASK) == 1);
    end_group("interrupts");
}

/* ---- Floating point ------------------------------------------------------------------------------------------- */

static volatile double sums[2];

static rtems_task sum_up(rtems_task_argument argument)
{
    double sum = 0.0;
    double step = argument == 0 ? 0.5 : 0.25;

    for (int round = 0; round < 1000; ++round) {
        sum += step;
        if (round % 10 == 0)
            (void) rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
    }
    sums[argument] = sum;
    rtems_task_exit();
}

static void test_floating_point(void)
{
    char text[32];

    (void) spawn_with_mode(20, RTEMS_TIMESLICE, sum_up, 0);
    (void) spawn_with_mode(20, RTEMS_TIMESLICE, sum_up, 1);
    OK(rtems_task_wake_after(10));
    CHECK(sums[0] == 500.0 && sums[1] == 250.0);
    (void) snprintf(text, sizeof(text), "%.3f", sums[1] / 3.0);
    CHECK(strcmp(text, "83.333") == 0);
    end_group("floating point");
}

/* ---- Objects and the C library -------------------------------------------------------------------------------- */

static void test_rest(void)
{
    rtems_name name;
    const char *volatile long_text = "abcdef";
    char text[32];
    int stored = 0;
    char *end;
    char *block;

    CHECK(rtems_build_name('A', 'B', 'C', 'D') == 0x41424344);
    OK(rtems_object_get_classic_name(init_id, &name));
    CHECK(name == NAME('I'));
    CHECK_STATUS(rtems_object_get_classic_name(BAD_ID, &name), RTEMS_INVALID_ID);
    CHECK_STATUS(rtems_object_get_classic_name(init_id, NULL), RTEMS_INVALID_ADDRESS);
    CHECK(rtems_object_get_name(init_id, sizeof(text), text) == text && strcmp(text, "TSTI") == 0);
    CHECK(rtems_object_id_get_api(init_id) == 2 && rtems_object_id_get_class(init_id) == 1);
    CHECK(rtems_object_id_get_node(init_id) == 1 && rtems_object_id_get_index(init_id) == 1);
    CHECK(strcmp(rtems_status_text(RTEMS_NOT_OWNER_OF_RESOURCE), "RTEMS_NOT_OWNER_OF_RESOURCE") == 0);
    CHECK(rtems_get_version_string()[0] != '\0');

    CHECK(snprintf(text, sizeof(text), "%5d|%-3u|%08" PRIx32 "|%s", -42, 7U, (uint32_t) 0xabc, "end") == 22);
    CHECK(strcmp(text, "  -42|7  |00000abc|end") == 0);
    CHECK(snprintf(text, 4, "%s", long_text) == 6 && strcmp(text, "abc") == 0);
    /* Every kind of argument, and behind each one that tells whether the next was found. */
    (void) snprintf(text, sizeof(text), "%e|%d|%G|%d", 1234.5, 1, 1e-5, 2);
    CHECK(strcmp(text, "1.234500e+03|1|1E-05|2") == 0);
    (void) snprintf(text, sizeof(text), "%Lf|%d|%a|%lld", 2.25L, 3, 1.5, -4LL);
    CHECK(strcmp(text, "2.250000|3|0x1.8p+0|-4") == 0);
    (void) snprintf(text, sizeof(text), "%s%n|%c|%.2f", "abc", &stored, 'd', 0.125);
    CHECK(strcmp(text, "abc|d|0.12") == 0 && stored == 3);
    CHECK(strtol(" -0x10z", &end, 0) == -16 && *end == 'z');
    CHECK(strtoul("4294967295", NULL, 10) == 4294967295UL && atoi("12") == 12);
    CHECK(strchr("abc", 'c') != NULL && strchr("abc", 'd') == NULL && strstr("abcd", "cd") != NULL);
    CHECK(strcmp("a", "b") < 0 && strncmp("abc", "abd", 2) == 0 && strlen("abc") == 3);
    block = malloc(100);
    CHECK(block != NULL);
    memset(block, 7, 100);
    block = realloc(block, 1000);
    CHECK(block != NULL && block[99] == 7);
    free(block);
    block = calloc(10, 10);
    CHECK(block != NULL && block[99] == 0);
    free(block);
    CHECK(malloc((size_t) -1 / 2) == NULL);
    end_group("names and C library");
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    init_id = rtems_task_self();
    test_tasks();
    test_scheduling();
    test_clock();
    test_semaphores();
    test_inheritance();
    test_queues();
    test_events();
    test_periods();
    test_interrupts();
    test_floating_point();
    test_rest();
    /* Last, because the timer server stays. */
    test_timers();
    if (failures != 0) {
        printk("classic: %u of %u checks failed\n", failures, checks);
        exit(1);
    }
    printk("classic: all %u checks passed\n", checks);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_TICKS_PER_TIMESLICE TIMESLICE
#define CONFIGURE_MAXIMUM_TASKS MAXIMUM_TASKS
#define CONFIGURE_MAXIMUM_SEMAPHORES 2
#define CONFIGURE_MAXIMUM_MESSAGE_QUEUES 1
#define CONFIGURE_MAXIMUM_TIMERS 2
#define CONFIGURE_MAXIMUM_PERIODS 1
#define CONFIGURE_MESSAGE_BUFFER_MEMORY CONFIGURE_MESSAGE_BUFFERS_FOR_QUEUE(3, 8)
#define CONFIGURE_EXTRA_TASK_STACKS (MAXIMUM_TASKS * 8192)
#define CONFIGURE_INIT_TASK_NAME NAME('I')
#define CONFIGURE_INIT_TASK_PRIORITY INIT_PRIORITY
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_STACK_SIZE 16384
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
