/*
 * Walks the conditions of arinc653.h's services about processes and their time in the standard's order, before NORMAL,
 * in processes and in the error handler, and looks who executes when. Frames are 10 ms long, the window begins at 1 ms.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "checks.h"

#define NOWHERE ((volatile int *) 0x90000000) /* no partition has anything there */
#define FRAME (10 * MILLISECOND)
#define WINDOW (1 * MILLISECOND) /* from the frame's begin */
#define FOREVER INFINITE_TIME_VALUE
#define BEYOND INT64_MAX

#define EXPECT_PERIODIC_WAIT(expected) \
    do { \
        RETURN_CODE_TYPE code_ = (RETURN_CODE_TYPE) 77; \
        PERIODIC_WAIT(&code_); \
        expect(expected, code_, "PERIODIC_WAIT()", __LINE__); \
    } while (0)

static SYSTEM_TIME_TYPE now(void)
{
    SYSTEM_TIME_TYPE time = 0;

    EXPECT(NO_ERROR, GET_TIME, &time);
    return time;
}

/* Who has executed, in order. */
static char trace[32];

static void leave(char mark)
{
    size_t length = strlen(trace);

    if (length + 1 < sizeof(trace))
        trace[length] = mark;
}

/* Whether just these have executed since. */
static bool left(const char *marks)
{
    bool same = strcmp(trace, marks) == 0;

    if (!same)
        printk("not %s: %s\n", marks, trace);
    memset(trace, 0, sizeof(trace));
    return same;
}

/* ---- Processes ---------------------------------------------------------------------------------------------- */

static PROCESS_ID_TYPE driver, high, equal, low, ticking, hurried, extra;

/* What the processes do when they are started. */
static void (*volatile high_does)(void);
static void (*volatile equal_does)(void);
static void (*volatile low_does)(void);
static void (*volatile hurried_does)(void);

static void high_entry(void)
{
    leave('h');
    high_does();
    leave('H');
}

static void equal_entry(void)
{
    leave('e');
    equal_does();
    leave('E');
}

static void low_entry(void)
{
    leave('l');
    low_does();
    leave('L');
}

static void hurried_entry(void)
{
    leave('d');
    hurried_does();
    leave('D');
}

static void nothing(void)
{
}

static void not_at_all(void)
{
    leave('!');
}

static PROCESS_ID_TYPE created(const PROCESS_ATTRIBUTE_TYPE *made)
{
    PROCESS_ID_TYPE process = NULL_PROCESS_ID;

    EXPECT(NO_ERROR, CREATE_PROCESS, made, &process);
    CHECK(process != NULL_PROCESS_ID && process != MAIN_PROCESS_ID);
    return process;
}

static PROCESS_STATE_TYPE state(PROCESS_ID_TYPE process)
{
    PROCESS_STATUS_TYPE status = { .PROCESS_STATE = (PROCESS_STATE_TYPE) 77 };

    EXPECT(NO_ERROR, GET_PROCESS_STATUS, process, &status);
    return status.PROCESS_STATE;
}

static PRIORITY_TYPE priority(PROCESS_ID_TYPE process)
{
    PROCESS_STATUS_TYPE status = { .CURRENT_PRIORITY = 0 };

    EXPECT(NO_ERROR, GET_PROCESS_STATUS, process, &status);
    return status.CURRENT_PRIORITY;
}

static SYSTEM_TIME_TYPE deadline(PROCESS_ID_TYPE process)
{
    PROCESS_STATUS_TYPE status = { .DEADLINE_TIME = 77 };

    EXPECT(NO_ERROR, GET_PROCESS_STATUS, process, &status);
    return status.DEADLINE_TIME;
}

static LOCK_LEVEL_TYPE level(void)
{
    PARTITION_STATUS_TYPE status;

    EXPECT(NO_ERROR, GET_PARTITION_STATUS, &status);
    return status.LOCK_LEVEL;
}

