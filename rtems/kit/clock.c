/* The clock driver's side of RTEMS: the timecounter and the tick. */
#include "kit.h"

#include <rtems/clockdrv.h>
#include <rtems/timecounter.h>
#include <rtems/score/watchdogticks.h>

static uint32_t bulkhead_rtems_get_timecount(struct timecounter *counter)
{
    (void)counter;
    return bulkhead_rtems_timecount();
}

static struct timecounter bulkhead_rtems_timecounter = {
    .tc_get_timecount = bulkhead_rtems_get_timecount,
    .tc_counter_mask = 0xffffffff,
    .tc_name = "bulkhead",
    .tc_quality = RTEMS_TIMECOUNTER_QUALITY_CLOCK_DRIVER,
};

static void bulkhead_rtems_timer_handler(void *argument)
{
    (void)argument;
    bulkhead_rtems_handler_begin();
    uint32_t ticks = bulkhead_rtems_clock_ticks_due();
    if (ticks == BULKHEAD_RTEMS_HOPELESS)
        rtems_fatal(RTEMS_FATAL_SOURCE_BSP, BULKHEAD_RTEMS_FATAL_CLOCK);
    for (; ticks > 0; --ticks) {
        rtems_timecounter_tick();
        bulkhead_rtems_look_at_periods();
    }
    if (bulkhead_rtems_after_ticks != NULL)
        bulkhead_rtems_after_ticks();
    bulkhead_rtems_clock_ticks_announced();
    bulkhead_rtems_handler_end();
}

void _Clock_Initialize(void)
{
    bulkhead_rtems_timecounter.tc_frequency = bulkhead_rtems_timecount_frequency();
    rtems_timecounter_install(&bulkhead_rtems_timecounter);
    bulkhead_rtems_install(BULKHEAD_LINE_TIMER, bulkhead_rtems_timer_handler, NULL);
    bulkhead_rtems_clock_start(_Watchdog_Nanoseconds_per_tick);
}
