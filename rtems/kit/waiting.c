/* Tasks that wait at the partition's ports: what apex/src/executive.rs asks of an executive, by an event of RTEMS. */
#include "kit.h"

#include <rtems/score/sysstate.h>
#include <rtems/score/threaddispatch.h>
#include <rtems/score/threadimpl.h>
#include <rtems/score/userextimpl.h>
#include <rtems/score/watchdogticks.h>

#include <bulkhead/waiting.h>

/* A system event; those that RTEMS and its libraries use are 24 and above. */
#define EVENT_WOKEN RTEMS_EVENT_20

static void bulkhead_rtems_waiting_ends(Thread_Control *executing)
{
    bulkhead_waiting_forget(executing->Object.id);
}

static void bulkhead_rtems_waiting_restarts(Thread_Control *executing, Thread_Control *restarted)
{
    (void)executing;
    bulkhead_waiting_forget(restarted->Object.id);
}

/* From the first task on that may wait, RTEMS says when a task ends or begins anew: its buffer is none any more. */
static void bulkhead_rtems_waiting_begins(void)
{
    static const User_extensions_Table table = {
        .thread_terminate = bulkhead_rtems_waiting_ends,
        .thread_restart = bulkhead_rtems_waiting_restarts,
    };
    static User_extensions_Control control;
    static bool added;
    uint32_t previous = bulkhead_interrupts_disable();
    bool first = !added;

    added = true;
    bulkhead_interrupts_restore(previous);
    if (first)
        _User_extensions_Add_set_with_table(&control, &table);
}

uint32_t bulkhead_executive_task(uint32_t *priority)
{
    rtems_task_priority current;
    rtems_event_set before;

    if (!_System_state_Is_up(_System_state_Get()) || rtems_interrupt_is_in_progress()
        || bulkhead_interrupts_enabled() == 0 || !_Thread_Dispatch_is_enabled())
        return 0;
    bulkhead_rtems_waiting_begins();
    rtems_event_system_receive(EVENT_WOKEN, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &before);
    rtems_task_set_priority(RTEMS_SELF, RTEMS_CURRENT_PRIORITY, &current);
    *priority = current;
    return _Thread_Get_executing()->Object.id;
}

void bulkhead_executive_wait(uint64_t deadline)
{
    rtems_interval ticks = RTEMS_NO_TIMEOUT;
    rtems_event_set woken;

    if (deadline != BULKHEAD_NEVER) {
        uint64_t now = bulkhead_clock_now();
        uint64_t left = deadline > now ? (deadline - now - 1) / _Watchdog_Nanoseconds_per_tick + 1 : 0;

        if (left == 0)
            return;
        ticks = left < UINT32_MAX ? (rtems_interval)left : UINT32_MAX;
    }
    rtems_event_system_receive(EVENT_WOKEN, RTEMS_WAIT | RTEMS_EVENT_ANY, ticks, &woken);
}

void bulkhead_executive_wake(uint32_t task)
{
    if (bulkhead_interrupt_nesting() == 0) {
        rtems_event_system_send(task, EVENT_WOKEN);
        return;
    }
    bulkhead_rtems_handler_begin();
    rtems_event_system_send(task, EVENT_WOKEN);
    bulkhead_rtems_handler_end();
}