/* Uses time, whoever else executes meanwhile. */
static void spend(SYSTEM_TIME_TYPE span)
{
    SYSTEM_TIME_TYPE time = now(), end = time + span;
    RETURN_CODE_TYPE code;

    while (time < end)
        GET_TIME(&time, &code);
}

/* Waits for the begin of a window. */
static void next_window(void)
{
    EXPECT(NO_ERROR, TIMED_WAIT, FRAME - (now() - WINDOW) % FRAME);
}

/* ---- Before NORMAL ------------------------------------------------------------------------------------------ */

static void handle_error(void);

static void creation(void)
{
    PROCESS_ATTRIBUTE_TYPE wrong = attributes("driver", NULL, MIN_PRIORITY_VALUE - 1);
    PROCESS_ID_TYPE id = 77;

    /* From a process of which nothing is right, one thing after the other is repaired. */
    wrong.STACK_SIZE = 0;
    wrong.PERIOD = 0;
    wrong.TIME_CAPACITY = 0;
    wrong.DEADLINE = (DEADLINE_TYPE) 2;
    EXPECT(NO_ACTION, CREATE_PROCESS, &wrong, &id);
    strncpy(wrong.NAME, "extra", sizeof(wrong.NAME));
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.ENTRY_POINT = nothing;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.STACK_SIZE = 2048;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.BASE_PRIORITY = MAX_PRIORITY_VALUE + 1;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.BASE_PRIORITY = MAX_PRIORITY_VALUE;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.DEADLINE = HARD;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.PERIOD = FRAME + 1;
    EXPECT(INVALID_CONFIG, CREATE_PROCESS, &wrong, &id);
    wrong.PERIOD = 3 * FRAME;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.TIME_CAPACITY = 3 * FRAME + 1;
    EXPECT(INVALID_PARAM, CREATE_PROCESS, &wrong, &id);
    wrong.TIME_CAPACITY = 3 * FRAME;
    wrong.STACK_SIZE = 64 * 1024 * 1024;
    EXPECT(INVALID_CONFIG, CREATE_PROCESS, &wrong, &id);
    CHECK(id == 77);
    wrong.STACK_SIZE = 2048;
    extra = created(&wrong);
    EXPECT(NO_ACTION, CREATE_PROCESS, &wrong, &id);
}

