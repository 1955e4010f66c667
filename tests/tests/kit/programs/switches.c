/* Threads whose frames and registers hold what only they know, switched by calls and interrupts at odd times, at every
   depth, with floating point and without, left by longjmp, restarted and deleted. For SPARC. */
#include <rtems.h>
#include <rtems/bspIo.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "floating_point.h"
#include "versions.h"

#define WORKERS 10
#define DEPTH_MAX 20
/* A line of the partition's own, whose handler wakes threads. */
#define LINE 16
#define MILLISECONDS 400

/* The errors in the frames of so many calls and in what the last one calls. */
uint32_t frames_deep(uint32_t depth, uint32_t seed, uint32_t (*last)(void *), void *argument);
/* The errors in all other registers after so many turns. */
uint32_t registers_spin(uint32_t turns, uint32_t seed);
/* Waits below a call whose frame has to go where this stack pointer says. */
void frame_nowhere(uint32_t stack);

__asm__(".section .text\n"
        "frames_deep:\n"
        "    save %sp, -96, %sp\n"
        "    sll %i0, 8, %l7\n"
        "    xor %l7, %i1, %l7\n"
        "    add %l7, 1, %l0\n    add %l7, 2, %l1\n    add %l7, 3, %l2\n    add %l7, 4, %l3\n"
        "    add %l7, 5, %l4\n    add %l7, 6, %l5\n    add %l7, 7, %l6\n    add %l7, 8, %i4\n    add %l7, 9, %i5\n"
        "    tst %i0\n"
        "    be 1f\n"
        "    mov %i3, %o0\n"
        "    sub %i0, 1, %o0\n"
        "    mov %i1, %o1\n"
        "    mov %i2, %o2\n"
        "    call frames_deep\n"
        "    mov %i3, %o3\n"
        "    ba 2f\n"
        "    nop\n"
        "1:  call %i2\n"
        "    nop\n"
        "2:  sll %i0, 8, %o1\n"
        "    xor %o1, %i1, %o1\n"
        ".macro same register, distance\n"
        "    add %o1, \\distance, %o2\n"
        "    xor %o2, \\register, %o2\n"
        "    cmp %g0, %o2\n"
        "    addx %o0, 0, %o0\n"
        ".endm\n"
        "    same %l7, 0\n    same %l0, 1\n    same %l1, 2\n    same %l2, 3\n    same %l3, 4\n"
        "    same %l4, 5\n    same %l5, 6\n    same %l6, 7\n    same %i4, 8\n    same %i5, 9\n"
        "    ret\n"
        "    restore %o0, 0, %o0\n"
        "registers_spin:\n"
        "    save %sp, -96, %sp\n"
        "    wr %i1, %y\n"
        "    add %i1, 1, %g2\n    add %i1, 2, %g3\n    add %i1, 3, %g4\n    add %i1, 4, %g1\n"
        "    add %i1, 5, %o3\n    add %i1, 6, %o4\n    add %i1, 7, %o5\n    add %i1, 8, %o7\n    add %i1, 9, %l0\n"
        "    add %i1, 10, %l1\n    add %i1, 11, %l2\n    add %i1, 12, %l3\n    add %i1, 13, %l4\n"
        "    add %i1, 14, %l5\n    add %i1, 15, %l6\n    add %i1, 16, %l7\n    add %i1, 17, %i2\n"
        "3:  subcc %i0, 1, %i0\n"
        "    bg 3b\n"
        "    nop\n"
        "    mov %i1, %o1\n"
        "    clr %o0\n"
        "    same %g2, 1\n    same %g3, 2\n    same %g4, 3\n    same %g1, 4\n    same %o3, 5\n    same %o4, 6\n"
        "    same %o5, 7\n    same %o7, 8\n    same %l0, 9\n    same %l1, 10\n    same %l2, 11\n    same %l3, 12\n"
        "    same %l4, 13\n    same %l5, 14\n    same %l6, 15\n    same %l7, 16\n    same %i2, 17\n"
        "    rd %y, %l0\n"
        "    same %l0, 0\n"
        "    ret\n"
        "    restore %o0, 0, %o0\n"
        "frame_nowhere:\n"
        "    save %sp, -96, %sp\n"
        "    sub %sp, 96, %o5\n"
        "    call 4f\n"
        "    mov %i0, %sp\n"
        "    ret\n"
        "    restore\n"
        "4:  save\n"
        "    mov %i5, %sp\n"
        "    call rtems_task_wake_after\n"
        "    mov 1, %o0\n"
        "    ret\n"
        "    restore\n");

struct worker {
    rtems_id task;
    uint32_t number;
    uint32_t random;
    uint32_t rounds;
    jmp_buf back;
    bool jumps;
};

static struct worker workers[WORKERS];
static rtems_id mutex;
static volatile uint32_t wrong;
static volatile uint32_t handled;
static volatile uint32_t jumped;
static uint32_t restarted;
static uint32_t deleted;

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static bool has_floating_point(const struct worker *worker)
{
    return worker->number % 3 == 0;
}

