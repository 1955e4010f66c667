/*
 * Rate-monotonic periods whose tasks are late. RTEMS tells nobody but the task, when it asks for its next period; so it
 * is looked at each period whose time was over at the tick that has passed.
 */
#include "kit.h"

#include <rtems/rtems/ratemondata.h>
#include <rtems/score/objectimpl.h>
#include <rtems/score/percpu.h>

#include <bulkhead/waiting.h>

/* In programs that have periods. */
extern Objects_Information _Rate_monotonic_Information __attribute__((__weak__));

/* Whether the period's timer was set again at this tick. */
static bool bulkhead_rtems_has_ended(const Rate_monotonic_Control *period)
{
    return period->Timer.expire - _Per_CPU_Get()->Watchdog.ticks == period->next_length;
}

void bulkhead_rtems_look_at_periods(void)
{
    const Objects_Information *periods = &_Rate_monotonic_Information;

    if (periods == NULL)
        return;
    for (Objects_Maximum index = 0; index < _Objects_Get_maximum_index(periods); ++index) {
        const Rate_monotonic_Control *period = (const Rate_monotonic_Control *)periods->local_table[index];

        /* Once, until the task has made up for what it has missed. */
        if (period != NULL && period->state == RATE_MONOTONIC_EXPIRED && period->postponed_jobs == 1
            && bulkhead_rtems_has_ended(period))
            bulkhead_period_missed(period->owner->Object.id, period->Object.name.name_u32);
    }
}