static void starting(void)
{
    PROCESS_STATUS_TYPE status;
    PROCESS_ID_TYPE id = 77;
    const PROCESS_ID_TYPE none[] = { NULL_PROCESS_ID, MAIN_PROCESS_ID, 77 };
    unsigned i;

    EXPECT(INVALID_CONFIG, GET_PROCESS_ID, "extr", &id);
    EXPECT(INVALID_CONFIG, GET_PROCESS_ID, "", &id);
    EXPECT(NO_ERROR, GET_PROCESS_ID, "extra", &id);
    CHECK(id == extra);
    for (i = 0; i < sizeof(none) / sizeof(none[0]); ++i) {
        EXPECT(INVALID_PARAM, GET_PROCESS_STATUS, none[i], &status);
        EXPECT(INVALID_PARAM, START, none[i]);
        EXPECT(INVALID_PARAM, DELAYED_START, none[i], -1);
        EXPECT(INVALID_PARAM, STOP, none[i]);
        EXPECT(INVALID_PARAM, SUSPEND, none[i]);
        EXPECT(INVALID_PARAM, RESUME, none[i]);
        EXPECT(INVALID_PARAM, SET_PRIORITY, none[i], MIN_PRIORITY_VALUE - 1);
        EXPECT(INVALID_PARAM, INITIALIZE_PROCESS_CORE_AFFINITY, none[i], 1);
    }
    EXPECT(NO_ERROR, GET_PROCESS_STATUS, extra, &status);
    CHECK(status.PROCESS_STATE == DORMANT && status.DEADLINE_TIME == FOREVER);
    CHECK(status.CURRENT_PRIORITY == MAX_PRIORITY_VALUE && status.ATTRIBUTES.BASE_PRIORITY == MAX_PRIORITY_VALUE);
    CHECK(status.ATTRIBUTES.PERIOD == 3 * FRAME && status.ATTRIBUTES.TIME_CAPACITY == 3 * FRAME);
    CHECK(status.ATTRIBUTES.STACK_SIZE == 2048 && status.ATTRIBUTES.DEADLINE == HARD);
    CHECK(status.ATTRIBUTES.ENTRY_POINT == nothing && strcmp(status.ATTRIBUTES.NAME, "extra") == 0);

    EXPECT(NO_ACTION, STOP, extra);
    EXPECT(INVALID_MODE, SUSPEND, extra);
    EXPECT(INVALID_MODE, RESUME, extra);
    EXPECT(INVALID_PARAM, SET_PRIORITY, extra, MAX_PRIORITY_VALUE + 1);
    EXPECT(INVALID_MODE, SET_PRIORITY, extra, MAX_PRIORITY_VALUE);
    EXPECT(INVALID_PARAM, DELAYED_START, extra, FOREVER);
    EXPECT(INVALID_PARAM, DELAYED_START, extra, 3 * FRAME);
    EXPECT(INVALID_PARAM, DELAYED_START, low, BEYOND);
    EXPECT(NO_ERROR, DELAYED_START, extra, 3 * FRAME - 1);
    EXPECT(NO_ACTION, DELAYED_START, extra, FOREVER);
    EXPECT(NO_ACTION, START, extra);
    CHECK(state(extra) == WAITING);
    EXPECT(INVALID_MODE, SUSPEND, extra); /* it is periodic */
    EXPECT(INVALID_MODE, RESUME, extra);
    EXPECT(NO_ERROR, SET_PRIORITY, extra, 7);
    CHECK(priority(extra) == 7);
    EXPECT(NO_ERROR, STOP, extra);
    CHECK(state(extra) == DORMANT);
    EXPECT(INVALID_CONFIG, INITIALIZE_PROCESS_CORE_AFFINITY, extra, 1);
    EXPECT(INVALID_CONFIG, INITIALIZE_PROCESS_CORE_AFFINITY, extra, -2);
    EXPECT(NO_ERROR, INITIALIZE_PROCESS_CORE_AFFINITY, extra, 0);
    EXPECT(NO_ERROR, INITIALIZE_PROCESS_CORE_AFFINITY, extra, CORE_AFFINITY_NO_PREFERENCE);
}

static void who_is_no_process(void)
{
    LOCK_LEVEL_TYPE locked = 77;
    PROCESS_ID_TYPE id = 77;
    PROCESSOR_CORE_ID_TYPE core = 77;

    EXPECT(NO_ERROR, GET_MY_ID, &id);
    CHECK(id == MAIN_PROCESS_ID && level() == 1);
    EXPECT(INVALID_MODE, GET_MY_INDEX, &id);
    EXPECT(NO_ERROR, GET_MY_PROCESSOR_CORE_ID, &core);
    CHECK(core == 0);
    EXPECT(INVALID_MODE, SUSPEND_SELF, BEYOND);
    EXPECT(INVALID_MODE, TIMED_WAIT, FOREVER);
    EXPECT_PERIODIC_WAIT(INVALID_MODE);
    EXPECT(INVALID_PARAM, REPLENISH, BEYOND);
    EXPECT(NO_ACTION, REPLENISH, 1);
    EXPECT(NO_ACTION, LOCK_PREEMPTION, &locked);
    CHECK(locked == 1);
    locked = 77;
    EXPECT(NO_ACTION, UNLOCK_PREEMPTION, &locked);
    CHECK(locked == 1);
    STOP_SELF();
}

/* ---- In NORMAL ---------------------------------------------------------------------------------------------- */