/* Behind the last call: something that is interrupted, or switches itself. */
static uint32_t last(void *argument)
{
    struct worker *worker = argument;
    uint32_t number = next(&worker->random);
    rtems_event_set events;
    uint32_t errors = 0;

    if (has_floating_point(worker))
        fill(number);
    switch (number % 8) {
    case 0:
        rtems_task_wake_after(number / 8 % 3);
        break;
    case 1:
        rtems_event_receive(RTEMS_EVENT_0, RTEMS_EVENT_ANY, 3, &events);
        break;
    case 2:
        rtems_event_send(workers[number / 8 % WORKERS].task, RTEMS_EVENT_0);
        break;
    case 3:
        rtems_semaphore_obtain(mutex, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
        errors += registers_spin(number / 8 % 500, number);
        rtems_task_wake_after(number / 4000 % 2);
        rtems_semaphore_release(mutex);
        return errors;
    case 4:
        rtems_interrupt_raise(LINE);
        break;
    default:
        errors += registers_spin(number / 8 % 20000, number);
        if (has_floating_point(worker))
            errors += differ(number);
        break;
    }
    if (worker->jumps)
        longjmp(worker->back, 1);
    return errors;
}

static void interrupt(void *argument)
{
    (void)argument;
    ++handled;
    rtems_event_send(workers[handled % WORKERS].task, RTEMS_EVENT_0);
    wrong += registers_spin(handled % 50, handled);
    rtems_event_send(workers[handled * 7 % WORKERS].task, RTEMS_EVENT_0);
}

static void timer(rtems_id id, void *argument)
{
    interrupt(argument);
    rtems_timer_fire_after(id, 1 + handled % 5, timer, argument);
}

static rtems_task work(rtems_task_argument argument)
{
    struct worker *worker = &workers[argument];

    for (;;) {
        uint32_t number = next(&worker->random);

        worker->jumps = number % 7 == 0;
        if (setjmp(worker->back) == 0)
            wrong += frames_deep(number / 7 % DEPTH_MAX, number, last, worker);
        else
            ++jumped;
        ++worker->rounds;
    }
}

static void begin(struct worker *worker)
{
    rtems_attribute attributes = has_floating_point(worker) ? RTEMS_FLOATING_POINT : RTEMS_DEFAULT_ATTRIBUTES;
    rtems_mode mode = worker->number % 2 == 0 ? RTEMS_TIMESLICE : RTEMS_DEFAULT_MODES;

    if (rtems_task_create(rtems_build_name('W', 'O', 'R', 'K'), 10 + worker->number / 3, RTEMS_MINIMUM_STACK_SIZE * 2,
            mode, attributes, &worker->task)
        != RTEMS_SUCCESSFUL)
        ++wrong;
    else
        rtems_task_start(worker->task, work, worker->number);
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_interval end = rtems_clock_get_ticks_since_boot() + rtems_clock_get_ticks_per_second() * MILLISECONDS / 1000;
    uint32_t random = 1;
    rtems_id id;
    uint32_t rounds = 0;

    if (strcmp(*(const char **)argument, "frame") == 0)
        frame_nowhere(0x44444441);
    rtems_semaphore_create(rtems_build_name('M', 'U', 'T', 'X'), 1,
        RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0, &mutex);
    rtems_interrupt_handler_install(LINE, "line", RTEMS_INTERRUPT_UNIQUE, interrupt, NULL);
    rtems_interrupt_vector_enable(LINE);
    for (uint32_t number = 0; number < WORKERS; ++number) {
        workers[number].number = number;
        workers[number].random = number * 12345;
        begin(&workers[number]);
    }
    rtems_timer_create(rtems_build_name('T', 'I', 'M', 'E'), &id);
    rtems_timer_fire_after(id, 1, timer, NULL);
    while (rtems_clock_get_ticks_since_boot() < end) {
        uint32_t number = next(&random);
        struct worker *worker = &workers[number / 2 % WORKERS];

        rtems_task_wake_after(1 + number % 11);
        /* Nobody has it who is gone then. */
        rtems_semaphore_obtain(mutex, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
        if (number % 2 == 0) {
            rtems_task_restart(worker->task, worker->number);
            ++restarted;
        } else {
            rtems_task_delete(worker->task);
            begin(worker);
            ++deleted;
        }
        rtems_semaphore_release(mutex);
    }
    for (uint32_t number = 0; number < WORKERS; ++number) {
        rtems_task_suspend(workers[number].task);
        rounds += workers[number].rounds;
        if (workers[number].rounds == 0)
            ++wrong;
    }
    printk("switches: %u rounds, %u interrupts, %u jumps, %u restarts, %u deletions, %u wrong\n", (unsigned)rounds,
        (unsigned)handled, (unsigned)jumped, (unsigned)restarted, (unsigned)deleted, (unsigned)wrong);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 125
#define CONFIGURE_TICKS_PER_TIMESLICE 1
#define CONFIGURE_MAXIMUM_TASKS (WORKERS + 2)
#define CONFIGURE_MAXIMUM_SEMAPHORES 1
#define CONFIGURE_MAXIMUM_TIMERS 1
#define CONFIGURE_EXTRA_TASK_STACKS (WORKERS * RTEMS_MINIMUM_STACK_SIZE * 2)
#define CONFIGURE_INIT_TASK_PRIORITY 2
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
