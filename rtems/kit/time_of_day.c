/* The time of day that a program has set survives a warm restart: it is kept how far it is ahead of all partitions'. */
#include "kit.h"

#include <rtems/score/todimpl.h>
#include <rtems/sysinit.h>

#define NANOSECONDS_PER_SECOND 1000000000

/* What a cold restart leaves is 0. */
#define IS_SET UINT32_C(0x746f6461)

static RTEMS_NOINIT struct {
    uint32_t mark;
    uint64_t ahead;
} bulkhead_rtems_time_of_day;

/* Only in programs that set the time. */
extern __typeof__(_TOD_Set) _TOD_Set __attribute__((__weak__));

static Status_Control bulkhead_rtems_time_is_set(TOD_Action action, const struct timespec *time)
{
    (void)action;
    bulkhead_rtems_time_of_day.ahead =
        (uint64_t)time->tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)time->tv_nsec - bulkhead_clock_now();
    bulkhead_rtems_time_of_day.mark = IS_SET;
    return STATUS_SUCCESSFUL;
}

/* Behind the clock driver; what a driver for a real-time clock has set before does not count. */
static void bulkhead_rtems_set_time_again(void)
{
    static TOD_Hook hook = {.handler = bulkhead_rtems_time_is_set};
    ISR_lock_Context context;

    if (_TOD_Set == NULL)
        return;
    _TOD_Hook_Register(&hook);
    if (bulkhead_rtems_time_of_day.mark == IS_SET) {
        uint64_t now = bulkhead_clock_now() + bulkhead_rtems_time_of_day.ahead;
        struct timespec time = {
            .tv_sec = (time_t)(now / NANOSECONDS_PER_SECOND),
            .tv_nsec = (long)(now % NANOSECONDS_PER_SECOND),
        };

        _TOD_Lock();
        _TOD_Acquire(&context);
        _TOD_Set(&time, &context);
        _TOD_Unlock();
    }
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_set_time_again, RTEMS_SYSINIT_LAST, RTEMS_SYSINIT_ORDER_FIRST);
