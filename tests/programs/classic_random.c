/*
 * Thousands of directives that tasks choose at random, all of their statuses, orders and priorities summed up. There is
 * no time in it, so that the sum is the same wherever the executive does the same. EXPECTED_SUM is what RTEMS 7 gives.
 * Exit status 0 if the sum is that. The command line "trace" prints every step, to find where two executives part.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 5
#define SEMAPHORES 6
#define STEPS 20000
#define EXPECTED_SUM UINT32_C(0x384a248e)

static rtems_id workers[WORKERS];
static rtems_id semaphores[SEMAPHORES];
static rtems_id queue;
static uint32_t seed = 12345;
static uint32_t sum;
static unsigned steps;
static bool trace;

static uint32_t choose(uint32_t below)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (seed >> 8) % below;
}

static void mix(uint32_t value)
{
    sum = (sum << 5 | sum >> 27) ^ value;
    sum *= UINT32_C(2654435761);
}

/* Takes down what a task saw; called when its directive has returned. */
static void note(unsigned worker, uint32_t directive, uint32_t object, uint32_t status, uint32_t value)
{
    rtems_task_priority priority = 0;

    (void) rtems_task_set_priority(RTEMS_SELF, RTEMS_CURRENT_PRIORITY, &priority);
    mix(worker);
    mix(directive);
    mix(object);
    mix(status);
    mix(value);
    mix(priority);
    if (trace)
        printk("%u: %u did %" PRIu32 " on %" PRIu32 ": %s, %" PRIu32 ", priority %" PRIu32 "\n", steps, worker,
            directive, object, rtems_status_text((rtems_status_code) status), value, priority);
}

static void finish(void)
{
    printk("classic_random: %d steps, sum 0x%08" PRIx32 ", %s\n", STEPS, sum,
        sum == EXPECTED_SUM ? "as RTEMS has it" : "RTEMS has another");
    exit(sum == EXPECTED_SUM ? 0 : 1);
}

static rtems_status_code semaphore_step(uint32_t directive, uint32_t *object)
{
    *object = choose(SEMAPHORES);
    switch (directive) {
    case 0:
    case 1:
    case 2:
        return rtems_semaphore_obtain(semaphores[*object], RTEMS_WAIT, RTEMS_NO_TIMEOUT);
    case 3:
        return rtems_semaphore_obtain(semaphores[*object], RTEMS_NO_WAIT, 0);
    case 4:
    case 5:
    case 6:
        return rtems_semaphore_release(semaphores[*object]);
    default:
        return choose(8) == 0 ? rtems_semaphore_flush(semaphores[*object]) : RTEMS_NOT_DEFINED;
    }
}

/* Messages are cut anywhere: their bytes are in the same order on every processor, the lowest first. */
static void put(unsigned char bytes[4], uint32_t value)
{
    for (unsigned place = 0; place < 4; ++place)
        bytes[place] = (unsigned char) (value >> 8 * place);
}

static uint32_t get(const unsigned char bytes[4])
{
    return bytes[0] | (uint32_t) bytes[1] << 8 | (uint32_t) bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}

static rtems_status_code message_step(uint32_t directive, uint32_t *value)
{
    uint32_t number = choose(1000);
    unsigned char message[4];
    size_t size = 0;
    rtems_status_code status;

    put(message, number);
    switch (directive) {
    case 8:
        return rtems_message_queue_send(queue, message, 1 + number % sizeof(message));
    case 9:
        return rtems_message_queue_urgent(queue, message, sizeof(message));
    case 10:
        put(message, 0);
        status = rtems_message_queue_receive(queue, message, &size, choose(4) == 0 ? RTEMS_NO_WAIT : RTEMS_WAIT,
            RTEMS_NO_TIMEOUT);
        *value = status == RTEMS_SUCCESSFUL ? get(message) * 8 + (uint32_t) size : 0;
        return status;
    default:
        return rtems_message_queue_broadcast(queue, message, sizeof(message), value);
    }
}

static rtems_status_code event_step(uint32_t directive, uint32_t *object, uint32_t *value)
{
    rtems_event_set events = 0;
    rtems_event_set wanted = 1 + choose(15);
    rtems_option option = choose(2) == 0 ? RTEMS_EVENT_ALL : RTEMS_EVENT_ANY;
    rtems_status_code status;

    if (directive < 14) {
        *object = choose(WORKERS);
        return rtems_event_send(workers[*object], wanted);
    }
    option |= choose(4) == 0 ? RTEMS_NO_WAIT : RTEMS_WAIT;
    status = rtems_event_receive(wanted, option, RTEMS_NO_TIMEOUT, &events);
    *value = status == RTEMS_SUCCESSFUL ? events : 0;
    return status;
}