static void in_normal(void)
{
    PROCESS_ATTRIBUTE_TYPE late = attributes("late", nothing, 1);
    PROCESS_ID_TYPE id = 77;

    EXPECT(NO_ERROR, GET_MY_ID, &id);
    CHECK(id == driver && level() == 0);
    EXPECT(NO_ERROR, GET_MY_INDEX, &id);
    CHECK(id == 0 && state(driver) == RUNNING);
    EXPECT(NO_ACTION, CREATE_PROCESS, &(PROCESS_ATTRIBUTE_TYPE){ .NAME = "extra" }, &id);
    EXPECT(INVALID_MODE, CREATE_PROCESS, &late, &id);
    EXPECT(INVALID_CONFIG, INITIALIZE_PROCESS_CORE_AFFINITY, extra, 1);
    EXPECT(INVALID_MODE, INITIALIZE_PROCESS_CORE_AFFINITY, extra, 0);
    EXPECT(INVALID_PARAM, STOP, driver);
    EXPECT(INVALID_PARAM, SUSPEND, driver);
    EXPECT(INVALID_PARAM, RESUME, driver);
    EXPECT(NO_ACTION, START, driver);
}

static void raise_the_driver(void)
{
    EXPECT(NO_ERROR, SET_PRIORITY, driver, 201);
}

static void stop_itself(void)
{
    STOP_SELF();
    leave('!');
}

/* Who comes first, when somebody is started, stopped, or has another priority. */
static void order(void)
{
    high_does = low_does = equal_does = nothing;
    EXPECT(NO_ERROR, START, low);
    EXPECT(NO_ERROR, START, equal);
    CHECK(state(low) == READY && left(""));
    EXPECT(NO_ERROR, START, high);
    CHECK(left("hH") && state(high) == DORMANT);
    EXPECT(NO_ERROR, TIMED_WAIT, 0);
    CHECK(left("eE"));
    EXPECT(NO_ERROR, TIMED_WAIT, 0);
    CHECK(left("") && state(low) == READY);
    EXPECT(NO_ERROR, SET_PRIORITY, low, 101);
    CHECK(left("lL"));
    /* A priority is the base one again when it is started. */
    EXPECT(NO_ERROR, START, low);
    CHECK(left("") && priority(low) == 50);
    EXPECT(NO_ERROR, STOP, low);
    CHECK(state(low) == DORMANT);
    EXPECT(NO_ACTION, STOP, low);
    EXPECT(NO_ERROR, TIMED_WAIT, MILLISECOND);
    CHECK(left(""));

    high_does = raise_the_driver;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("h") && state(high) == READY);
    EXPECT(NO_ERROR, SET_PRIORITY, driver, 100);
    CHECK(left("H"));
    high_does = stop_itself;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("h") && state(high) == DORMANT);
}

static void suspend_itself(void)
{
    EXPECT(INVALID_PARAM, SUSPEND_SELF, BEYOND);
    EXPECT(NO_ERROR, SUSPEND_SELF, 0);
    EXPECT(TIMED_OUT, SUSPEND_SELF, MILLISECOND);
    leave('t');
    EXPECT(NO_ERROR, SUSPEND_SELF, FOREVER);
    leave('f');
    EXPECT(NO_ERROR, SUSPEND_SELF, 2 * MILLISECOND);
}

static void wait_a_little(void)
{
    EXPECT(NO_ERROR, TIMED_WAIT, MILLISECOND);
}

