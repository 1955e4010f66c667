/* The tasks of processes and of the error handler: what apex/src/executive.rs asks of an executive. */
#include "kit.h"

#include <rtems/rtems/tasksimpl.h>
#include <rtems/score/threaddispatch.h>
#include <rtems/score/threadimpl.h>

#include <bulkhead/waiting.h>

uint32_t bulkhead_executive_create(const struct bulkhead_executive_task *task)
{
    rtems_id id;

    if (rtems_task_create(task->name != 0 ? task->name : 1, task->priority, task->stack_size, RTEMS_DEFAULT_MODES,
            RTEMS_FLOATING_POINT, &id)
        != RTEMS_SUCCESSFUL)
        return 0;
    if (rtems_task_start(id, task->entry, task->argument) != RTEMS_SUCCESSFUL) {
        rtems_task_delete(id);
        return 0;
    }
    return id;
}

void bulkhead_executive_restart(uint32_t task, uintptr_t argument)
{
    rtems_task_restart(task, argument);
}

void bulkhead_executive_suspend(uint32_t task, uint32_t suspended)
{
    if (suspended != 0)
        rtems_task_suspend(task);
    else
        rtems_task_resume(task);
}

void bulkhead_executive_set_priority(uint32_t task, uint32_t priority)
{
    rtems_task_priority before;

    rtems_task_set_priority(task, priority, &before);
}

/* As a ceiling: a priority besides the task's own, after which it stays the first of its own. */
void bulkhead_executive_raise(uint32_t task, uint32_t raised)
{
    static Priority_Node node;
    Thread_queue_Context context;
    Thread_Control *thread;
    Per_CPU_Control *cpu;
    bool valid;

    _Thread_queue_Context_initialize(&context);
    thread = _Thread_Get(task, &context.Lock_context.Lock_context);
    if (thread == NULL)
        return;
    cpu = _Thread_Dispatch_disable_critical(&context.Lock_context.Lock_context);
    _Thread_Wait_acquire_critical(thread, &context);
    _Thread_queue_Context_clear_priority_updates(&context);
    if (raised != 0) {
        _Priority_Node_initialize(&node,
            _RTEMS_Priority_To_core(
                _Thread_Scheduler_get_home(thread), BULKHEAD_EXECUTIVE_RAISED_PRIORITY, &valid));
        _Thread_Priority_add(thread, &node, &context);
    } else {
        _Thread_Priority_remove(thread, &node, &context);
    }
    _Thread_Wait_release(thread, &context);
    _Thread_Priority_update(&context);
    _Thread_Dispatch_enable(cpu);
}

uint32_t bulkhead_executive_is_ready(uint32_t task)
{
    ISR_lock_Context context;
    Thread_Control *thread = _Thread_Get(task, &context);
    bool ready;

    if (thread == NULL)
        return 0;
    ready = _States_Is_ready(thread->current_state);
    _ISR_lock_ISR_enable(&context);
    return ready;
}

void bulkhead_executive_yield(void)
{
    rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
}

void bulkhead_executive_hold(uint32_t held)
{
    if (held != 0)
        _Thread_Dispatch_disable();
    else
        _Thread_Dispatch_enable(_Per_CPU_Get());
}

/* ---- The alarm ---------------------------------------------------------------------------------------------- */

static uint64_t alarm_time;
static void (*alarm_handler)(void);

/* In the clock driver's handler. */
static void bulkhead_rtems_ring(void)
{
    void (*handler)(void) = alarm_handler;

    if (handler == NULL || bulkhead_clock_now() < alarm_time)
        return;
    alarm_handler = NULL;
    handler();
}

void bulkhead_executive_alarm(uint64_t time, void (*handler)(void))
{
    uint32_t previous = bulkhead_interrupts_disable();

    alarm_time = time;
    alarm_handler = handler;
    bulkhead_rtems_after_ticks = bulkhead_rtems_ring;
    bulkhead_interrupts_restore(previous);
}