static rtems_status_code task_step(uint32_t directive, uint32_t *object, uint32_t *value)
{
    *object = choose(WORKERS);
    switch (directive) {
    case 15:
    case 16:
        return rtems_task_set_priority(workers[*object], 10 + choose(8), value);
    case 17:
        return rtems_task_suspend(workers[*object]);
    case 18:
        return rtems_task_resume(workers[*object]);
    case 19:
        return rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
    default:
        return rtems_task_mode(choose(4) == 0 ? RTEMS_NO_PREEMPT : RTEMS_PREEMPT, RTEMS_PREEMPT_MASK, value);
    }
}

static rtems_task work(rtems_task_argument worker)
{
    for (;;) {
        uint32_t directive = choose(21);
        uint32_t object = 0;
        uint32_t value = 0;
        rtems_status_code status;

        if (++steps > STEPS)
            finish();
        if (directive < 8)
            status = semaphore_step(directive, &object);
        else if (directive < 12)
            status = message_step(directive, &value);
        else if (directive < 15)
            status = event_step(directive, &object, &value);
        else
            status = task_step(directive, &object, &value);
        note((unsigned) worker, directive, object, status, value);
    }
}

/* Works when everyone waits or is suspended, and sets them going again. */
static rtems_task help(rtems_task_argument argument)
{
    (void) argument;
    for (;;) {
        uint32_t message = 0;
        uint32_t count = 0;

        note(WORKERS, 0, 0, 0, 0);
        for (unsigned worker = 0; worker < WORKERS; ++worker) {
            (void) rtems_task_resume(workers[worker]);
            (void) rtems_event_send(workers[worker], 0xff);
        }
        (void) rtems_message_queue_broadcast(queue, &message, sizeof(message), &count);
        for (unsigned number = 0; number < SEMAPHORES; ++number)
            (void) rtems_semaphore_flush(semaphores[number]);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    static const struct {
        uint32_t count;
        rtems_attribute attributes;
        rtems_task_priority ceiling;
    } kinds[SEMAPHORES] = {
        { 2, RTEMS_COUNTING_SEMAPHORE | RTEMS_FIFO, 0 },
        { 1, RTEMS_SIMPLE_BINARY_SEMAPHORE | RTEMS_PRIORITY, 0 },
        { 1, RTEMS_BINARY_SEMAPHORE | RTEMS_FIFO, 0 },
        { 1, RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0 },
        { 1, RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0 },
        { 1, RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_PRIORITY_CEILING, 12 },
    };
    const char *command_line = *(const char **) argument;
    rtems_id helper;

    trace = command_line != NULL && strstr(command_line, "trace") != NULL;
    for (unsigned number = 0; number < SEMAPHORES; ++number)
        (void) rtems_semaphore_create(rtems_build_name('S', 'E', 'M', '0' + (char) number), kinds[number].count,
            kinds[number].attributes, kinds[number].ceiling, &semaphores[number]);
    (void) rtems_message_queue_create(rtems_build_name('Q', ' ', ' ', ' '), 3, sizeof(uint32_t), RTEMS_PRIORITY,
        &queue);
    for (unsigned worker = 0; worker < WORKERS; ++worker) {
        (void) rtems_task_create(rtems_build_name('W', 'O', 'R', '0' + (char) worker), 10 + worker, 8192,
            RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &workers[worker]);
        (void) rtems_task_start(workers[worker], work, worker);
    }
    (void) rtems_task_create(rtems_build_name('H', 'E', 'L', 'P'), 200, 8192, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &helper);
    (void) rtems_task_start(helper, help, 0);
    rtems_task_exit();
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS (WORKERS + 2)
#define CONFIGURE_MAXIMUM_SEMAPHORES SEMAPHORES
#define CONFIGURE_MAXIMUM_MESSAGE_QUEUES 1
#define CONFIGURE_MESSAGE_BUFFER_MEMORY CONFIGURE_MESSAGE_BUFFERS_FOR_QUEUE(3, sizeof(uint32_t))
#define CONFIGURE_EXTRA_TASK_STACKS ((WORKERS + 1) * 8192)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