static void suspension(void)
{
    next_window();
    high_does = suspend_itself;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("h") && state(high) == WAITING);
    EXPECT(NO_ACTION, SUSPEND, high);
    spend(2 * MILLISECOND);
    CHECK(left("t"));
    EXPECT(NO_ACTION, SUSPEND, high);
    EXPECT(NO_ERROR, RESUME, high);
    CHECK(left("f") && state(high) == WAITING);
    EXPECT(NO_ERROR, RESUME, high);
    CHECK(left("H"));

    /* Whoever waits and is suspended waits on, and is suspended still when that is over. */
    next_window();
    high_does = wait_a_little;
    EXPECT(NO_ERROR, START, high);
    EXPECT(NO_ACTION, RESUME, high);
    EXPECT(NO_ERROR, SUSPEND, high);
    EXPECT(NO_ACTION, SUSPEND, high);
    spend(3 * MILLISECOND);
    CHECK(left("h") && state(high) == WAITING);
    EXPECT(NO_ERROR, RESUME, high);
    CHECK(left("H"));
    /* And who is resumed before waits on. */
    EXPECT(NO_ERROR, START, high);
    EXPECT(NO_ERROR, SUSPEND, high);
    EXPECT(NO_ERROR, RESUME, high);
    CHECK(left("h") && state(high) == WAITING);
    EXPECT(NO_ERROR, STOP, high);
    EXPECT(NO_ERROR, START, high);
    CHECK(left("h"));
    spend(2 * MILLISECOND);
    CHECK(left("H"));

    low_does = nothing;
    EXPECT(NO_ERROR, START, low);
    EXPECT(NO_ERROR, SUSPEND, low);
    EXPECT(NO_ERROR, TIMED_WAIT, MILLISECOND);
    CHECK(left("") && state(low) == WAITING);
    EXPECT(NO_ERROR, STOP, low);
    EXPECT(INVALID_MODE, RESUME, low);
    EXPECT(NO_ERROR, START, low);
    CHECK(state(low) == READY);
    EXPECT(NO_ERROR, TIMED_WAIT, MILLISECOND);
    CHECK(left("lL"));
}

static void delays(void)
{
    next_window();
    high_does = nothing;
    EXPECT(INVALID_PARAM, DELAYED_START, high, FOREVER);
    EXPECT(INVALID_PARAM, DELAYED_START, high, BEYOND);
    EXPECT(NO_ERROR, DELAYED_START, high, 2 * MILLISECOND);
    CHECK(left("") && state(high) == WAITING);
    spend(MILLISECOND);
    CHECK(left(""));
    spend(2 * MILLISECOND);
    CHECK(left("hH"));
    EXPECT(NO_ERROR, DELAYED_START, high, 0);
    CHECK(left("hH"));
    EXPECT(NO_ERROR, DELAYED_START, high, MILLISECOND);
    EXPECT(NO_ERROR, STOP, high);
    spend(2 * MILLISECOND);
    CHECK(left(""));
    EXPECT(INVALID_PARAM, TIMED_WAIT, FOREVER);
    EXPECT(INVALID_PARAM, TIMED_WAIT, BEYOND);
}

static void preemption(void)
{
    LOCK_LEVEL_TYPE locked = 77;
    int i;

    next_window();
    EXPECT(NO_ACTION, UNLOCK_PREEMPTION, &locked);
    CHECK(locked == 0);
    EXPECT(NO_ERROR, LOCK_PREEMPTION, &locked);
    CHECK(locked == 1 && level() == 1 && priority(driver) == 100);
    high_does = equal_does = nothing;
    EXPECT(NO_ERROR, START, high);
    EXPECT(NO_ERROR, START, equal);
    EXPECT(NO_ERROR, DELAYED_START, hurried, MILLISECOND);
    spend(2 * MILLISECOND);
    CHECK(left("") && state(high) == READY);
    EXPECT(INVALID_MODE, TIMED_WAIT, BEYOND);
    EXPECT(INVALID_MODE, SUSPEND_SELF, BEYOND);
    EXPECT_PERIODIC_WAIT(INVALID_MODE);
    EXPECT(INVALID_MODE, SUSPEND, driver); /* it has locked preemption */
    for (i = 2; i <= MAX_LOCK_LEVEL; ++i) {
        EXPECT(NO_ERROR, LOCK_PREEMPTION, &locked);
        CHECK(locked == i);
    }
    EXPECT(INVALID_CONFIG, LOCK_PREEMPTION, &locked);
    CHECK(locked == MAX_LOCK_LEVEL);
    for (i = MAX_LOCK_LEVEL - 1; i > 0; --i) {
        EXPECT(NO_ERROR, UNLOCK_PREEMPTION, &locked);
        CHECK(locked == i && left(""));
    }
    hurried_does = nothing;
    EXPECT(NO_ERROR, UNLOCK_PREEMPTION, &locked);
    /* Those with a higher priority come now, and the caller is the first of its own. */
    CHECK(locked == 0 && level() == 0 && left("hHdD"));
    EXPECT(NO_ERROR, TIMED_WAIT, 0);
    CHECK(left("eE"));
}

