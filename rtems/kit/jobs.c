/*
 * Jobs of rate-monotonic periods in RTEMS's records, of which RTEMS itself records none. Programs that are built to be
 * traced are linked so that these functions are called in the place of RTEMS's own (`--wrap`), and no others have them.
 */
#include "kit.h"

#include <rtems/rtems/ratemonimpl.h>

/* To which RTEMS gives no meaning (bulkhead_abi::record::event). */
#define BULKHEAD_RTEMS_JOB_RELEASED ((rtems_record_event)500)
#define BULKHEAD_RTEMS_JOB_ENDED ((rtems_record_event)501)
#define BULKHEAD_RTEMS_JOB_ENDED_LATE ((rtems_record_event)502)
#define BULKHEAD_RTEMS_JOBS_DROPPED ((rtems_record_event)503)

rtems_status_code __real_rtems_rate_monotonic_period(rtems_id id, rtems_interval length);
rtems_status_code __wrap_rtems_rate_monotonic_period(rtems_id id, rtems_interval length);
rtems_status_code __real_rtems_rate_monotonic_cancel(rtems_id id);
rtems_status_code __wrap_rtems_rate_monotonic_cancel(rtems_id id);
rtems_status_code __real_rtems_rate_monotonic_delete(rtems_id id);
rtems_status_code __wrap_rtems_rate_monotonic_delete(rtems_id id);
void __real__Rate_monotonic_Timeout(Watchdog_Control *timer);
void __wrap__Rate_monotonic_Timeout(Watchdog_Control *timer);

/* The period's task asks for its next job: the one before has ended, or the first begins. */
rtems_status_code __wrap_rtems_rate_monotonic_period(rtems_id id, rtems_interval length)
{
    ISR_lock_Context lock;
    Rate_monotonic_Control *period = _Rate_monotonic_Get(id, &lock);

    if (period != NULL) {
        if (period->owner == _Thread_Executing && length != RTEMS_PERIOD_STATUS) {
            rtems_record_event event = BULKHEAD_RTEMS_JOB_ENDED;

            if (period->state == RATE_MONOTONIC_INACTIVE)
                event = BULKHEAD_RTEMS_JOB_RELEASED;
            else if (period->postponed_jobs > 0)
                event = BULKHEAD_RTEMS_JOB_ENDED_LATE;
            bulkhead_rtems_record(event, id);
        }
        _ISR_lock_ISR_enable(&lock);
    }
    return __real_rtems_rate_monotonic_period(id, length);
}

/* A tick has come to the end of a period: its next job is released, whether its task waits for that or is late. */
void __wrap__Rate_monotonic_Timeout(Watchdog_Control *timer)
{
    const Rate_monotonic_Control *period = RTEMS_CONTAINER_OF(timer, Rate_monotonic_Control, Timer);

    bulkhead_rtems_record(BULKHEAD_RTEMS_JOB_RELEASED, period->Object.id);
    __real__Rate_monotonic_Timeout(timer);
}

rtems_status_code __wrap_rtems_rate_monotonic_cancel(rtems_id id)
{
    rtems_status_code status = __real_rtems_rate_monotonic_cancel(id);

    if (status == RTEMS_SUCCESSFUL)
        bulkhead_rtems_record(BULKHEAD_RTEMS_JOBS_DROPPED, id);
    return status;
}

rtems_status_code __wrap_rtems_rate_monotonic_delete(rtems_id id)
{
    rtems_status_code status = __real_rtems_rate_monotonic_delete(id);

    if (status == RTEMS_SUCCESSFUL)
        bulkhead_rtems_record(BULKHEAD_RTEMS_JOBS_DROPPED, id);
    return status;
}