/* ---- Periods ------------------------------------------------------------------------------------------------ */

static SYSTEM_TIME_TYPE releases[8];
static volatile unsigned released;
static volatile unsigned late_at;
static SYSTEM_TIME_TYPE first; /* when it is released first */

static void tick(void)
{
    EXPECT(INVALID_MODE, SUSPEND_SELF, FOREVER); /* it is periodic */
    for (;;) {
        unsigned release = released++;

        if (release < 8)
            releases[release] = now();
        CHECK(deadline(ticking) == first + release * FRAME + 5 * MILLISECOND);
        if (release == 2) {
            EXPECT(NO_ERROR, REPLENISH, MILLISECOND);
            CHECK(deadline(ticking) < now() + MILLISECOND);
            EXPECT(INVALID_MODE, REPLENISH, FRAME);
            EXPECT(INVALID_MODE, REPLENISH, FOREVER);
        }
        if (release == late_at)
            spend(FRAME + 2 * MILLISECOND);
        EXPECT_PERIODIC_WAIT(NO_ERROR);
    }
}

static bool is_tick_after(SYSTEM_TIME_TYPE time, SYSTEM_TIME_TYPE expected)
{
    return time >= expected && time < expected + MILLISECOND + MILLISECOND / 2;
}

static void periods(void)
{
    unsigned i;

    next_window();
    first = (now() / FRAME + 1) * FRAME + WINDOW;
    late_at = 77;
    EXPECT(NO_ERROR, START, ticking);
    CHECK(state(ticking) == WAITING);
    EXPECT(INVALID_MODE, SUSPEND, ticking);
    EXPECT(NO_ERROR, TIMED_WAIT, 4 * FRAME + 4 * MILLISECOND);
    EXPECT(NO_ERROR, STOP, ticking);
    CHECK(released == 4 && deadline(ticking) == FOREVER);
    for (i = 0; i < 4; ++i)
        CHECK(is_tick_after(releases[i], first + i * FRAME));
    EXPECT_PERIODIC_WAIT(INVALID_MODE);
    EXPECT(NO_ERROR, REPLENISH, MILLISECOND);
    CHECK(deadline(driver) == FOREVER); /* without a time capacity there is none */

    next_window();
    released = 0;
    first = (now() / FRAME + 1) * FRAME + WINDOW + 2 * MILLISECOND;
    EXPECT(INVALID_PARAM, DELAYED_START, ticking, FRAME);
    EXPECT(NO_ERROR, DELAYED_START, ticking, 2 * MILLISECOND);
    CHECK(deadline(ticking) == first + 5 * MILLISECOND);
    EXPECT(NO_ERROR, TIMED_WAIT, FRAME + 4 * MILLISECOND);
    EXPECT(NO_ERROR, STOP, ticking);
    CHECK(released == 1 && is_tick_after(releases[0], first));
}

/* ---- Errors ------------------------------------------------------------------------------------------------- */

static volatile unsigned errors;
static ERROR_STATUS_TYPE seen;
static volatile PROCESS_STATE_TYPE seen_state;
static volatile bool lets_go_on;

static void handle_error(void)
{
    LOCK_LEVEL_TYPE locked = 77;
    PROCESS_ID_TYPE id = 77;

    ++errors;
    leave('x');
    EXPECT(NO_ERROR, GET_ERROR_STATUS, &seen);
    EXPECT(INVALID_MODE, GET_MY_ID, &id);
    EXPECT(INVALID_MODE, GET_MY_INDEX, &id);
    EXPECT(INVALID_MODE, TIMED_WAIT, BEYOND);
    EXPECT(INVALID_MODE, SUSPEND_SELF, BEYOND);
    EXPECT_PERIODIC_WAIT(INVALID_MODE);
    EXPECT(NO_ACTION, REPLENISH, 1);
    EXPECT(NO_ACTION, LOCK_PREEMPTION, &locked);
    EXPECT(NO_ACTION, UNLOCK_PREEMPTION, &locked);
    CHECK(locked == level());
    if (seen.FAILED_PROCESS_ID != NULL_PROCESS_ID) {
        seen_state = state(seen.FAILED_PROCESS_ID);
        if (level() != 0)
            EXPECT(INVALID_MODE, SUSPEND, seen.FAILED_PROCESS_ID);
        if (seen_state == FAULTED) {
            EXPECT(INVALID_MODE, SUSPEND, seen.FAILED_PROCESS_ID);
            EXPECT(INVALID_MODE, RESUME, seen.FAILED_PROCESS_ID);
        }
        if (!lets_go_on)
            EXPECT(NO_ERROR, STOP, seen.FAILED_PROCESS_ID);
    }
    STOP_SELF();
    leave('!');
}

/* Whether the handler was called once more for an error of a process. */
static bool saw(unsigned before, PROCESS_ID_TYPE process, ERROR_CODE_TYPE code, const char *message)
{
    return errors == before + 1 && seen.ERROR_CODE == code && seen.FAILED_PROCESS_ID == process
        && seen.LENGTH == (int32_t) strlen(message) && memcmp(seen.MESSAGE, message, strlen(message)) == 0;
}

static void be_late(void)
{
    spend(5 * MILLISECOND);
}

static void be_late_alone(void)
{
    LOCK_LEVEL_TYPE locked;

    EXPECT(NO_ERROR, LOCK_PREEMPTION, &locked);
    spend(5 * MILLISECOND);
    EXPECT(NO_ERROR, UNLOCK_PREEMPTION, &locked);
}

static void be_in_time(void)
{
    EXPECT(INVALID_PARAM, REPLENISH, BEYOND);
    CHECK(deadline(hurried) <= now() + 2 * MILLISECOND);
    EXPECT(NO_ERROR, REPLENISH, 10 * MILLISECOND);
    CHECK(deadline(hurried) > now() + 9 * MILLISECOND);
    spend(5 * MILLISECOND);
    EXPECT(NO_ERROR, REPLENISH, FOREVER);
    CHECK(deadline(hurried) == FOREVER);
}

static void write_nowhere(void)
{
    *NOWHERE = 1;
}

static void complain(void)
{
    LOCK_LEVEL_TYPE locked;

    EXPECT(NO_ERROR, LOCK_PREEMPTION, &locked);
    EXPECT(NO_ERROR, RAISE_APPLICATION_ERROR, APPLICATION_ERROR, "too hot", 7);
    leave('o');
    EXPECT(NO_ERROR, UNLOCK_PREEMPTION, &locked);
}

static void deadlines(void)
{
    unsigned before = errors;

    next_window();
    hurried_does = be_late;
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dx") && saw(before, hurried, DEADLINE_MISSED, "deadline-missed"));
    CHECK(seen_state == READY && state(hurried) == DORMANT);
    /* The handler lets it go on, and each deadline is missed once. */
    lets_go_on = true;
    next_window();
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dxD") && errors == before + 2);
    /* It comes before a process that has locked preemption, too. */
    next_window();
    hurried_does = be_late_alone;
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dxD") && errors == before + 3 && level() == 0);
    lets_go_on = false;
    next_window();
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dx") && errors == before + 4 && level() == 0);
    next_window();
    hurried_does = be_in_time;
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dD") && errors == before + 4);
    /* Whoever ends has missed nothing. */
    hurried_does = nothing;
    EXPECT(NO_ERROR, START, hurried);
    CHECK(left("dD"));
    /* A release point comes while the process is late: it is released at once, and late for that, too. */
    next_window();
    released = 0;
    late_at = 0;
    first = (now() / FRAME + 1) * FRAME + WINDOW;
    lets_go_on = true;
    EXPECT(NO_ERROR, START, ticking);
    EXPECT(NO_ERROR, TIMED_WAIT, 3 * FRAME + 5 * MILLISECOND);
    EXPECT(NO_ERROR, STOP, ticking);
    CHECK(left("x") && released == 3 && saw(before + 4, ticking, DEADLINE_MISSED, "deadline-missed"));
    CHECK(is_tick_after(releases[2], first + 2 * FRAME));
    lets_go_on = false;
}

static void faults(void)
{
    unsigned before = errors;

    next_window();
    high_does = write_nowhere;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("hx") && saw(before, high, MEMORY_VIOLATION, "memory-violation"));
    CHECK((uintptr_t) seen.FAILED_ADDRESS - (uintptr_t) write_nowhere < 64);
    CHECK(seen_state == FAULTED && state(high) == DORMANT);
    high_does = nothing;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("hH"));
    lets_go_on = true;
    high_does = complain;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("hxoH") && saw(before + 1, high, APPLICATION_ERROR, "too hot"));
    lets_go_on = false;
    EXPECT(NO_ERROR, START, high);
    CHECK(left("hx") && state(high) == DORMANT && level() == 0);
}

static void drive(void)
{
    CHECK(left("hd"));
    in_normal();
    order();
    suspension();
    delays();
    preemption();
    periods();
    deadlines();
    faults();
    printk("start 0: %u checks, %u failed\n", checks, failed);
    exit(failed == 0 ? 0 : 1);
}

/* Those that are started before NORMAL begin then, the highest priority first. */
static void begin(void)
{
    static PROCESS_ATTRIBUTE_TYPE made;

    made = attributes("driver", drive, 100);
    driver = created(&made);
    made = attributes("high", high_entry, 200);
    high = created(&made);
    made = attributes("equal", equal_entry, 100);
    equal = created(&made);
    made = attributes("low", low_entry, 50);
    low = created(&made);
    made = attributes("ticking", tick, 150);
    made.PERIOD = FRAME;
    made.TIME_CAPACITY = 5 * MILLISECOND;
    ticking = created(&made);
    made = attributes("hurried", hurried_entry, 150);
    made.TIME_CAPACITY = 2 * MILLISECOND;
    made.DEADLINE = HARD;
    hurried = created(&made);
}

rtems_task Init(rtems_task_argument argument)
{
    (void) argument;
    begin();
    creation();
    starting();
    who_is_no_process();
    EXPECT(NO_ERROR, CREATE_ERROR_HANDLER, handle_error, 8192);
    high_does = hurried_does = stop_itself;
    EXPECT(NO_ERROR, START, hurried);
    EXPECT(NO_ERROR, START, driver);
    EXPECT(NO_ERROR, START, high);
    EXPECT(NO_ERROR, START, low);
    EXPECT(NO_ERROR, STOP, low);
    CHECK(left("") && state(driver) == WAITING && deadline(hurried) == FOREVER);
    low_does = not_at_all;
    EXPECT(NO_ERROR, SET_PARTITION_MODE, NORMAL);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 9 /* Init, seven processes, the error handler */
#define CONFIGURE_EXTRA_TASK_STACKS (10 * 8192)
#define CONFIGURE_INIT_TASK_PRIORITY 250
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
